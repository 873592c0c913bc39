"""A format: a line for each check, for a spreadsheet."""

from __future__ import annotations

import csv
import io

from pytest_modelparity.extend import RunReport


class CsvReporter:
    """Writes ``pytest --parity-report-to=csv=parity.csv``."""

    name = "csv"

    def render(self, run: RunReport) -> str:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["check", "verdict", "probability", "allowed", "causes"])
        for check in run.checks:
            report = check.report
            probability = report.divergences["probability"]
            causes = " ".join(cause.setting for cause in report.causes)
            table.writerow(
                [check.name, report.verdict, probability.value, probability.allowed, causes]
            )
        return text.getvalue()
