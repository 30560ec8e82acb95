"""Offering: which case of a queue comes first for somebody, and whether they may be given any.

Left out is what others hold or were given, what has a form that they opted out of, what they decided first, and what
they gave back today.
"""

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from safehold.cases.case import CaseState
from safehold.cases.errors import ClaimedError, NotForThemError
from safehold.cases.exposure.errors import OptedOutError, RestDueError
from safehold.cases.exposure.rest import Allowance
from safehold.cases.item import Form
from safehold.cases.queues.claim import Claim
from safehold.cases.queues.definition import QueueDefinition
from safehold.cases.queues.stored import FIRST_DECISION, GIVEN_BACK, is_withheld, to_claim
from safehold.cases.queues.tables import case_claims, case_withheld
from safehold.cases.rows import form_bits
from safehold.cases.tables import cases


def admitted(allowance: Allowance | None, queue: QueueDefinition) -> frozenset[Form]:
    """Return the forms that somebody opted out of, once it is sure that they may be given cases of a queue.

    Args:
        allowance: what may be given to them now; None where nobody looks at content.
        queue: which, of those that their roles let them work on.

    Raises:
        OptedOutError: they chose to be given nothing of it.
        RestDueError: they have seen enough for now.
    """
    declined = declined_in(allowance, queue)
    if len(declined) == len(Form):
        raise OptedOutError("you chose to be given nothing of this queue", advice="You can change your choice.")
    if allowance is not None and allowance.rest is not None and queue.heeds_rest:
        raise RestDueError(
            "this is a good moment for a break",
            advice="Thank you. Nothing is lost: what waits here is there for you later, or for somebody else.",
            until=allowance.rest.until,
        )
    return declined


def declined_in(allowance: Allowance | None, queue: QueueDefinition) -> frozenset[Form]:
    """Return the forms that somebody chose not to be given in a queue; all of them: nothing of it."""
    if allowance is None:
        return frozenset()
    return frozenset(form for form in Form if allowance.has_opted_out(form, queue.name))


def offered(person: str, queue: str, declined: Collection[Form], *, now: str) -> sa.Select[str]:
    """Return the question for the first case of a queue that this person may be given."""
    held = sa.exists().where(
        case_claims.c.case_id == cases.c.id,
        case_claims.c.expires_at > now,
        case_claims.c.queue == cases.c.queue,
    )
    withheld = sa.exists().where(
        case_withheld.c.case_id == cases.c.id,
        case_withheld.c.person == person,
        sa.or_(
            sa.and_(case_withheld.c.reason == FIRST_DECISION, cases.c.state == CaseState.SECOND_REVIEW.value),
            sa.and_(case_withheld.c.reason == GIVEN_BACK, case_withheld.c.until > now),
        ),
    )
    conditions: list[sa.ColumnElement[bool]] = [
        *waiting_in(queue),
        cases.c.assignee.in_(["", person]),
        ~held,
        ~withheld,
    ]
    if declined:
        conditions.append(cases.c.forms.op("&")(form_bits(declined)) == 0)
    return sa.select(cases.c.id).where(*conditions).order_by(cases.c.turn).limit(1)


def waiting_in(queue: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that a case waits in a queue, for decisions or for somebody to attend to it."""
    return cases.c.queue == queue, cases.c.is_waiting == 1


def held_in(connection: sa.Connection, person: str, queue: str, *, now: str) -> Claim | None:
    """Return what somebody holds in a queue, asked from their claims on, since they are few; None for nothing."""
    claims = sa.select(case_claims).where(
        case_claims.c.person == person, case_claims.c.queue == queue, case_claims.c.expires_at > now
    )
    held = {row["case_id"]: to_claim(row) for row in connection.execute(claims).mappings()}
    if not held:
        return None
    waiting = sa.select(cases.c.id, cases.c.turn).where(cases.c.id.in_(held), *waiting_in(queue))
    rows = connection.execute(waiting).all()
    return None if not rows else held[min(rows, key=lambda row: row.turn).id]


def require_free(connection: sa.Connection, row: sa.RowMapping, person: str, *, now: dt.datetime) -> None:
    """Refuse a case that somebody chose and may not have, though nobody holds it.

    Raises:
        NotForThemError: nothing of it waits, or they decided it first.
        ClaimedError: it was given to somebody else.
    """
    if not row["is_waiting"]:
        raise not_for_them("nothing of it waits to be decided")
    if row["assignee"] not in {"", person}:
        raise ClaimedError(
            "this case was given to somebody else", advice="Ask who assigns cases, or take another.", until=now
        )
    if row["state"] == CaseState.SECOND_REVIEW.value and is_withheld(connection, row["id"], person):
        raise not_for_them("you decided it first: somebody else has to look at it now")


def claimed(until: dt.datetime) -> ClaimedError:
    """Return the error for a case that somebody else holds until then."""
    return ClaimedError("somebody else holds this case", advice="Take another; this one is free later.", until=until)


def not_for_them(why: str) -> NotForThemError:
    """Return the error for a case or queue that somebody may not have."""
    return NotForThemError(f"this case or queue is not for you: {why}", advice="Take a case of another queue.")
