"""Stepping: one change of an enforcement, with its place in the order of all, its event, and whoever is told of it.

Everything happens in the caller's writing transaction, or nothing. Steps are numbered while the one write lock is held:
so numbers have no gaps and are visible in their order, and who has read up to one has missed none before it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from safehold.cases.enforcement.enforcement import Enforcement, EnforcementState, Happened, Reason, Step
from safehold.cases.enforcement.errors import StepNotPossibleError
from safehold.cases.enforcement.stored import insert, row_of, to_enforcement, to_step
from safehold.cases.enforcement.tables import enforcement_steps, enforcements
from safehold.home.outbox import Outbox
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Event

TELL = "enforcement.tell"
"""What the outbox calls telling the operator's systems of a step."""

OUTWARD = frozenset({Step.APPLIED, Step.LIFTED, Step.EXPIRED})
"""Steps that change what the operator's systems have to do."""

TOLD = OUTWARD | {Step.APPEAL_DECIDED}
"""Steps that the operator's systems are told of."""

_BECOMES: Mapping[Step, EnforcementState] = {
    Step.APPLIED: EnforcementState.IN_FORCE,
    Step.DECLINED: EnforcementState.DECLINED,
    Step.LIFTED: EnforcementState.LIFTED,
    Step.EXPIRED: EnforcementState.EXPIRED,
}
_FROM: Mapping[Step, EnforcementState] = {
    Step.APPLY_ASKED: EnforcementState.PROPOSED,
    Step.APPLIED: EnforcementState.PROPOSED,
    Step.DECLINED: EnforcementState.PROPOSED,
    Step.LIFT_ASKED: EnforcementState.IN_FORCE,
    Step.LIFT_REFUSED: EnforcementState.IN_FORCE,
    Step.LIFTED: EnforcementState.IN_FORCE,
    Step.EXPIRED: EnforcementState.IN_FORCE,
}
"""From where a step is possible; other steps change no state, and are possible from anywhere."""


class Events(Protocol):
    """Record an event in the caller's transaction."""

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        """Record it and return its place."""
        ...


@dataclass(frozen=True, slots=True)
class Stepping:
    """Takes enforcements from one step to the next.

    Attributes:
        ledger: where events go.
        outbox: what tells the operator's systems; None where nobody wants to be told.
    """

    ledger: Events
    outbox: Outbox | None

    def begin(self, connection: sa.Connection, made: Enforcement) -> Enforcement:
        """Keep a new enforcement, as proposed, and return it.

        Args:
            connection: the caller's writing transaction.
            made: the enforcement.
        """
        insert(connection, made)
        actor = made.proposed_by
        number = _note(connection, made, Step.PROPOSED, actor=actor, now=made.proposed_at, reason="")
        told = {**_words(made, number), "ground": made.ground, "cause": made.cause}
        self.ledger.append(Event("enforcement.proposed", actor, details=told), connection)
        return made

    def take(
        self,
        connection: sa.Connection,
        enforcement: Enforcement,
        step: Step,
        *,
        actor: str,
        now: dt.datetime,
        reason: Reason | None = None,
        **details: str | int | bool,
    ) -> Enforcement:
        """Take one step and return the enforcement after it.

        Args:
            connection: the caller's writing transaction.
            enforcement: as it was read in that transaction, or seen by whoever acts.
            step: what happens.
            actor: who lets it happen.
            now: when.
            reason: why, where a step needs one.
            details: further words of the event.

        Raises:
            StepNotPossibleError: it is not where this step begins, or somebody changed it meanwhile.
        """
        before = _FROM.get(step, enforcement.state)
        mine = (enforcements.c.id == enforcement.id, enforcements.c.version == enforcement.version)
        values = _values(enforcement, step, actor, now)
        changed = sa.update(enforcements).where(*mine, enforcements.c.state == before.value)
        if connection.execute(changed.values(version=enforcement.version + 1, **values)).rowcount == 0:
            raise not_possible()
        word = "" if reason is None else reason.value
        number = _note(connection, enforcement, step, actor=actor, now=now, reason=word)
        told = {**_words(enforcement, number), **({"reason": word} if word else {}), **details}
        self.ledger.append(Event(f"enforcement.{step.value}", actor, details=told), connection)
        if step in TOLD and self.outbox is not None:
            self.outbox.enqueue(connection, TELL, {"enforcement": enforcement.id, "step": number})
        return row_of(connection, enforcement.id)


@dataclass(frozen=True, slots=True)
class EnforcementChange:
    """A step that the operator's systems have to know of, with how the enforcement is now.

    Attributes:
        happened: the step.
        enforcement: as it is now; later steps may have changed it already.
    """

    happened: Happened
    enforcement: Enforcement


def changes_after(connection: sa.Connection, number: int, *, limit: int) -> tuple[EnforcementChange, ...]:
    """Return steps after a number that the operator's systems have to know of, oldest first."""
    table = enforcement_steps.c
    query = sa.select(enforcement_steps).where(
        table.number > number, table.step.in_(sorted(step.value for step in TOLD))
    )
    rows = connection.execute(query.order_by(table.number).limit(limit)).mappings().all()
    steps = [to_step(row) for row in rows]
    wanted = sa.select(enforcements).where(enforcements.c.id.in_({one.enforcement for one in steps}))
    found = {row["id"]: to_enforcement(row) for row in connection.execute(wanted).mappings()}
    return tuple(EnforcementChange(one, found[one.enforcement]) for one in steps)


def change_of(connection: sa.Connection, number: int) -> EnforcementChange | None:
    """Return one step by its number; None where there is none."""
    row = (
        connection.execute(sa.select(enforcement_steps).where(enforcement_steps.c.number == number)).mappings().first()
    )
    if row is None:
        return None
    happened = to_step(row)
    return EnforcementChange(happened, row_of(connection, happened.enforcement))


def not_possible() -> StepNotPossibleError:
    """Return the error of a step that came too late, or is not the next one."""
    return StepNotPossibleError(
        "this is not possible any more: it is over, or somebody was faster", advice="Look at it again, then decide."
    )


def _values(enforcement: Enforcement, step: Step, actor: str, now: dt.datetime) -> dict[str, str | None]:
    """Return the columns that a step changes."""
    values: dict[str, str | None] = {}
    if step in _BECOMES:
        values["state"] = _BECOMES[step].value
    if step in OUTWARD:
        values["carried_out_at"] = None
    match step:
        case Step.APPLIED:
            ends = None if enforcement.days is None else timestamp(now + dt.timedelta(days=enforcement.days))
            values |= {"applied_at": timestamp(now), "applied_by": actor, "ends_at": ends}
        case Step.LIFTED | Step.EXPIRED | Step.DECLINED:
            values |= {"ended_at": timestamp(now), "lift_asked_by": ""}
        case Step.LIFT_ASKED:
            values |= {"lift_asked_by": actor}
        case Step.LIFT_REFUSED:
            values |= {"lift_asked_by": ""}
        case Step.CARRIED_OUT:
            values |= {"carried_out_at": timestamp(now)}
        case Step.PROPOSED | Step.APPLY_ASKED | Step.APPEALED | Step.APPEAL_DECIDED:
            pass
    return values


def _note(
    connection: sa.Connection, enforcement: Enforcement, step: Step, *, actor: str, now: dt.datetime, reason: str
) -> int:
    """Write one step down and return its number."""
    last = connection.execute(sa.select(sa.func.max(enforcement_steps.c.number))).scalar() or 0
    row = {"number": last + 1, "enforcement": enforcement.id, "at": timestamp(now), "step": step.value}
    connection.execute(sa.insert(enforcement_steps).values(**row, actor=actor, reason=reason))
    return int(last + 1)


def _words(enforcement: Enforcement, number: int) -> dict[str, str | int | bool]:
    """Return what every event of an enforcement tells: never whom it is about."""
    return {
        "enforcement": enforcement.id,
        "measure": enforcement.measure.value,
        "subject": enforcement.subject.kind.value,
        "case": enforcement.case,
        "step": number,
    }
