"""Sentences without what they quote of single rows: messages leave the company's machines, and rows speak of persons."""

from __future__ import annotations

import re

LEFT_OUT = "…"

# Values may hold brackets of their own: all up to the last bracket goes.
_FIRST_ROW = re.compile(r"\(first:.*\)|\(first:.*", re.DOTALL)
# What Python says of a mistake that nobody foresaw quotes whatever it stumbled over.
_UNFORESEEN = re.compile(
    r"(\w+ (?:in|after) (?:cell \d+(?: of \d+)?(?: \([^\n]*?\))?|the start of the kernel)): .*(?=; the notebook up to there: )",
    re.DOTALL,
)
_EVIDENCE = re.compile(r"; the notebook up to there: \S.*?\.ipynb|; its last words are in \S+")
# What an engine says of a query quotes the value that it couldn't read.
_ENGINE = re.compile(r"(can't be (?:run|computed|opened|read|used)(?: \(|: )|is not an SQL expression: ).*", re.DOTALL)
_QUOTED = re.compile(r"(?<!\w)(?:'[^'\n]*'|\"[^\"\n]*\")(?!\w)|`[^`\n]*=[^`\n]*`")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*")
_LONG_NUMBER = re.compile(r"[\w.+-]*\d{7,}[\w-]*")


def of_a_failure(sentence: str) -> str:
    """Why something failed, without values: those of the first row, in quotes, of an engine, or of Python.

    >>> of_a_failure("transactions.revenue is negative in 3 rows (first: customer_id Ann (VIP), -12.0); book refunds as orders")
    'transactions.revenue is negative in 3 rows (first: …); book refunds as orders'
    >>> of_a_failure("ValueError in cell 4 (Fit): could not convert 'Ann'; the notebook up to there: /srv/failed/x/notebook.ipynb")
    'ValueError in cell 4 (Fit)'
    """
    text = _UNFORESEEN.sub(r"\1", sentence)
    text = _EVIDENCE.sub("", text)
    text = _FIRST_ROW.sub(f"(first: {LEFT_OUT})", text)
    text = _ENGINE.sub(lambda found: found[1].rstrip(":( ") + f" ({LEFT_OUT})", text)
    return without_identifiers(_QUOTED.sub(LEFT_OUT, text))


def without_identifiers(sentence: str) -> str:
    """What an analysis found, which speaks of groups; should it name a person after all, by address or long number, that goes.

    >>> without_identifiers("Segment A lost €1.2m; ask ann@example.com, customer C-10004711")
    'Segment A lost €1.2m; ask …, customer …'
    """
    return " ".join(_LONG_NUMBER.sub(LEFT_OUT, _ADDRESS.sub(LEFT_OUT, sentence)).split())
