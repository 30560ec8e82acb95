"""Recording: a decision, its event, what is remembered, sealed items, and the case they belong to: all, or nothing.

The work runs in the one writer's transaction and does little there: one row for a plain decision. What is remembered is
read again inside it, since another process may have changed it since the decision.
"""

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from safehold.gateway.casework import Cases, Proposal, enter
from safehold.gateway.conduct import Conduct, Incident, Owner, with_incident
from safehold.gateway.contents import SealedHeld, put_in
from safehold.gateway.conversation import with_concepts
from safehold.gateway.decided import Decided
from safehold.gateway.errors import OvertakenError
from safehold.gateway.item import Item
from safehold.gateway.memory import Remembered, keep, recall
from safehold.gateway.tables import decisions, held, proposals
from safehold.home.prepared import Prepared
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Event

T = TypeVar("T")
_ID_BYTES = 16
_INSERT = Prepared(sa.insert(decisions))
_INSERT_HELD = Prepared(sa.insert(held))


class Commits(Protocol):
    """Make a piece of work durable together with its events."""

    def run(self, work: Callable[[sa.Connection], T], events: Sequence[Event] = ()) -> T:
        """Do the work in a writing transaction; both are on the medium when this returns."""
        ...


class Events(Protocol):
    """Record an event in the caller's transaction."""

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        """Record it and return its place."""
        ...


def record(decided: Decided, commits: Commits, events: Events, cases: Cases | None = None) -> None:
    """Record a decision, and what people are to look at in a case; it is durable when this returns.

    Raises:
        OvertakenError: the session has named more concepts meanwhile: decide again.
        SafeholdError: nothing was recorded, and nothing may pass.
    """
    row = _row(decided)

    def work(connection: sa.Connection) -> None:
        known = _known(decided, connection)
        if decided.rests_on_session:
            _refuse_overtaken(decided, known)
        _INSERT.run(connection, row)
        for number, sealed in decided.sealed.items():
            put_in(connection, sealed)
            _INSERT_HELD.run(connection, _held_row(decided, number, sealed))
        proposed = _remember(decided, known, connection, events) if _has_news(decided) else []
        if cases is not None and decided.answer.case_id is not None:
            enter(decided, proposed, cases, connection)

    commits.run(work, _events(decided))


def _known(decided: Decided, connection: sa.Connection) -> dict[str, Remembered]:
    """Return what is remembered of account and session by now, where it matters."""
    if not decided.marks or not (decided.rests_on_session or _has_news(decided)):
        return {}
    return recall(connection, decided.marks.values())


def _refuse_overtaken(decided: Decided, known: Mapping[str, Remembered]) -> None:
    now = known.get(decided.marks[Owner.SESSION], Remembered())
    if not now.session.carried(decided.at.timestamp()) <= decided.features.carried:
        raise OvertakenError("another turn of the session came between", advice="Decide again.")


def _row(decided: Decided) -> dict[str, Any]:
    answer = decided.answer
    return {
        "id": answer.id,
        "at": timestamp(decided.at),
        "caller": decided.caller,
        "policy": answer.policy,
        "action": answer.action.value,
        "would": None if answer.would is None else answer.would.value,
        "refusal": None if answer.refusal is None else answer.refusal.value,
        "case_id": answer.case_id,
        "account": decided.marks.get(Owner.ACCOUNT),
        "session": decided.marks.get(Owner.SESSION),
        "features": json.dumps(decided.features.to_json()),
        "shadow_policy": decided.shadow and decided.shadow[0],
        "shadow_action": decided.shadow and decided.shadow[1].value,
    }


def _held_row(decided: Decided, number: int, sealed: SealedHeld) -> dict[str, Any]:
    expires_at = decided.at + dt.timedelta(hours=decided.policy.retention.held_hours)
    return {
        "id": sealed.id,
        "decision": decided.answer.id,
        "item": number,
        "kind": decided.features.items[number].kind.value,
        "size": sealed.size,
        "sealed": sealed.own,
        "share": b"",
        "review_key": sealed.body.review_key,
        "expires_at": timestamp(expires_at),
        "content": sealed.body.id,
    }


def _events(decided: Decided) -> list[Event]:
    answer, judgement = decided.answer, decided.judgement
    details: dict[str, str | int | bool] = {
        "check": answer.id,
        "action": answer.action.value,
        "items": len(answer.items),
        "findings": sum(len(item.findings) for item in answer.items),
        "gaps": sum(len(item.gaps) for item in answer.items),
        "surfaces": "+".join(sorted({item.kind.surface.value for item in decided.features.items})),
    }
    if answer.refusal is not None:
        details["refusal"] = answer.refusal.value
    if answer.would is not None:
        details["would"] = answer.would.value
    if decided.sealed:
        details["kept"] = len(decided.sealed)
    told = [Event("check.decided", decided.caller, answer.policy, details)]
    if judgement.has_failed_open:
        told.append(Event("check.failed_open", decided.caller, answer.policy, {"check": answer.id}))
    return told


def _remember(
    decided: Decided, known: Mapping[str, Remembered], connection: sa.Connection, events: Events
) -> list[Proposal]:
    """Change what is remembered of account and session, where something changes; return what was proposed."""
    made = []
    for owner, mark in decided.marks.items():
        before = known.get(mark, Remembered())
        after = _after(decided, owner, before)
        if after.remembered == before:
            continue
        keep(connection, mark, after.remembered, owner=owner, expires_at=_end(decided, after.remembered))
        for rule, proposes in after.proposed:
            proposal = Proposal(secrets.token_hex(_ID_BYTES), rule, proposes)
            _propose(decided, mark, proposal, connection, events)
            made.append(proposal)
    return made


def _has_news(decided: Decided) -> bool:
    return bool(decided.concepts or decided.judgement.incident) or decided.counts


@dataclass(frozen=True, slots=True)
class _After:
    """What is remembered from now on, and which rules proposed what."""

    remembered: Remembered
    proposed: tuple[tuple[str, str], ...] = ()


def _after(decided: Decided, owner: Owner, before: Remembered) -> _After:
    at = decided.at.timestamp()
    session, conduct = before.session, before.conduct
    if owner is Owner.SESSION and decided.concepts:
        carry_seconds = decided.policy.session.carry_seconds
        session = with_concepts(session, decided.concepts, at, carry_seconds=carry_seconds)
    if conduct.limit is not None and at < conduct.limit.until and not decided.features.is_limited:
        conduct = replace(conduct, limit=conduct.limit.counted(at))
    if decided.judgement.incident is None:
        return _After(Remembered(session, conduct))
    rules = tuple(rule for rule in decided.policy.conduct if rule.owner is owner)
    conduct, met = with_incident(conduct, Incident(at, *decided.judgement.incident), rules)
    proposed = tuple((rule.id, rule.proposes) for rule in met if rule.proposes)
    return _After(Remembered(session, conduct), proposed)


def _end(decided: Decided, remembered: Remembered) -> dt.datetime:
    """Return when it may be forgotten: conduct with the accounts' data, mere concepts with the session."""
    if remembered.conduct != Conduct():
        return decided.at + dt.timedelta(days=decided.policy.retention.accounts_days)
    last = max(remembered.session.concepts.values(), default=decided.at.timestamp())
    return dt.datetime.fromtimestamp(last, dt.UTC)


def _propose(decided: Decided, mark: str, made: Proposal, connection: sa.Connection, events: Events) -> None:
    told = {"rule": made.rule, "proposes": made.proposes}
    row = {"id": made.id, "at": timestamp(decided.at), "decision": decided.answer.id, "mark": mark, **told}
    connection.execute(sa.insert(proposals), row)
    details = {"proposal": made.id, "check": decided.answer.id, **told}
    events.append(Event("account.action_proposed", decided.caller, decided.answer.policy, details), connection)


def content_of(item: Item) -> bytes:
    """Return an item as one piece, where it is sealed alone: one line of JSON, which says what it is, and its bytes."""
    told = {
        "kind": item.kind.value,
        "file_name": item.file_name,
        "text": item.text,
        "turns": [[turn.role, turn.text] for turn in item.turns],
    }
    return json.dumps(told).encode() + b"\n" + item.data
