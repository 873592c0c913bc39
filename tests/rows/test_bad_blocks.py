"""Blocks of rows that cannot be had, or are not what their array says: each is named."""

from __future__ import annotations

import importlib

import dask.array
import dask.dataframe
import numpy as np
import pandas
import pytest
from clusters import killing, scheduler_and_worker
from distributed import Client
from passed_reports import classes, passed_over
from sklearn.linear_model import LogisticRegression

from pytest_modelparity import InvalidDataError, ModelParityError
from pytest_modelparity.frameworks.dask.matrix import DaskRows

N = 9000

pytestmark = pytest.mark.usefixtures("small_groups")


@pytest.fixture(params=["threads", "workers"])
def somewhere(request):
    """Compute what is computed in threads here, or on workers."""
    if request.param == "workers":
        request.getfixturevalue("cluster")
        yield
    else:
        with dask.config.set(scheduler="threads"):
            yield


def with_bad(make, blocks=(5, 7), columns=5):
    """Return rows in blocks of a thousand, some of which are made of what they would be."""

    def of(block, block_info):
        return make(block) if block_info[0]["chunk-location"][0] in blocks else block

    X = dask.array.from_array(classes(N, 2)[0], chunks=(1000, columns))
    return X.map_blocks(of, meta=np.zeros((0, 5)), dtype=np.float64)


def raising(kind, said="gone"):
    """Return what raises an error instead of making a block."""

    def make(block):
        raise kind(said)

    return make


def checked(X, y=None):
    """Check a model on rows."""
    reference = LogisticRegression().fit(*classes(N, 2))
    return passed_over(reference, X, classes(N, 2)[1] if y is None else y, candidate=reference)


@pytest.mark.parametrize(
    "make, said",
    [
        # What a scheduler that is lost raises, too.
        (raising(FileNotFoundError, "the disk is gone"), "FileNotFoundError: the disk is gone"),
        (raising(TimeoutError, "no answer"), "TimeoutError: no answer"),
        (raising(KeyError, "weights"), "KeyError: 'weights'"),
        (lambda block: block[:-3], r"ValueError: its shape is \(997, 5\), and the array says"),
        (lambda block: block[:, 1:], r"ValueError: its shape is \(1000, 4\), and the array says"),
        (lambda block: block[:, 0], r"ValueError: its shape is \(1000,\), and the array says"),
        (
            lambda block: np.where(block > 3, "high", block),
            "TypeError: it holds '-?[0-9.]+', which",
        ),
        (
            lambda block: np.where(block > 3, "high", block.astype(object)),
            "TypeError: it holds 'high', which is no number",
        ),
    ],
)
def test_the_first_that_cannot_be_had_is_named_with_its_rows(somewhere, make, said):
    words = rf"^block 5 of X \(rows 5000 to 5999\) could not be computed \({said}.*\); mend what "
    with pytest.raises(InvalidDataError, match=words) as told:
        checked(with_bad(make))
    assert "\n" not in str(told.value)


def test_blocks_of_some_columns_are_one_with_those_beside_them(somewhere):
    with pytest.raises(InvalidDataError, match=r"^block 5 of X \(rows 5000 to 5999\) could not"):
        checked(with_bad(raising(OSError), columns=2))


def test_one_of_rows_that_nobody_has_counted_is_named_by_its_number(somewhere):
    X = with_bad(raising(OSError))
    with pytest.raises(InvalidDataError, match=r"^block 5 of X could not be computed \(OSError: g"):
        checked(X[X[:, 0] > -1.0])


def test_one_of_y_is_no_block_of_X(somewhere):
    X = with_bad(lambda block: block)
    y = with_bad(raising(OSError))[:, 0] > 0
    with pytest.raises(InvalidDataError, match=r"^a block of y could not be computed \(OSError: g"):
        checked(X, y)


def test_partitions_are_blocks_too(somewhere):
    table = pandas.DataFrame(classes(N, 2)[0], columns=list("abcde"))

    def of(part, partition_info):
        return part.assign(b="x") if partition_info["number"] == 2 else part

    X = dask.dataframe.from_pandas(table, npartitions=9).map_partitions(of, meta=table[:0])
    words = r"^block 2 of X \(rows 2000 to 2999\) could not be computed \(TypeError: it holds 'x',"
    with pytest.raises(InvalidDataError, match=words):
        checked(X)


def test_a_pass_that_fails_on_good_blocks_is_no_fault_of_theirs(somewhere):
    def of_group(X, rows):
        raise MemoryError("no more")

    words = (
        r"^a pass over X failed \(MemoryError: no more\), and each of its blocks can be computed"
    )
    with pytest.raises(ModelParityError, match=words):
        DaskRows(with_bad(lambda block: block)).total(of_group, ())


def test_a_block_that_ends_every_worker_is_told(cluster):
    kill = killing()
    words = r"^a block of X ended every worker that worked on it \(.* on 4 different .*\); give w"
    with pytest.raises(ModelParityError, match=words):
        checked(with_bad(lambda block: kill()))


def test_tasks_of_a_module_that_the_scheduler_lacks_are_told(tmp_path, monkeypatch):
    (tmp_path / "my_blocks.py").write_text("def same(block):\n    return block\n")
    words = r"cannot read the tasks of X \(ModuleNotFoundError: No module named 'my_blocks'\); inst"
    with scheduler_and_worker(tmp_path) as (_, file), Client(scheduler_file=file, timeout=60):
        # Once both have started without it.
        monkeypatch.syspath_prepend(tmp_path)
        same = importlib.import_module("my_blocks").same
        with pytest.raises(ModelParityError, match=words):
            checked(with_bad(lambda block: block).map_blocks(same))
