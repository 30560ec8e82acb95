"""Rest: how much more content is good for somebody now, worked out of what they were shown. Pure.

A break ends a stretch and a long rest ends a day, whenever they are taken: who pauses by themselves is never sent into
a break, and no midnight doubles a day's dose.

    allowance_of(seen, rules, now).rest          # None: content may be shown
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from safehold.cases.exposure.exposure import OptOut
from safehold.cases.exposure.rules import Dose, ExposureRules
from safehold.cases.item import Form, ItemId
from safehold.vocabulary import Seconds


@dataclass(frozen=True, slots=True)
class Seen:
    """One exposure, as far as rest is concerned.

    Attributes:
        item: what.
        began: when, aware.
        seconds: how long.
    """

    item: ItemId
    began: dt.datetime
    seconds: Seconds

    @property
    def ended(self) -> dt.datetime:
        """Return when it was put away."""
        return self.began + dt.timedelta(seconds=self.seconds)


class RestKind(Enum):
    """Which rest is due."""

    BREAK = "break"
    DAY = "day"
    """Enough for today."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A rest that is due.

    Attributes:
        kind: a break, or the end of the day.
        until: when content may be shown again, if none is until then.
    """

    kind: RestKind
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be shown to somebody now; shown to them alone.

    Attributes:
        day: what they were shown since their last long rest.
        stretch: what they were shown since their last break.
        left: how much of the day is left; never below 0.
        rest: which rest is due; None for none.
        opt_outs: what they chose not to be given.
    """

    day: Dose
    stretch: Dose
    left: Dose
    rest: Rest | None
    opt_outs: tuple[OptOut, ...] = ()

    def has_opted_out(self, form: Form, queue: str = "") -> bool:
        """Return whether they chose not to be given content of this form in this queue."""
        return any(one.covers(form, queue) for one in self.opt_outs)


def allowance_of(
    seen: Sequence[Seen], rules: ExposureRules, now: dt.datetime, *, opt_outs: tuple[OptOut, ...] = ()
) -> Allowance:
    """Return what may be shown to somebody now.

    Args:
        seen: what they were shown, in any order; what is older than two long rests changes nothing.
        rules: how much.
        now: aware.
        opt_outs: what they chose not to be given.
    """
    day, stretch = (_since_pause(seen, pause, now) for pause in (rules.rest_seconds, rules.break_seconds))
    taken, run = _dose(day), _dose(stretch)
    left = Dose(max(rules.day.items - taken.items, 0), Seconds(max(rules.day.seconds - taken.seconds, 0.0)))
    rest = None
    if _is_reached(taken, rules.day):
        rest = Rest(RestKind.DAY, _end(day) + dt.timedelta(seconds=rules.rest_seconds))
    elif _is_reached(run, rules.stretch):
        rest = Rest(RestKind.BREAK, _end(stretch) + dt.timedelta(seconds=rules.break_seconds))
    return Allowance(taken, run, left, rest, opt_outs)


def _since_pause(seen: Sequence[Seen], pause_seconds: Seconds, now: dt.datetime) -> list[Seen]:
    """Return what was shown since the last pause that was at least so long."""
    pause, since, end = dt.timedelta(seconds=pause_seconds), list[Seen](), None
    for one in sorted(seen, key=lambda shown: shown.began):
        if end is not None and one.began - end >= pause:
            since = []
        since.append(one)
        end = one.ended if end is None else max(end, one.ended)
    return [] if end is not None and now - end >= pause else since


def _dose(seen: Sequence[Seen]) -> Dose:
    return Dose(len({one.item for one in seen}), Seconds(sum(one.seconds for one in seen)))


def _is_reached(dose: Dose, most: Dose) -> bool:
    return dose.items >= most.items or dose.seconds >= most.seconds


def _end(seen: Sequence[Seen]) -> dt.datetime:
    return max(one.ended for one in seen)
