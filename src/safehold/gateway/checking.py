"""Checking: the one native call, put together.

1. The policies of this moment. 2. Is the request one that can be decided on? 3. What is remembered of account and
session. 4. Everything that can be seen of it. 5. What the policy makes of that. 6. What is held or denied is sealed
with its circumstances, if there is a review key. 7. Decision, event, memory and the case that people look at are
committed together. 8. Only then it is answered.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from safehold.gateway.answer import Answer, ItemAnswer
from safehold.gateway.caller import Caller
from safehold.gateway.casework import Cases
from safehold.gateway.circumstances import circumstances
from safehold.gateway.conduct import Owner
from safehold.gateway.contents import seal_item
from safehold.gateway.conversation import Session
from safehold.gateway.decided import Decided, Kept, Unkept
from safehold.gateway.errors import ChecksUnavailableError, OvertakenError
from safehold.gateway.features import Features
from safehold.gateway.fingerprints import digests_of
from safehold.gateway.in_force import Policies
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.judgement import Judgement, judge
from safehold.gateway.marks import Marks
from safehold.gateway.memory import Remembered, recall
from safehold.gateway.observing import Detectors, Observed
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.recording import Commits, Events, record
from safehold.gateway.validation import validate
from safehold.home.database import Database
from safehold.ledger import is_fit
from safehold.vault.review import ReviewKey
from safehold.vocabulary import Action, Clock

_UNNAMED = "gateway"
"""The actor of an event where the caller's name can't stand in one."""

_RANDOM_BYTES = 10
_ATTEMPTS = 8
"""How often a turn is decided on, should others of its session be recorded meanwhile. One of them gets on each time."""


class Accounts(Protocol):
    """Say which accounts are refused; asked at every check that names one, by several threads."""

    def is_refused(self, mark: str) -> bool:
        """Return whether an account is suspended or banned now.

        Raises:
            SafeholdError: it can't be told: then nothing is decided.
        """
        ...


@dataclass(frozen=True, slots=True)
class Records:
    """Where decisions go.

    Attributes:
        database: of the home, to read what is remembered.
        commits: makes decisions durable.
        events: the ledger.
        marks: of accounts and sessions.
        check_key: with which the home can tell that a sealed item is what it sealed.
        review_key: to which items are sealed; None keeps nothing.
        cases: where what is held or denied waits for people; None where nobody works on cases.
        accounts: which are refused whatever they send; None where their standing is nobody's business here.
    """

    database: Database
    commits: Commits
    events: Events
    marks: Marks
    check_key: bytes
    review_key: ReviewKey | None = None
    cases: Cases | None = None
    accounts: Accounts | None = None


class GatewayChecks:
    """The checks of an installation; threads may share one.

    Args:
        policies: which are in force.
        detectors: what looks.
        records: where decisions go.
        clock: where the time comes from.
    """

    def __init__(self, policies: Policies, detectors: Detectors, records: Records, clock: Clock) -> None:
        self._policies = policies
        self._detectors = detectors
        self._records = records
        self._clock = clock

    @property
    def keeps_held_items(self) -> bool:
        """Return whether there is a review key, so that what is held or denied is kept for people."""
        return self._records.review_key is not None

    def check(self, request: CheckRequest, caller: Caller) -> Answer:
        """Decide, record and answer; see `safehold.gateway.checks.Checks`."""
        for _ in range(_ATTEMPTS):
            decided = self._decide(request, caller)
            try:
                record(decided, self._records.commits, self._records.events, self._records.cases)
            except OvertakenError:
                continue
            return decided.answer
        raise ChecksUnavailableError(
            "a session's turns come faster than they can be decided on", advice="Send them one after another."
        )

    def _decide(self, request: CheckRequest, caller: Caller) -> Decided:
        in_force = self._policies.current()
        policy = in_force.active
        validate(request, policy.requests)
        now = self._clock.now()
        marks = self._marks_of(request.context)
        remembered = self._recall(marks)
        carried = _carried(remembered, marks, now)
        observed = self._detectors.observe(request, policy, carried)
        is_limited = any(one.conduct.is_limited(now.timestamp()) for one in remembered.values())
        is_limited = is_limited or self._is_refused(marks.get(Owner.ACCOUNT))
        features = Features(observed.items, carried, is_limited)
        judgement = judge(features, policy)
        answer = _answer(request, observed, judgement, policy, now)
        kept = self._kept(request, judgement, policy)
        return Decided(
            answer=answer,
            features=features,
            judgement=judgement,
            policy=policy,
            caller=caller.name if is_fit(caller.name) and caller.name else _UNNAMED,
            at=now,
            marks=marks,
            concepts=_to_carry(observed, remembered.get(marks.get(Owner.SESSION, "")), policy, now),
            kept=kept,
            shadow=_in_shadow(features, in_force.shadow),
            counts=any(one.conduct.limit is not None for one in remembered.values()),
            rests_on_session=Owner.SESSION in marks and _can_be_joined(request, observed, policy),
            circumstances=self._circumstances(request, answer, kept, now),
        )

    def _marks_of(self, context: Context) -> dict[Owner, str]:
        named = {Owner.ACCOUNT: context.account, Owner.SESSION: context.session}
        marks = {owner: self._records.marks.of(owner.value, name) for owner, name in named.items()}
        return {owner: mark for owner, mark in marks.items() if mark is not None}

    def _is_refused(self, account: str | None) -> bool:
        return account is not None and self._records.accounts is not None and self._records.accounts.is_refused(account)

    def _recall(self, marks: Mapping[Owner, str]) -> dict[str, Remembered]:
        if not marks:
            return {}
        with self._records.database.reading() as connection:
            return recall(connection, marks.values())

    def _kept(self, request: CheckRequest, judgement: Judgement, policy: GatewayPolicy) -> dict[int, Kept]:
        """Return what is kept of the items that are held or denied for more than a limit."""
        judged = zip(request.items, judgement.items, strict=True)
        return {number: self._keep(item, policy) for number, (item, one) in enumerate(judged) if one.is_kept}

    def _keep(self, item: Item, policy: GatewayPolicy) -> Kept:
        key, retention, digests = self._records.review_key, policy.retention, digests_of(item.data)
        if key is None:
            return Kept(digests, unkept=Unkept.NO_REVIEW_KEY)
        if not retention.held_hours:
            return Kept(digests, unkept=Unkept.BY_POLICY)
        if len(item.data) > retention.held_bytes:
            return Kept(digests, unkept=Unkept.TOO_LARGE)
        return Kept(digests, seal_item(item, key, check_key=self._records.check_key))

    def _circumstances(
        self, request: CheckRequest, answer: Answer, kept: Mapping[int, Kept], now: dt.datetime
    ) -> bytes:
        """Return the circumstances of a request in which something is kept, sealed; b"" where none are.

        They are kept beside an item that is too large to be, and not where the policy keeps nothing.
        """
        records = self._records
        is_any = any(one.unkept in {None, Unkept.TOO_LARGE} for one in kept.values())
        if records.review_key is None or records.cases is None or not is_any:
            return b""
        return records.review_key.box(circumstances(request, check=answer.id, at=now))


def _can_be_joined(request: CheckRequest, observed: Observed, policy: GatewayPolicy) -> bool:
    """Return whether what the session named before can change the decision."""
    if not policy.session.carry_seconds:
        return False
    return bool(observed.concepts) or any(item.kind is ItemKind.SOURCE_IMAGE for item in request.items)


def _in_shadow(features: Features, policy: GatewayPolicy | None) -> tuple[str, Action] | None:
    return None if policy is None else (policy.label, judge(features, policy).action)


def _to_carry(
    observed: Observed, remembered: Remembered | None, policy: GatewayPolicy, now: dt.datetime
) -> frozenset[str]:
    """Return the concepts that the session is to carry on and does not yet for long enough."""
    carry_seconds = policy.session.carry_seconds
    if not carry_seconds:
        return frozenset()
    session = Session() if remembered is None else remembered.session
    return session.wanting(observed.concepts, now.timestamp(), carry_seconds=carry_seconds)


def _carried(remembered: Mapping[str, Remembered], marks: Mapping[Owner, str], now: dt.datetime) -> frozenset[str]:
    session = remembered.get(marks.get(Owner.SESSION, ""))
    return frozenset() if session is None else session.session.carried(now.timestamp())


def _answer(
    request: CheckRequest, observed: Observed, judgement: Judgement, policy: GatewayPolicy, now: dt.datetime
) -> Answer:
    items = tuple(
        ItemAnswer(
            id=item.id,
            kind=item.kind.value,
            action=judged.action,
            findings=features.subject.findings,
            gaps=judged.gaps,
            rules=judged.rules,
        )
        for item, features, judged in zip(request.items, observed.items, judgement.items, strict=True)
    )
    has_case = any(judged.is_kept for judged in judgement.items)
    return Answer(
        id=f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(_RANDOM_BYTES)}",
        action=judgement.action,
        items=items,
        policy=policy.label,
        detectors=observed.detectors,
        refusal=judgement.refusal,
        message_key=judgement.message_key,
        case_id=f"case_{secrets.token_hex(_RANDOM_BYTES)}" if has_case else None,
        would=judgement.would,
    )
