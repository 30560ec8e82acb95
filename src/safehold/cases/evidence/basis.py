"""Bases of holds: what each asks for, how long, what prolongs it, and what may end it. Data, with its sources.

A designer's reading, not legal advice: counsel decides which basis is right.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Basis(Enum):
    """Why evidence is held."""

    US_REPORT = "us_report"
    """A report to the CyberTipline was completed."""
    US_PRESERVATION = "us_preservation"
    """A United States governmental entity asked to preserve records."""
    AUTHORITY = "authority"
    """Another authority asked to keep it."""
    COURT_ORDER = "court_order"
    COUNSEL = "counsel"
    """Counsel asked to keep it."""
    OTHER = "other"
    """A hold without a stated rule, such as those from before there were rules."""


@dataclass(frozen=True, slots=True)
class HoldRule:
    """What a basis makes of a hold.

    Attributes:
        source: the law or other ground, by section.
        days: how long it lasts from its beginning; None: until the stated time, or until it is released.
        extension_days: by how many days one extension prolongs it at most; None: as long as is asked for.
        is_releasable: whether it can be released before its time is over.
        ends_on_request: whether a law-enforcement agency's request to destroy ends it.
        erases_after: whether its evidence is destroyed by itself when its time is over.
    """

    source: str
    days: int | None = None
    extension_days: int | None = None
    is_releasable: bool = True
    ends_on_request: bool = False
    erases_after: bool = False


RULES: Mapping[Basis, HoldRule] = MappingProxyType(
    {
        Basis.US_REPORT: HoldRule(
            source="18 U.S.C. 2258A(h)(1): one year from submission; (h)(5): longer if the provider wants; "
            "2258B(c)(2): destroyed when a law enforcement agency asks",
            days=365,
            is_releasable=False,
            ends_on_request=True,
            erases_after=True,
        ),
        Basis.US_PRESERVATION: HoldRule(
            source="18 U.S.C. 2703(f)(2): 90 days, and another 90 upon a renewed request",
            days=90,
            extension_days=90,
            is_releasable=False,
        ),
        Basis.AUTHORITY: HoldRule(source="the authority's own request, as its reference names it"),
        Basis.COURT_ORDER: HoldRule(source="the order, as its reference names it"),
        Basis.COUNSEL: HoldRule(source="counsel's reference"),
        Basis.OTHER: HoldRule(source="as it was stated"),
    }
)
"""One rule a basis. Only what was reported is destroyed by itself: for the rest a person names a receipt or counsel."""


def basis_of(word: str) -> Basis:
    """Return the basis that a hold's rule names; `OTHER` for none, and for one that this version does not know."""
    return Basis(word) if word in {basis.value for basis in Basis} else Basis.OTHER


def ends_at(rule: HoldRule, begins_at: dt.datetime, stated: dt.datetime | None) -> dt.datetime | None:
    """Return when a hold ends: at the stated time, but never before what its rule asks for; None: when it is released.

    A year has 365 days, or 366 where the 29th of February lies in it: the same day of the next year.
    """
    if rule.days is None:
        return stated
    least = _next_year(begins_at) if rule.days == _YEAR_DAYS else begins_at + dt.timedelta(days=rule.days)
    return least if stated is None else max(least, stated)


_YEAR_DAYS = 365


def _next_year(moment: dt.datetime) -> dt.datetime:
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:  # the 29th of February
        return moment.replace(year=moment.year + 1, month=3, day=1)
