"""Rows of evidence as an auditor reads them: CSV that a spreadsheet does not calculate. Pure."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from signalbox_cli.rollout_words import printable

_FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would calculate


def csv_of(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Below the names of the columns; what is no text is JSON, what is not there empty."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    for row in rows:
        table.writerow(_cell(value) for value in row)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return printable(f"'{text}" if text.startswith(_FORMULA) else text)
