"""Conduct: what repeated refusals of one account or session lead to. Pure.

An incident is a check in which something was found that held or denied it; what was only not examined, or refused for
a limit, is none. Rules count incidents in a window; one that is met sets a limit at once, proposes an action on the
account for people to decide, or both. Nothing here ends an account.

    state, met = with_incident(state, Incident(at, Action.DENY, ("minor+adult_sexual",)), rules)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from safehold.vocabulary import Action, Seconds

MOST_INCIDENTS = 64
"""How many are remembered: more than any sensible rule counts."""


class Counted(Enum):
    """What a conduct rule counts."""

    BLOCKED = "blocked"
    """Incidents."""

    REPEATED = "repeated"
    """Incidents of the most frequent subject: the same thing tried again."""

    ESCALATING = "escalating"
    """Incidents that were more severe than the one before."""


class Owner(Enum):
    """Whose incidents count."""

    ACCOUNT = "account"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class ConductRule:
    """When what follows.

    Attributes:
        id: the name that records show.
        owner: whose incidents.
        counts: what of them.
        at_least: from how many on; this number included.
        within_seconds: how far back.
        limit_seconds: how long the account or session is limited from then on; 0 for not at all.
        checks_per_minute: how many checks a limit lets through in a minute; 0 for none.
        proposes: what is proposed to people, in one word; "" for nothing.
        reason: why.
    """

    id: str
    owner: Owner
    counts: Counted
    at_least: int
    within_seconds: Seconds
    limit_seconds: Seconds
    checks_per_minute: int
    proposes: str
    reason: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One refusal.

    Attributes:
        at: when, in seconds since 1970.
        action: HOLD or DENY.
        subjects: what was found: names of concepts, rules and classes.
    """

    at: float
    action: Action
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in force.

    Attributes:
        rule: which rule set it.
        until: when it ends, in seconds since 1970.
        checks_per_minute: how many checks pass in a minute.
        minute: the minute that `used` counts, since 1970.
        used: how many passed in it.
    """

    rule: str
    until: float
    checks_per_minute: int
    minute: int = 0
    used: int = 0

    def admits(self, at: float) -> bool:
        """Return whether one more check passes now."""
        used = self.used if self.minute == int(at // 60) else 0
        return at >= self.until or used < self.checks_per_minute

    def counted(self, at: float) -> "Limit":
        """Return the limit after one more check."""
        minute = int(at // 60)
        return replace(self, minute=minute, used=self.used + 1 if self.minute == minute else 1)


@dataclass(frozen=True, slots=True)
class Conduct:
    """What is remembered of one account or session.

    Attributes:
        incidents: oldest first.
        limit: in force, or over; None where there was none.
    """

    incidents: tuple[Incident, ...] = ()
    limit: Limit | None = None

    def is_limited(self, at: float) -> bool:
        """Return whether a check now is refused because of a limit."""
        return self.limit is not None and not self.limit.admits(at)


def with_incident(
    conduct: Conduct, incident: Incident, rules: Sequence[ConductRule]
) -> tuple[Conduct, tuple[ConductRule, ...]]:
    """Return the conduct after an incident, and the rules that are met by it and were not before.

    Args:
        conduct: before.
        incident: what happened.
        rules: those of this owner; of several limits the one that ends last holds, the stricter of equals. Every
            further incident of a rule that stays met sets its limit anew.
    """
    incidents = (*conduct.incidents, incident)[-MOST_INCIDENTS:]
    met = tuple(rule for rule in rules if _is_met(incidents, rule, incident.at))
    limits = [Limit(rule.id, incident.at + rule.limit_seconds, rule.checks_per_minute) for rule in met]
    known = () if conduct.limit is None else (conduct.limit,)
    set_now = [limit for limit in limits if limit.until > incident.at]
    limit = max((*known, *set_now), key=lambda one: (one.until, -one.checks_per_minute), default=None)
    new_ones = tuple(rule for rule in met if not _is_met(conduct.incidents, rule, incident.at))
    return Conduct(incidents, limit), new_ones


def _is_met(incidents: Sequence[Incident], rule: ConductRule, now: float) -> bool:
    recent = [one for one in incidents if now - one.at <= rule.within_seconds]
    return _count(recent, rule.counts) >= rule.at_least


def _count(incidents: Sequence[Incident], counts: Counted) -> int:
    match counts:
        case Counted.BLOCKED:
            return len(incidents)
        case Counted.REPEATED:
            return max(_frequencies(incidents), default=0)
        case Counted.ESCALATING:
            return sum(after.action > before.action for before, after in pairwise(incidents))


def _frequencies(incidents: Sequence[Incident]) -> Iterator[int]:
    for subject in {subject for one in incidents for subject in one.subjects}:
        yield sum(subject in one.subjects for one in incidents)
