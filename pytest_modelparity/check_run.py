"""What every check is wired to: settings, models, the run of pytest that it is made in.

This is the one module that knows both the comparison and the frameworks. It resolves the settings,
hands the comparison the estimators and the kinds of candidates that there are, records the report
where pytest runs, and raises the verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_modelparity.check_settings import DEFAULTS, SETTINGS, UNSET, CheckSettings
from pytest_modelparity.context import CURRENT, CheckContext
from pytest_modelparity.errors import ModelParityError
from pytest_modelparity.models_diverge import ModelsDivergeError
from pytest_modelparity.warned import warn_again

if TYPE_CHECKING:
    from pytest_modelparity.parity.compare import Comparison
    from pytest_modelparity.parity.journal import Journal
    from pytest_modelparity.parity.question import Question, Wiring
    from pytest_modelparity.report.report import ParityReport

    #: Makes a comparison of what it is asked, with what it works with.
    Compare: TypeAlias = Callable[[Question, Wiring], Comparison]


def run_check(arguments: dict[str, Any], compare: Compare, *, asserted: bool) -> ParityReport:
    """Make one check with the settings that hold here, and record it.

    Parameters
    ----------
    arguments : dict
        Those of a `Question` that its user gave, by name.
    compare : callable
        Makes the comparison; imports what it needs when it is called.
    asserted : bool
        Whether a divergence raises `ModelsDivergeError`.
    """
    __tracebackhide__ = True
    # Ambient, since a plain call in a test has no other way to reach the run that it is made in.
    context = CURRENT.get()
    try:
        comparison = _compared(arguments, compare, context)
    except ModelParityError as error:
        if context is not None:
            context.refuse(str(error))
        # The message says all there is: the user's line is the place, not ours.
        raise error.with_traceback(None)  # noqa: B904
    # Also after an error: a line of progress must not stay behind on the terminal.
    finally:
        if context is not None and context.progress is not None:
            context.progress(None)
    report = comparison.report
    if context is not None:
        # Before anything is raised: a check that fails is the one that the report is for.
        context.record(report, asserted)
    if comparison.interruption is not None:
        raise comparison.interruption
    message = str if context is None else context.message
    diverged = ModelsDivergeError(message(report), report) if asserted and not report else None
    try:
        # After the record: where warnings are errors, this raises.
        warn_again(comparison.raised)
    except Warning:
        # Where warnings are errors, the verdict goes first; it quotes the warnings.
        if diverged is None:
            raise
    if diverged is not None:
        raise diverged
    return report


def _compared(
    arguments: dict[str, Any], compare: Compare, context: CheckContext | None
) -> Comparison:
    """Resolve the settings and make the comparison."""
    # First: a wrong setting is refused before imports that may take seconds.
    settings = _settings(arguments, context)

    # numpy and what follows are imported by the first check, not by the plugin.
    from pytest_modelparity.frameworks.registry import many_models
    from pytest_modelparity.parity.journal import Journal
    from pytest_modelparity.parity.question import Question
    from pytest_modelparity.progress import listening
    from pytest_modelparity.rows.jobs import using

    resolved = {name: getattr(settings, name) for name in SETTINGS}
    prediction = settings.prediction_tolerance
    resolved |= {
        "prediction_tolerance": None if prediction is UNSET else prediction,
        "for_classifiers": prediction is None,
    }
    question = Question(**{**arguments, **resolved})
    listener = context.progress if context else None
    journal = Journal(listener)
    try:
        with many_models(), listening(listener), using(question.n_jobs):
            return compare(question, _wiring(context, journal))
    except Exception:
        raise
    # Ctrl-C, an exit, or what a plugin ends a test with that takes too long.
    except BaseException as error:
        if context is not None:
            context.interrupt(error, journal.now)
        raise


def _settings(arguments: dict[str, Any], context: CheckContext | None) -> CheckSettings:
    """Return the settings that hold: argument, marker, fixture, ini, default."""
    given = {name: arguments[name] for name in SETTINGS if name in arguments}
    argument = CheckSettings.of_arguments(**given)
    # Outside pytest there is nothing to ask, and a notebook has the defaults.
    if context is None:
        return argument.over(DEFAULTS)
    return argument.over(context.marker(), context.fixture, context.ini, DEFAULTS)


def _wiring(context: CheckContext | None, journal: Journal) -> Wiring:
    """Return what a check works with: what plugins contribute first, then what is built in."""
    from pytest_modelparity.frameworks import registry
    from pytest_modelparity.parity.question import Wiring

    # A plugin's first, so that it can replace what is built in.
    mappings = (*(context.mappings() if context else ()), *registry.mappings())
    return Wiring(
        mappings=mappings,
        kinds=(*(context.candidates() if context else ()), *registry.candidate_kinds(mappings)),
        row_kinds=registry.row_kinds(),
        environment=registry.environment,
        findings=context.findings if context else None,
        journal=journal,
        draws_map=context.draws_map if context else False,
    )
