"""``python -m pytest_modelparity``: what can be done with a saved report, without running a test.

Nothing here imports pytest, numpy or a framework.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.report.run import RunReport
from pytest_modelparity.reporters.json import read_report

PROGRAM = "python -m pytest_modelparity"
#: Exit statuses: something got worse; bad usage, or a file that is no report; nobody reads on.
WORSE, USAGE, PIPE_CLOSED = 1, 2, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    # Every error that a user can make is one line: a traceback would be read as a bug.
    try:
        options = _parser().parse_args(arguments)
        status: int = options.command(options)
        # Here, where a closed pipe can be caught, rather than when the interpreter ends.
        sys.stdout.flush()
    except ModelParityError as error:
        print(f"{PROGRAM}: error: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        # As in `| head`: whoever reads has seen enough. What is still buffered goes nowhere, or
        # it would fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """End with one line and the status of bad usage."""
        self.exit(USAGE, f"{self.prog}: error: {message}; {self.prog} --help tells more\n")


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = _Parser(
        prog=PROGRAM,
        description="Read the reports that pytest --parity-report-json=FILE wrote.",
        epilog="exit status: 0; 1 where compare finds that something got worse; 2 for bad usage "
        "or a file that is no report",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_show(commands)
    _add_compare(commands)
    _add_html(commands)
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of a report",
        description="Print the JSON Schema (draft 2020-12) of the file.",
    )
    schema.set_defaults(command=_schema)
    return parser


def _add_show(commands: argparse._SubParsersAction[_Parser]) -> None:
    """Declare the command show."""
    show = commands.add_parser(
        "show",
        help="print a report as text, the worst check first",
        description="Print every check of a report as text, the worst first.",
    )
    show.add_argument("file", metavar="FILE", help="report in JSON")
    show.add_argument(
        "--test", metavar="TEXT", default="", help="only checks whose test id holds this text"
    )
    show.add_argument(
        "-v", "--verbose", action="count", default=0, help="every check in full, with all numbers"
    )
    show.add_argument("-q", "--quiet", action="count", default=0, help="one line for each check")
    show.set_defaults(command=_show)


def _add_compare(commands: argparse._SubParsersAction[_Parser]) -> None:
    """Declare the command compare."""
    compare = commands.add_parser(
        "compare",
        help="print what changed from one report to another",
        description="Print which checks appeared, vanished, or changed their verdict, causes or "
        "probability divergence. The exit status is 1 if anything got worse: a check diverges "
        "that did not or was not there, has a new cause that must change, moved away by more than "
        "is allowed, or cannot be made any more.",
    )
    compare.add_argument("old", metavar="OLD", help="report in JSON")
    compare.add_argument("new", metavar="NEW", help="report in JSON")
    compare.add_argument(
        "-v", "--verbose", action="store_true", help="list the checks that stayed the same too"
    )
    compare.set_defaults(command=_compare)


def _add_html(commands: argparse._SubParsersAction[_Parser]) -> None:
    """Declare the command html."""
    html = commands.add_parser(
        "html",
        help="write a report as one HTML page",
        description="Write a report as one HTML page that needs no other file.",
    )
    html.add_argument("file", metavar="FILE", help="report in JSON")
    html.add_argument(
        "-o", "--output", metavar="OUT", help="the page; default: FILE with the ending .html"
    )
    html.set_defaults(command=_html)


def _show(options: argparse.Namespace) -> int:
    """Print a report."""
    # Each command imports what it needs: a page needs Jinja2, a text must not.
    from pytest_modelparity.report.section import section_lines

    run = read_report(options.file)
    if options.test:
        run = _only(run, options.test)
    columns = shutil.get_terminal_size().columns
    for line in section_lines(run, options.verbose - options.quiet, columns):
        print(line.text)
    return 0


def _only(run: RunReport, text: str) -> RunReport:
    """Return the run with the checks of some tests only.

    Raises
    ------
    ModelParityError
        If there is none.
    """
    # By part of the id, as pytest's -k: whole ids are long and hold quotes.
    checks = tuple(check for check in run.checks if text in check.name)
    refusals = tuple(refusal for refusal in run.refusals if text in refusal.test_id)
    # An empty report looks as if all were well.
    if not checks and not refusals:
        raise ModelParityError(
            f"no check of the report has a test id with {text!r} in it; show without --test "
            f"lists all"
        )
    # A matrix of a part would show what was not asked for as not run.
    return replace(run, checks=checks, refusals=refusals, suites=())


def _compare(options: argparse.Namespace) -> int:
    """Print what changed."""
    from pytest_modelparity.report.changes import change_lines, compare_runs

    changes = compare_runs(read_report(options.old), read_report(options.new))
    for line in change_lines(changes, with_same=options.verbose):
        print(line)
    # As `diff`: a difference is a status, not an error.
    return WORSE if any(change.worse for change in changes) else 0


def _html(options: argparse.Namespace) -> int:
    """Write a page."""
    from pytest_modelparity.report.writing import write_whole
    from pytest_modelparity.reporters.needs import check_jinja2

    # Read before the template engine is asked for: a wrong file is the likelier mistake.
    run = read_report(options.file)
    path = Path(options.output or Path(options.file).with_suffix(".html"))
    check_jinja2()
    from pytest_modelparity.reporters.html import render

    try:
        write_whole(path, render(run))
    except OSError as error:
        raise ModelParityError(f"cannot write {path}: {error.strerror or error}") from None
    print(path)
    return 0


def _schema(options: argparse.Namespace) -> int:
    """Print the schema."""
    from pytest_modelparity.reporters.schema import schema_text

    print(schema_text(), end="")
    return 0
