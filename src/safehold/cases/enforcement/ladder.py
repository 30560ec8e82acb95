"""The ladder: what follows from a confirmed kind of harm, given how many strikes count already. Pure.

    ladder.measures("csam", SubjectKind.ACCOUNT, strikes=0)      # a strike, a ban, and the content is removed

Every number and word of it is in the reviewed rules; whatever follows is proposed to people, but for what the rules let
follow by themselves where a cryptographic hash on a trusted list decided.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from safehold.cases.case import SubjectKind
from safehold.cases.enforcement.enforcement import Measure


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung.

    Attributes:
        strikes: from how many strikes on, the new one included.
        measure: what follows.
        days: for how long; None until it is lifted.
    """

    strikes: int
    measure: Measure
    days: int | None


@dataclass(frozen=True, slots=True)
class Ground:
    """What follows from one kind of harm.

    Attributes:
        is_strike: whether it counts for the ladder.
        at_once: the least that follows, whatever the strikes; None for the ladder alone.
        removes: whether the content is removed.
        holds: whether a model or link that it is about is held.
    """

    is_strike: bool
    at_once: Rung | None
    removes: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class AppealRules:
    """When one may appeal.

    Attributes:
        within_days: of the measure.
        answer_days: until when an appeal should be decided.
        most: appeals against one measure.
        statement_days: how long what was written is kept after the decision.
    """

    within_days: int
    answer_days: int
    most: int
    statement_days: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A measure that follows.

    Attributes:
        measure: what.
        days: for how long; None until it is lifted.
    """

    measure: Measure
    days: int | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """What follows from what.

    Attributes:
        strike_days: how long a strike counts.
        rungs: fewest strikes first.
        grounds: by kind of harm.
        apply_by_two: measures that one person proposes or orders, and another one lets come into force.
        lift_by_two: measures that two people have to lift.
        automatic: measures that come into force by themselves where nobody had to look.
        appeals: when one may appeal.
    """

    strike_days: int
    rungs: tuple[Rung, ...]
    grounds: Mapping[str, Ground]
    apply_by_two: frozenset[Measure]
    lift_by_two: frozenset[Measure]
    automatic: frozenset[Measure]
    appeals: AppealRules

    def measures(self, ground: str, kind: SubjectKind, *, strikes: int) -> tuple[Taken, ...]:
        """Return what follows from a confirmed kind of harm; nothing, where the rules name no such ground.

        Args:
            ground: the kind of harm.
            kind: of the subject.
            strikes: that count already, without this one.
        """
        rules = self.grounds.get(ground)
        if rules is None:
            return ()
        found = list(self._on_account(rules, strikes)) if kind is SubjectKind.ACCOUNT else []
        if rules.holds and kind is SubjectKind.MODEL:
            found.append(Taken(Measure.HOLD_MODEL, None))
        if rules.holds and kind is SubjectKind.LINK:
            found.append(Taken(Measure.HOLD_LINK, None))
        if rules.removes:
            found.append(Taken(Measure.REMOVE_CONTENT, None))
        return tuple(found)

    def _on_account(self, rules: Ground, strikes: int) -> tuple[Taken, ...]:
        counted = strikes + rules.is_strike
        reached = [rung for rung in self.rungs if rules.is_strike and rung.strikes <= counted]
        least = [] if rules.at_once is None else [rules.at_once]
        gravest = max([*reached, *least], key=_gravity, default=None)
        strike = (Taken(Measure.STRIKE, self.strike_days),) if rules.is_strike else ()
        return strike if gravest is None else (*strike, Taken(gravest.measure, gravest.days))


def _gravity(rung: Rung) -> tuple[int, bool, int]:
    """Return what orders rungs: the measure, then how long; without an end is longest."""
    return rung.measure.gravity, rung.days is None, rung.days or 0
