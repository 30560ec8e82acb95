"""The intake of appeals: what somebody writes against a measure, sealed before it is kept.

Whoever hands it in says whom it is about, in the operator's own words, which are marked at the edge. Where that is not
the one, or where there is no such measure, the answer is the same: nobody finds out about others so.
"""

import datetime as dt
import json
import secrets

import sqlalchemy as sa

from safehold.cases.enforcement.appeals.appeal import Appeal, AppealId, AppealState, Filing, Seals
from safehold.cases.enforcement.appeals.errors import (
    AppealNotPossibleError,
    AppealUnreadableError,
    AppealUnsealedError,
)
from safehold.cases.enforcement.appeals.stored import appeal_of, appeals_against, unknown
from safehold.cases.enforcement.enforcement import Enforcement, EnforcementState
from safehold.cases.enforcement.errors import EnforcementUnknownError
from safehold.cases.enforcement.ladder import AppealRules
from safehold.cases.enforcement.stored import row_of
from safehold.cases.enforcement.tables import appeals
from safehold.ledger.entry import timestamp

LONGEST_STATEMENT = 8192
"""Characters: four pages, which is what a person can be asked to read, and enough for anybody's case. Ours."""

LONGEST_CONTACT = 1024

_ID_BYTES = 10


def sealed_statement(filing: Filing, seals: Seals | None) -> bytes:
    """Return what was written, sealed.

    Raises:
        AppealUnreadableError: it is empty or too long.
        AppealUnsealedError: there is nothing to seal it with.
    """
    text = filing.statement.strip()
    if not text or len(text) > LONGEST_STATEMENT or len(filing.contact) > LONGEST_CONTACT:
        raise AppealUnreadableError(
            "what was written is empty or too long", advice=f"Say in up to {LONGEST_STATEMENT} characters why."
        )
    if seals is None:
        raise AppealUnsealedError(
            "what people write can't be sealed: there is no review key",
            advice="Make one on the console's machine; see docs/enforcement.md.",
        )
    told = {"contact": filing.contact.strip(), "statement": text}
    return seals.seal(json.dumps(told, ensure_ascii=False, sort_keys=True).encode())


def admit(connection: sa.Connection, filing: Filing, rules: AppealRules, now: dt.datetime) -> Enforcement:
    """Return what is appealed against, once it is found that this sender may do so now.

    Raises:
        AppealUnknownError: there is no such measure on this subject.
        AppealNotPossibleError: too late, often enough, lifted already, or one is being looked at.
    """
    try:
        found = row_of(connection, filing.enforcement)
    except EnforcementUnknownError:
        raise unknown() from None
    if found.subject != filing.subject or found.applied_at is None:
        raise unknown()
    if found.state is EnforcementState.LIFTED:
        raise AppealNotPossibleError("this was lifted already", advice="There is nothing left to appeal against.")
    if now > found.applied_at + dt.timedelta(days=rules.within_days):
        raise AppealNotPossibleError(
            "the time to appeal is over", advice=f"Appeals are taken within {rules.within_days} days."
        )
    before = appeals_against(connection, found.id)
    if any(one.is_open for one in before):
        raise AppealNotPossibleError("an appeal is being looked at", advice="Wait for its decision.")
    if len(before) >= rules.most:
        raise AppealNotPossibleError("it was looked at as often as it can be", advice="The last decision stands.")
    return found


def keep(
    connection: sa.Connection, filing: Filing, *, sealed: bytes, actor: str, now: dt.datetime, due_at: dt.datetime
) -> Appeal:
    """Keep an appeal that was admitted, and return it."""
    appeal = AppealId(f"apl_{secrets.token_hex(_ID_BYTES)}")
    row = {
        "id": appeal,
        "enforcement": filing.enforcement,
        "state": AppealState.RECEIVED.value,
        "received_at": timestamp(now),
        "received_from": actor,
        "due_at": timestamp(due_at),
        "locale": filing.locale,
        "taken_by": "",
        "decided_by": "",
        "reason": "",
        "statement": sealed,
        "version": 1,
    }
    connection.execute(sa.insert(appeals).values(**row))
    return appeal_of(connection, appeal)
