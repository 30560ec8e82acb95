"""Rows of claims, and of what is kept from whom; inside a transaction that the caller opened."""

import datetime as dt
from dataclasses import replace

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.queues.claim import Claim
from safehold.cases.queues.tables import case_claims, case_withheld
from safehold.cases.rows import Row, moment
from safehold.ledger.entry import timestamp

FIRST_DECISION = "first_decision"
"""Why a case is kept from who decided it first, for as long as it waits for a second decision."""

GIVEN_BACK = "given_back"
"""Why it is not offered to who gave it back, until some time."""


def claim_of(connection: sa.Connection, case_id: CaseId) -> Claim | None:
    """Return the claim on a case, also one whose time is over; None where there is none."""
    row = connection.execute(sa.select(case_claims).where(case_claims.c.case_id == case_id)).mappings().one_or_none()
    return None if row is None else to_claim(row)


def to_claim(row: Row) -> Claim:
    """Return the claim of a row."""
    return Claim(
        case=CaseId(row["case_id"]),
        person=row["person"],
        queue=row["queue"],
        lease=row["lease"],
        claimed_at=moment(row["claimed_at"]),
        expires_at=moment(row["expires_at"]),
    )


def write_claim(connection: sa.Connection, claim: Claim) -> None:
    """Write a claim in place of whichever was on its case."""
    connection.execute(sa.delete(case_claims).where(case_claims.c.case_id == claim.case))
    row = {
        "case_id": claim.case,
        "person": claim.person,
        "lease": claim.lease,
        "queue": claim.queue,
        "claimed_at": timestamp(claim.claimed_at),
        "expires_at": timestamp(claim.expires_at),
    }
    connection.execute(sa.insert(case_claims), row)


def prolong(connection: sa.Connection, claim: Claim, expires_at: dt.datetime) -> Claim:
    """Let a claim last until a time; return it as it is then."""
    mine = sa.update(case_claims).where(case_claims.c.case_id == claim.case, case_claims.c.lease == claim.lease)
    connection.execute(mine.values(expires_at=timestamp(expires_at)))
    return replace(claim, expires_at=expires_at)


def withhold(connection: sa.Connection, case_id: CaseId, person: str, *, reason: str, until: str | None) -> None:
    """Keep a case from somebody: until a time, or for good where that is None; a later word replaces an earlier one."""
    key = (
        case_withheld.c.case_id == case_id,
        case_withheld.c.person == person,
        case_withheld.c.reason == reason,
    )
    connection.execute(sa.delete(case_withheld).where(*key))
    row = {"case_id": case_id, "person": person, "reason": reason, "until": until}
    connection.execute(sa.insert(case_withheld), row)


def is_withheld(connection: sa.Connection, case_id: str, person: str) -> bool:
    """Return whether a case is kept from somebody because its first decision was theirs."""
    query = sa.select(case_withheld.c.case_id).where(
        case_withheld.c.case_id == case_id,
        case_withheld.c.person == person,
        case_withheld.c.reason == FIRST_DECISION,
    )
    return connection.execute(query).first() is not None
