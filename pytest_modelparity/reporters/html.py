"""A run as one HTML page that needs nothing beside itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pytest_modelparity.report.inference_words import interval, outcome
from pytest_modelparity.report.matrix import matrices
from pytest_modelparity.report.numbers import counted, number
from pytest_modelparity.report.repair_words import verified_sentence
from pytest_modelparity.report.run import RunReport
from pytest_modelparity.report.section import summary_line
from pytest_modelparity.report.sentences import (
    data_sentence,
    interrupted_sentence,
    rows_of,
)
from pytest_modelparity.report.slugs import meaning
from pytest_modelparity.report.text import headline
from pytest_modelparity.report.worst_words import input_place, kinds_sentence
from pytest_modelparity.reporters.view import CheckView, check_views
from pytest_modelparity.reporters.visible import pieces, visible, visible_lines

#: A page of more than a megabyte is slow to open and too large for some who would show it; what
#: is above this, in characters, is for the overview.
LIMIT = 900_000
#: What a section without pictures takes.
BRIEF = 9_000


def render(run: RunReport) -> str:
    """Return the page: the overview of all checks, then a section for each.

    Parameters
    ----------
    run : RunReport
        What the run found.

    Returns
    -------
    str
        A document that asks for no other file; the same run gives the same page.
    """
    # Inside the page and under a hash each: its policy forbids whatever else might be run.
    style, script = _source("report.css"), _source("report.js")
    checks = check_views(run)
    return (
        _environment()
        .get_template("report.html")
        .render(
            run=run,
            checks=checks,
            matrices=matrices(run),
            anchors={check.record.name: check.anchor for check in checks},
            sections=_sections(checks, LIMIT - len(style) - len(script)),
            summary=summary_line((check.report.verdict for check in run.checks), len(run.refusals)),
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def _sections(checks: Sequence[CheckView], budget: int) -> Iterator[str]:
    """Yield the section of each check; without pictures where they would make the page too large.

    The worst come first and so have theirs.
    """
    # One check after the other, so that what the worst ones left decides for the next.
    template = _environment().get_template("check.html")
    budget -= len(checks) * BRIEF
    brief = False
    for check in checks:
        section = template.render(check=check, brief=brief)
        if len(section) - BRIEF > budget:
            brief = True
            section = template.render(check=check, brief=brief)
        budget -= len(section) - BRIEF
        yield section


@cache
def _environment() -> Environment:
    """Return the templates, which escape whatever they are given."""
    environment = Environment(
        loader=PackageLoader("pytest_modelparity", "reporters/templates"),
        # Every text of a report may come from a user: it is escaped without being asked for.
        autoescape=True,
        # A field that was renamed is an error, not an empty cell.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        visible=visible,
        visible_lines=visible_lines,
        pieces=pieces,
        number=number,
        headline=headline,
        meaning=meaning,
        data_sentence=data_sentence,
    )
    environment.globals.update(verified_sentence=verified_sentence, counted=counted, zip=zip)
    environment.globals.update(interrupted_sentence=interrupted_sentence, rows_of=rows_of)
    environment.globals.update(outcome_of=outcome, interval_of=interval)
    environment.globals.update(input_place=input_place, kinds_sentence=kinds_sentence)
    return environment


def _source(name: str) -> str:
    """Return a file of the templates as it stands."""
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _hash(source: str) -> str:
    """Return the hash by which the page's policy lets an element's text through."""
    digest = hashlib.sha256(source.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
