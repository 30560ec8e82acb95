"""Enforcement: what is done to an account, content, a model or a link, on which ground, for how long, and by whom.

Safehold decides and records; the operator's own systems carry it out. It never names an account: whom a measure is
about is told by a keyed mark and by the references of the checks that the operator sent.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.cases.case import CaseId, Subject, SubjectKind

EnforcementId = NewType("EnforcementId", str)
"""``enf_`` and 20 lower-case hexadecimal digits, drawn at random."""


class Measure(Enum):
    """What is done; of those on accounts the later one is the graver."""

    WARN = "warn"
    STRIKE = "strike"
    """Counts for the ladder, and expires."""
    LIMIT = "limit"
    SUSPEND = "suspend"
    BAN = "ban"
    REMOVE_CONTENT = "remove_content"
    """What the enforcement's references name is taken down, whoever it belongs to."""
    HOLD_MODEL = "hold_model"
    """No new use of a model: what hosting will obey."""
    HOLD_LINK = "hold_link"

    def fits(self, kind: SubjectKind) -> bool:
        """Return whether it can be taken on something of this kind."""
        fitting = _FITS.get(self, frozenset(SubjectKind))
        return kind in fitting

    @property
    def is_rung(self) -> bool:
        """Return whether it is one that a ladder climbs to: on accounts, and no mere strike."""
        return self in _RUNGS

    @property
    def gravity(self) -> int:
        """Return its place among all measures; more is graver, where both are on accounts."""
        return list(Measure).index(self)


_RUNGS = frozenset({Measure.WARN, Measure.LIMIT, Measure.SUSPEND, Measure.BAN})
_ACCOUNT = frozenset({SubjectKind.ACCOUNT})
_FITS = {
    Measure.WARN: _ACCOUNT | {SubjectKind.SESSION},
    Measure.STRIKE: _ACCOUNT,
    Measure.LIMIT: _ACCOUNT | {SubjectKind.SESSION},
    Measure.SUSPEND: _ACCOUNT,
    Measure.BAN: _ACCOUNT,
    Measure.HOLD_MODEL: frozenset({SubjectKind.MODEL}),
    Measure.HOLD_LINK: frozenset({SubjectKind.LINK}),
}


class EnforcementState(Enum):
    """How far an enforcement is."""

    PROPOSED = "proposed"
    """Somebody has to say yes."""
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    """Its time is over."""
    LIFTED = "lifted"
    """Taken back."""
    DECLINED = "declined"
    """It never came into force."""


class Step(Enum):
    """What happened to an enforcement."""

    PROPOSED = "proposed"
    APPLY_ASKED = "apply_asked"
    """One person wants what nobody proposed to come into force; a second one has to agree."""
    APPLIED = "applied"
    DECLINED = "declined"
    LIFT_ASKED = "lift_asked"
    """One person wants it lifted; a second one has to agree."""
    LIFT_REFUSED = "lift_refused"
    """A second person did not agree."""
    LIFTED = "lifted"
    EXPIRED = "expired"
    CARRIED_OUT = "carried_out"
    """The operator's system says that it did what it was told last."""
    APPEALED = "appealed"
    APPEAL_DECIDED = "appeal_decided"


class Reason(Enum):
    """Why a measure is lifted or declined."""

    MISTAKE = "mistake"
    NEW_FACTS = "new_facts"
    TOO_SEVERE = "too_severe"
    DECISION_REVERSED = "decision_reversed"
    APPEAL_GRANTED = "appeal_granted"
    AUTHORITY_ASKED = "authority_asked"
    JUSTIFIED = "justified"
    """It was right, and stays: of an appeal alone."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What enforcement follows from.

    Attributes:
        id: of a decision, or another word that is the same whenever the same thing is told again.
        case: in which case.
        subject: whom or what it is about.
        ground: the kind of harm that was confirmed, one of the ladder's words.
        references: of the items, as the operator knows them: "CHECK#PLACE".
        is_by_hash: whether nobody looked: every item has a cryptographic hash on a trusted list.
        people: everybody who took part in deciding: none of them decides an appeal.
    """

    id: str
    case: CaseId
    subject: Subject
    ground: str
    references: tuple[str, ...] = ()
    is_by_hash: bool = False
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A measure that somebody asks for by hand.

    Attributes:
        measure: what.
        subject: on whom or what.
        case: in which case.
        ground: why, one of the ladder's words.
        days: for how long; None until it is lifted.
        references: of the items that it is about, as the operator knows them.
    """

    measure: Measure
    subject: Subject
    case: CaseId
    ground: str
    days: int | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enforcement:
    """One measure on one subject.

    Attributes:
        id: what it is called.
        measure, subject, case, ground, days, references: as ordered.
        cause: what it follows from: a decision's id, or its own where somebody ordered it by hand.
        people: everybody who took part in deciding that.
        state: how far it is.
        proposed_at, proposed_by: when and by whom.
        applied_at, applied_by: when it came into force, and who let it; None and "" before.
        ends_at: when it is over by itself; None where it is lifted or never ends.
        ended_at: when it expired, was lifted or declined; None before.
        lift_asked_by: who asked to lift it, where a second person has to agree; "" for nobody.
        carried_out_at: when the operator's system last said that it obeyed; None before, and after each change.
        version: goes up by one with every change: who changes it says which version was seen.
    """

    id: EnforcementId
    measure: Measure
    subject: Subject
    case: CaseId
    ground: str
    days: int | None
    references: tuple[str, ...]
    cause: str
    people: tuple[str, ...]
    state: EnforcementState
    proposed_at: dt.datetime
    proposed_by: str
    applied_at: dt.datetime | None
    applied_by: str
    ends_at: dt.datetime | None
    ended_at: dt.datetime | None
    lift_asked_by: str
    carried_out_at: dt.datetime | None
    version: int

    def is_in_force(self, now: dt.datetime) -> bool:
        """Return whether it holds at a time; when its time is over it holds no more, noted or not."""
        return self.state is EnforcementState.IN_FORCE and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True)
class Happened:
    """One step of an enforcement.

    Attributes:
        number: its place among the steps of all enforcements, from 1, without gaps.
        enforcement: of which.
        at: when.
        step: what.
        actor: who.
        reason: why, in one word; "" where it needs none.
    """

    number: int
    enforcement: EnforcementId
    at: dt.datetime
    step: Step
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account, session, model or link stands.

    Attributes:
        subject: whom or what.
        in_force: the measures that hold, gravest first; strikes among them.
    """

    subject: Subject
    in_force: tuple[Enforcement, ...]

    @property
    def strikes(self) -> int:
        """Return how many strikes count."""
        return sum(one.measure is Measure.STRIKE for one in self.in_force)

    @property
    def gravest(self) -> Measure | None:
        """Return the gravest measure that holds on it, strikes and removed content aside; None for none."""
        aside = {Measure.STRIKE, Measure.REMOVE_CONTENT}
        return next((one.measure for one in self.in_force if one.measure not in aside), None)
