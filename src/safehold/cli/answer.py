"""What a command gives back: one JSON object, its readable form, and an exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. Found outranks incomplete, which outranks clear."""

    CLEAR = 0
    FOUND = 1
    USAGE = 2
    OUTSIDE_PARTY = 3
    INCOMPLETE = 4
    INTERNAL = 5
    INTERRUPTED = 130

    @classmethod
    def of(cls, *, found: bool, incomplete: bool) -> "ExitCode":
        """Return the code for an examination: something found changed an action, or something was not examined."""
        if found:
            return cls.FOUND
        return cls.INCOMPLETE if incomplete else cls.CLEAR


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column names, for people.

    Attributes:
        columns: their headings.
        rows: cells as text, one per column.
        title: what the table is of; "" for none.
        empty: the sentence shown instead of a table without rows.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    empty: str = "nothing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found out.

    Attributes:
        data: the answer as JSON; the same facts as the readable form, or more.
        shown: the readable form: lines of text and tables, in order.
        code: how it went.
    """

    data: Mapping[str, object]
    shown: Sequence[str | Table] = ()
    code: ExitCode = ExitCode.CLEAR
