"""Proposing: what the ladder says follows from a decision, given what the same case brought already.

A case counts once: who decides its items one by one gives its subject one strike, not a ladder of them. A later
decision in it proposes a measure only where that is graver than what there is.
"""

import datetime as dt
import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.enforcement.enforcement import Cause, Enforcement, EnforcementId, EnforcementState, Measure, Step
from safehold.cases.enforcement.ladder import Ladder, Taken
from safehold.cases.enforcement.stepping import Stepping
from safehold.cases.enforcement.stored import of_cause, of_subject

SYSTEM = "system"
"""Who acts where the rules let something follow by itself."""

ALIVE = (EnforcementState.PROPOSED, EnforcementState.IN_FORCE)

_ID_BYTES = 10


def propose(
    connection: sa.Connection, stepping: Stepping, ladder: Ladder, cause: Cause, *, actor: str, now: dt.datetime
) -> tuple[Enforcement, ...]:
    """Propose what follows from a cause, and return all that ever followed from it.

    Args:
        connection: a writing transaction.
        stepping: takes the steps.
        ladder: what follows from what.
        cause: the decision.
        actor: who decided.
        now: when.
    """
    known = of_cause(connection, cause.id)
    alive = [one for one in of_subject(connection, cause.subject, ALIVE) if _counts(one, now)]
    before = [one for one in alive if one.case != cause.case]
    strikes = sum(one.measure is Measure.STRIKE for one in before)
    taken = ladder.measures(cause.ground, cause.subject.kind, strikes=strikes)
    made = []
    for one in taken:
        if _is_new(one, cause, known, [other for other in alive if other.case == cause.case]):
            proposed = stepping.begin(connection, proposed_of(cause, one, actor=actor, now=now))
            if cause.is_by_hash and one.measure in ladder.automatic:
                proposed = stepping.take(connection, proposed, Step.APPLIED, actor=SYSTEM, now=now)
            made.append(proposed)
    return (*known, *made)


def proposed_of(
    cause: Cause, taken: Taken, *, actor: str, now: dt.datetime, identifier: EnforcementId | None = None
) -> Enforcement:
    """Return a new enforcement, proposed and not kept yet."""
    return Enforcement(
        id=identifier or new_id(),
        measure=taken.measure,
        subject=cause.subject,
        case=cause.case,
        ground=cause.ground,
        days=taken.days,
        references=cause.references,
        cause=cause.id,
        people=cause.people,
        state=EnforcementState.PROPOSED,
        proposed_at=now,
        proposed_by=actor,
        applied_at=None,
        applied_by="",
        ends_at=None,
        ended_at=None,
        lift_asked_by="",
        carried_out_at=None,
        version=1,
    )


def new_id() -> EnforcementId:
    """Return an id that nothing has yet."""
    return EnforcementId(f"enf_{secrets.token_hex(_ID_BYTES)}")


def _is_new(taken: Taken, cause: Cause, known: Sequence[Enforcement], of_case: Sequence[Enforcement]) -> bool:
    """Return whether it adds to what the cause and its case brought already; a cause may be about several subjects."""
    mine = [one for one in known if one.subject == cause.subject]
    if taken.measure is Measure.REMOVE_CONTENT:
        return not any(one.measure is taken.measure for one in mine)  # of every decision anew: it names other items
    if any(one.measure is taken.measure for one in mine):
        return False
    if taken.measure is Measure.STRIKE:
        return not any(one.measure is Measure.STRIKE for one in of_case)
    graver = [one for one in of_case if one.measure.is_rung and one.measure.gravity >= taken.measure.gravity]
    same = [one for one in of_case if one.measure is taken.measure]
    return not (graver if taken.measure.is_rung else same)


def _counts(one: Enforcement, now: dt.datetime) -> bool:
    return one.state is EnforcementState.PROPOSED or one.is_in_force(now)
