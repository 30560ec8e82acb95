"""Exposures: who was shown which content, when, for how long and why.

One is recorded before content is given out, so that nothing is ever seen off the record.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.cases.case import CaseId
from safehold.cases.item import Form, ItemId

ExposureId = NewType("ExposureId", str)
"""``expo_`` and 20 lower-case hexadecimal digits, drawn at random."""


class Purpose(Enum):
    """Why somebody is shown content."""

    REVIEW = "review"
    SECOND_REVIEW = "second_review"
    QUALITY = "quality"
    """To check how well cases are decided."""
    APPEAL = "appeal"
    EVIDENCE = "evidence"
    """Custodians opened it from the vault."""
    DANGER = "danger"
    """There may be danger to life: no rest stands in the way of this one."""


class Shown(Enum):
    """What of an item is shown."""

    CONTENT = "content"
    CIRCUMSTANCES = "circumstances"
    """In what it was sent: who saw those has not seen the item."""


class Extent(Enum):
    """How much of the content was seen."""

    PART = "part"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Exposure:
    """One time that one person was shown one item.

    Attributes:
        id: what it is called.
        person: who, as the ledger names them.
        item: what.
        case: in which case.
        purpose: why.
        form: what it was to look at.
        extent: how much was seen; PART until it ended.
        began_at: before the content was given out, aware, UTC.
        ended_at: when it was put away; None while it is shown.
        milliseconds: how long it was shown; 0 while it is.
        shown: what of the item; of circumstances the extent is never more than PART.
    """

    id: ExposureId
    person: str
    item: ItemId
    case: CaseId
    purpose: Purpose
    form: Form
    extent: Extent
    began_at: dt.datetime
    ended_at: dt.datetime | None
    milliseconds: int
    shown: Shown = Shown.CONTENT


@dataclass(frozen=True, slots=True)
class OptOut:
    """What somebody chose not to be given; private to them.

    Attributes:
        form: content of this form; None for any.
        queue: work of this queue; "" for any.
    """

    form: Form | None = None
    queue: str = ""

    def covers(self, form: Form, queue: str) -> bool:
        """Return whether it is about this form in this queue."""
        return self.form in {None, form} and self.queue in {"", queue}
