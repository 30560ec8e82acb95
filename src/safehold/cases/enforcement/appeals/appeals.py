"""The appeals of a home: received, taken by one person at a time, and decided by somebody who had no part in it.

    appeal = appeals.receive(Filing(enforcement, subject, "I think this is wrong, since ..."), actor="website")
    appeals.take(person, appeal.id)
    appeals.decide(person, appeal.id, AppealState.GRANTED, Reason.MISTAKE)

What is granted is lifted in the same transaction, with everything that followed from the same decision for whoever
appealed: what followed for others stays, unless the decision itself is reversed. Where it was granted for a mistake and
the decision stands, the case is escalated, so that a lead sees what is to be reversed.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from safehold.cases.case import CaseId, Priority
from safehold.cases.enforcement.appeals.appeal import OUTCOMES, Appeal, AppealId, AppealState, Filing, Seals
from safehold.cases.enforcement.appeals.errors import (
    AppealNotAllowedError,
    AppealNotPossibleError,
    AppealTakenError,
    OwnWorkError,
)
from safehold.cases.enforcement.appeals.intake import admit, keep, sealed_statement
from safehold.cases.enforcement.appeals.stored import appeal_of, appeals_against, to_appeal, without_statement
from safehold.cases.enforcement.enforcement import Enforcement, EnforcementId, Reason, Step
from safehold.cases.enforcement.enforcements import Enforcements
from safehold.cases.enforcement.stepping import Events
from safehold.cases.enforcement.stored import row_of, standing_decision, steps_of
from safehold.cases.enforcement.tables import appeals
from safehold.cases.paging import behind, flag
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

TAKEN_MINUTES = 60
"""How long an appeal is nobody else's: as long as reading all of it and its case may take. Ours."""

_LISTED = 100
_TAKE_PART = frozenset({Step.PROPOSED, Step.APPLY_ASKED, Step.APPLIED, Step.LIFT_REFUSED, Step.DECLINED})


REASON = "appeal_granted"
"""Why a case is escalated whose decision somebody who heard an appeal takes for a mistake."""


class Escalates(Protocol):
    """The part of a store of cases that is needed."""

    def escalate(
        self, case_id: CaseId, reason: str, *, actor: str, priority: Priority, connection: sa.Connection
    ) -> object:
        """Ask for a specialist, in the caller's transaction."""
        ...


class Appeals:
    """The appeals of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        enforcements: what is appealed against.
        seals: what was written is sealed with it; None where there is no review key: no appeal is taken then.
        is_single_operator: whether one person alone runs the installation; decisions then say so.
        cases: escalates those whose decision is taken for a mistake; None where nobody works on cases.
    """

    def __init__(  # noqa: PLR0913 - each of them is a part of the room
        self,
        database: Database,
        ledger: Events,
        clock: Clock,
        enforcements: Enforcements,
        *,
        seals: Seals | None,
        is_single_operator: bool = False,
        cases: Escalates | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._enforcements = enforcements
        self._seals = seals
        self._is_single_operator = is_single_operator
        self._cases = cases

    def receive(self, filing: Filing, *, actor: str) -> Appeal:
        """Receive an appeal; it is durable when this returns.

        Raises:
            AppealUnknownError: there is no such measure on this subject.
            AppealNotPossibleError: too late, often enough, lifted already, or one is being looked at.
            AppealUnreadableError, AppealUnsealedError: what was written is empty or too long, or can't be sealed.
        """
        sealed, now = sealed_statement(filing, self._seals), self._clock.now()
        rules = self._enforcements.ladder.appeals
        due_at = now + dt.timedelta(days=rules.answer_days)
        with self._database.writing() as connection:
            found = admit(connection, filing, rules, now)
            made = keep(connection, filing, sealed=sealed, actor=actor, now=now, due_at=due_at)
            self._enforcements.note(connection, found.id, Step.APPEALED, actor=actor)
            details = {"appeal": made.id, "enforcement": found.id}
            self._ledger.append(Event("appeal.received", actor, details=details), connection)
        return made

    def take(self, person: Person, appeal: AppealId) -> Appeal:
        """Look at an appeal, so that nobody else does for an hour; again, to go on.

        Raises:
            AppealUnknownError: there is none.
            AppealNotAllowedError, OwnWorkError: it is not for them.
            AppealTakenError: somebody else looks at it.
            AppealNotPossibleError: it is decided.
        """
        now = self._clock.now()
        until = timestamp(now + dt.timedelta(minutes=TAKEN_MINUTES))
        with self._database.writing() as connection:
            found = self._for(connection, person, appeal, now)
            values = {"taken_by": person.name, "taken_until": until, "version": found.version + 1}
            connection.execute(sa.update(appeals).where(appeals.c.id == found.id).values(**values))
            self._ledger.append(Event("appeal.taken", person.name, details={"appeal": found.id}), connection)
            return appeal_of(connection, appeal)

    def give_back(self, person: Person, appeal: AppealId) -> None:
        """Let somebody else look at it; nothing where this person does not."""
        mine = (appeals.c.id == appeal, appeals.c.taken_by == person.name, appeals.c.decided_at.is_(None))
        with self._database.writing() as connection:
            freed = sa.update(appeals).where(*mine)
            if connection.execute(freed.values(taken_by="", taken_until=None, version=appeals.c.version + 1)).rowcount:
                self._ledger.append(Event("appeal.given_back", person.name, details={"appeal": appeal}), connection)

    def next(self, person: Person) -> Appeal | None:
        """Take the appeal that is due first and that this person may decide; None where there is none.

        Raises:
            AppealNotAllowedError: they lack the ability.
        """
        self._require(person)
        for one in self.list(limit=_LISTED):
            try:
                return self.take(person, one.id)
            except (AppealTakenError, OwnWorkError, AppealNotPossibleError):
                continue
        return None

    def decide(
        self, person: Person, appeal: AppealId, outcome: AppealState, reason: Reason, *, seen: int | None = None
    ) -> Appeal:
        """Decide an appeal; what is granted or reduced is lifted in the same transaction.

        Raises:
            AppealUnknownError: there is none.
            AppealNotAllowedError, OwnWorkError: it is not for them.
            AppealTakenError: somebody else looks at it.
            AppealNotPossibleError: it is decided, was changed since it was seen, or this is no outcome.
        """
        if outcome not in OUTCOMES:
            raise AppealNotPossibleError("this is no outcome of an appeal", advice="Grant, reduce or uphold.")
        now = self._clock.now()
        with self._database.writing() as connection:
            found = self._for(connection, person, appeal, now)
            if seen is not None and found.version != seen:
                raise _changed()
            self._carry_out(connection, found, outcome, person.name)
            decided = {"state": outcome.value, "decided_at": timestamp(now), "decided_by": person.name}
            changed = {**decided, "reason": reason.value, "version": found.version + 1}
            connection.execute(sa.update(appeals).where(appeals.c.id == found.id).values(**changed))
            details: dict[str, str | int | bool] = {"appeal": found.id, "enforcement": found.enforcement}
            details |= {"outcome": outcome.value, "reason": reason.value, "late": found.is_overdue(now)}
            if self._is_single_operator:
                details["single_operator"] = True
            self._ledger.append(Event("appeal.decided", person.name, details=details), connection)
            if outcome is AppealState.GRANTED and reason is Reason.MISTAKE:
                self._doubt(connection, found, person.name)
            return appeal_of(connection, appeal)

    def statement(self, person: Person, appeal: AppealId) -> bytes:
        """Return what was written, sealed, for whoever decides; that they read it is recorded.

        Raises:
            AppealUnknownError: there is none, or what was written is not kept any more.
            AppealNotAllowedError: they lack the ability.
        """
        self._require(person)
        with self._database.writing() as connection:
            found = appeal_of(connection, appeal)
            query = sa.select(appeals.c.statement).where(appeals.c.id == found.id)
            sealed: bytes | None = connection.execute(query).scalar()
            self._ledger.append(Event("appeal.read", person.name, details={"appeal": found.id}), connection)
        return b"" if sealed is None else bytes(sealed)

    def show(self, appeal: AppealId) -> Appeal:
        """Return an appeal.

        Raises:
            AppealUnknownError: there is none.
        """
        with self._database.reading() as connection:
            return appeal_of(connection, appeal)

    def doubted(self, appeal: Appeal) -> str:
        """Return the decision that was taken for a mistake by who granted an appeal, and stands; "" for none."""
        if appeal.state is not AppealState.GRANTED or appeal.reason != Reason.MISTAKE.value:
            return ""
        with self._database.reading() as connection:
            return standing_decision(connection, row_of(connection, appeal.enforcement))

    def against(self, enforcement: EnforcementId) -> Sequence[Appeal]:
        """Return every appeal against one measure, oldest first."""
        with self._database.reading() as connection:
            return appeals_against(connection, enforcement)

    def list(self, *, with_decided: bool = False, after: str = "", limit: int = _LISTED) -> Sequence[Appeal]:
        """Return appeals: those that wait, by when they are due; then those that are decided, where they are wanted.

        Args:
            with_decided: whether those that are decided are wanted.
            after: only those behind this place (:attr:`Appeal.place`); "" from the start.
            limit: how many at most.
        """
        order = (flag(appeals.c.decided_at.is_not(None)), appeals.c.due_at, appeals.c.id)
        query = without_statement().order_by(*order).where(behind(after, order))
        if not with_decided:
            query = query.where(appeals.c.state == AppealState.RECEIVED.value)
        with self._database.reading() as connection:
            return [to_appeal(row) for row in connection.execute(query.limit(limit)).mappings()]

    def count_overdue(self) -> int:
        """Return how many appeals nobody has decided in time."""
        late = (appeals.c.state == AppealState.RECEIVED.value, appeals.c.due_at < timestamp(self._clock.now()))
        with self._database.reading() as connection:
            counted = sa.select(sa.func.count()).select_from(appeals).where(*late)
            return connection.execute(counted).scalar() or 0

    def forget(self) -> int:
        """Remove what was written a while after the decision, and return of how many appeals."""
        days = self._enforcements.ladder.appeals.statement_days
        oldest = timestamp(self._clock.now() - dt.timedelta(days=days))
        old = sa.update(appeals).where(appeals.c.decided_at < oldest, appeals.c.statement.is_not(None))
        with self._database.writing() as connection:
            number = connection.execute(old.values(statement=None)).rowcount
            if number:
                self._ledger.append(Event("appeal.forgotten", "system", details={"statements": number}), connection)
        return number

    def _for(self, connection: sa.Connection, person: Person, appeal: AppealId, now: dt.datetime) -> Appeal:
        """Return an appeal that this person may decide now."""
        self._require(person)
        found = appeal_of(connection, appeal)
        if not found.is_open:
            raise _changed()
        if person.name in self._took_part(connection, found) and not self._is_single_operator:
            raise OwnWorkError("you took part in this", advice="Somebody else decides; take another one.")
        if not found.is_free_for(person.name, now):
            raise AppealTakenError("somebody else looks at it", advice="Take another one, or wait.")
        return found

    def _took_part(self, connection: sa.Connection, appeal: Appeal) -> frozenset[str]:
        """Return who decided, applied or refused to lift what is appealed against, or decided an earlier appeal."""
        measure: Enforcement = row_of(connection, appeal.enforcement)
        steps = {one.actor for one in steps_of(connection, measure.id) if one.step in _TAKE_PART}
        earlier = {one.decided_by for one in appeals_against(connection, measure.id)}
        return frozenset(steps | earlier | set(measure.people))

    def _carry_out(self, connection: sa.Connection, appeal: Appeal, outcome: AppealState, actor: str) -> None:
        measure = row_of(connection, appeal.enforcement)
        match outcome:
            case AppealState.GRANTED:
                granted, mine = Reason.APPEAL_GRANTED, measure.subject
                self._enforcements.undo(connection, measure.cause, actor=actor, reason=granted, subject=mine)
            case AppealState.REDUCED:
                only = measure.id
                self._enforcements.undo(connection, measure.cause, actor=actor, reason=Reason.TOO_SEVERE, only=only)
            case AppealState.UPHELD | AppealState.RECEIVED:
                pass
        self._enforcements.note(connection, measure.id, Step.APPEAL_DECIDED, actor=actor)

    def _doubt(self, connection: sa.Connection, appeal: Appeal, actor: str) -> None:
        """Let a lead see that the decision behind a measure is to be reversed, where it stands."""
        measure = row_of(connection, appeal.enforcement)
        decision = standing_decision(connection, measure)
        if not decision:
            return
        details = {"appeal": appeal.id, "case": measure.case, "decision": decision}
        self._ledger.append(Event("appeal.decision_doubted", actor, details=details), connection)
        if self._cases is not None:
            self._cases.escalate(measure.case, REASON, actor=actor, priority=Priority.URGENT, connection=connection)

    def _require(self, person: Person) -> None:
        if not person.can(Ability.DECIDE_APPEALS):
            raise AppealNotAllowedError("appeals are not for this role", advice="Ask somebody who decides appeals.")


def _changed() -> AppealNotPossibleError:
    return AppealNotPossibleError("it is decided, or was changed meanwhile", advice="Look at it again.")
