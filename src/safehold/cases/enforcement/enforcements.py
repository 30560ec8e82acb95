"""The enforcements of a home: proposed by the ladder or ordered by hand, applied, lifted, and over by themselves.

    with database.writing() as connection:
        ...                                                       # the decision
        enforcements.propose(connection, Cause(decision, case, subject, "csam"), actor="amira")
    enforcements.apply(enforcer, proposed.id)
    enforcements.standing(subject).gravest

Rules: a measure comes into force once; who proposed what takes two people does not let it come into force, and where
nobody proposed it, since a fingerprint decided, two people do; lifting what the rules name takes two people as well;
everything can be taken back, and every step is recorded.
"""

import sqlalchemy as sa

from safehold.cases.case import Subject
from safehold.cases.enforcement.enforcement import (
    Cause,
    Enforcement,
    EnforcementId,
    EnforcementState,
    Measure,
    Order,
    Reason,
    Step,
)
from safehold.cases.enforcement.errors import (
    EnforcementNotAllowedError,
    SecondPersonNeededError,
    UnfitMeasureError,
)
from safehold.cases.enforcement.ladder import Ladder, Taken
from safehold.cases.enforcement.proposing import ALIVE, SYSTEM, new_id, propose, proposed_of
from safehold.cases.enforcement.reading import EnforcementRecords
from safehold.cases.enforcement.stepping import OUTWARD, Events, Stepping, not_possible
from safehold.cases.enforcement.stored import deciders_of, of_cause, row_of, steps_of
from safehold.cases.enforcement.tables import enforcements
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.ledger import is_fit
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock


class Enforcements(EnforcementRecords):
    """What is done to accounts, content, models and links; threads and processes may share it.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        ladder: what follows from what.
        outbox: what tells the operator's systems; None where no webhook is to be told.
        is_single_operator: whether one person alone runs the installation; every event that would have taken two then
            says so.
    """

    def __init__(
        self,
        database: Database,
        ledger: Events,
        clock: Clock,
        ladder: Ladder,
        *,
        outbox: Outbox | None = None,
        is_single_operator: bool = False,
    ) -> None:
        super().__init__(database, clock)
        self.ladder = ladder
        self._is_single_operator = is_single_operator
        self._stepping = Stepping(ledger, outbox)

    def propose(self, connection: sa.Connection, cause: Cause, *, actor: str) -> tuple[Enforcement, ...]:
        """Propose what the ladder says follows from a decision; repeating it with the same cause changes nothing.

        What the rules let follow by themselves comes into force at once, where nobody had to look.

        Args:
            connection: the writing transaction in which the decision is recorded.
            cause: the decision.
            actor: who decided.
        """
        return propose(connection, self._stepping, self.ladder, cause, actor=actor, now=self._clock.now())

    def order(self, person: Person, order: Order) -> Enforcement:
        """Take a measure by hand; what takes two people is proposed only.

        Raises:
            EnforcementNotAllowedError: they lack the ability.
            UnfitMeasureError: it does not fit the subject, names nothing to remove, or the ground is no single word.
        """
        self._require(person)
        if order.measure is Measure.REMOVE_CONTENT and not order.references:
            raise UnfitMeasureError(
                "there is nothing to remove: no item of this case is known to the operator's systems",
                advice="Take another measure, or remove the content where it is kept.",
            )
        if not order.measure.fits(order.subject.kind) or not is_fit(order.ground):
            raise UnfitMeasureError(
                f"{order.measure.value} does not fit a {order.subject.kind.value}",
                advice="Warn, limit, strike, suspend and ban are for accounts; models and links are held.",
            )
        taken, now = Taken(order.measure, order.days), self._clock.now()
        with self._database.writing() as connection:
            people = deciders_of(connection, order.case)
            cause = Cause(new_id(), order.case, order.subject, order.ground, order.references, people=people)
            made = proposed_of(cause, taken, actor=person.name, now=now, identifier=EnforcementId(cause.id))
            self._stepping.begin(connection, made)
            if self._takes_two(made.measure, self.ladder.apply_by_two):
                return made
            return self._step(connection, made, Step.APPLIED, person.name, by_two=self.ladder.apply_by_two)

    def apply(self, person: Person, enforcement: EnforcementId, *, seen: int | None = None) -> Enforcement:
        """Let a proposed measure come into force; a strike that was proposed with it does too.

        Where it takes two people and nobody proposed it, the first one to say so asks for it, and the second one
        brings it into force.

        Raises:
            EnforcementUnknownError: there is none of this id.
            EnforcementNotAllowedError: they lack the ability.
            SecondPersonNeededError: they proposed it or asked for it, and it takes two people.
            StepNotPossibleError: it is not proposed any more, or was changed since it was seen.
        """
        self._require(person)
        with self._database.writing() as connection:
            found = _seen(row_of(connection, enforcement), seen)
            if self._takes_two(found.measure, self.ladder.apply_by_two):
                first = _first_of(connection, found)
                if first == person.name:
                    raise _second_person()
                if first == SYSTEM:
                    return self._step(connection, found, Step.APPLY_ASKED, person.name)
            applied = self._step(connection, found, Step.APPLIED, person.name, by_two=self.ladder.apply_by_two)
            self._strike_along(connection, found, Step.APPLIED, person.name)
        return applied

    def waits_for_first(self, found: Enforcement) -> bool:
        """Return whether it takes two people and none of them has said anything yet: a fingerprint decided."""
        if not self._takes_two(found.measure, self.ladder.apply_by_two):
            return False
        with self._database.reading() as connection:
            return found.state is EnforcementState.PROPOSED and _first_of(connection, found) == SYSTEM

    def decline(
        self, person: Person, enforcement: EnforcementId, reason: Reason, *, seen: int | None = None
    ) -> Enforcement:
        """Let a proposed measure not come into force; a strike that was proposed with it does not either.

        Raises:
            EnforcementUnknownError, EnforcementNotAllowedError, StepNotPossibleError: as for `apply`.
        """
        self._require(person)
        with self._database.writing() as connection:
            found = _seen(row_of(connection, enforcement), seen)
            declined = self._step(connection, found, Step.DECLINED, person.name, reason=reason)
            self._strike_along(connection, found, Step.DECLINED, person.name, reason=reason)
        return declined

    def lift(
        self, person: Person, enforcement: EnforcementId, reason: Reason, *, seen: int | None = None
    ) -> Enforcement:
        """Take a measure back, with its strike; what takes two people is lifted when a second one asks for it too.

        With the reason TOO_SEVERE the strike stays: it happened, and the measure was too much.

        Raises:
            EnforcementUnknownError, EnforcementNotAllowedError, StepNotPossibleError: as for `apply`.
            SecondPersonNeededError: they asked for it themselves.
        """
        self._require(person)
        with self._database.writing() as connection:
            found = _seen(row_of(connection, enforcement), seen)
            if self._takes_two(found.measure, self.ladder.lift_by_two):
                if found.lift_asked_by == person.name:
                    raise _second_person()
                if not found.lift_asked_by:
                    return self._step(connection, found, Step.LIFT_ASKED, person.name, reason=reason)
            lifted = self._step(
                connection, found, Step.LIFTED, person.name, reason=reason, by_two=self.ladder.lift_by_two
            )
            if reason is not Reason.TOO_SEVERE:
                self._strike_along(connection, found, Step.LIFTED, person.name, reason=reason)
        return lifted

    def refuse_lift(self, person: Person, enforcement: EnforcementId, *, seen: int | None = None) -> Enforcement:
        """Say no to what one person asked to lift; whoever asked may take it back so, too.

        Raises:
            EnforcementUnknownError, EnforcementNotAllowedError, StepNotPossibleError: as for `apply`.
        """
        self._require(person)
        with self._database.writing() as connection:
            found = _seen(row_of(connection, enforcement), seen)
            if not found.lift_asked_by:
                raise not_possible()
            return self._step(connection, found, Step.LIFT_REFUSED, person.name)

    def undo(
        self,
        connection: sa.Connection,
        cause: str,
        *,
        actor: str,
        reason: Reason = Reason.DECISION_REVERSED,
        subject: Subject | None = None,
        only: EnforcementId | None = None,
    ) -> tuple[Enforcement, ...]:
        """Take back what followed from a cause, in the transaction that reverses it; return what that changed.

        A reversal and a granted appeal are decided by somebody else than who decided first: no second person is asked.

        Args:
            connection: a writing transaction.
            cause: the decision's id.
            actor: who reversed it.
            reason: why.
            subject: only what is about this one; None for whatever followed, about whomever.
            only: this one alone; what else followed stays.
        """
        now, undone = self._clock.now(), list[Enforcement]()
        for found in of_cause(connection, cause):
            if found.state not in ALIVE or (only is not None and found.id != only):
                continue
            if subject is not None and found.subject != subject:
                continue
            step = Step.LIFTED if found.state is EnforcementState.IN_FORCE else Step.DECLINED
            undone.append(self._stepping.take(connection, found, step, actor=actor, now=now, reason=reason))
        return tuple(undone)

    def note(self, connection: sa.Connection, enforcement: EnforcementId, step: Step, *, actor: str) -> Enforcement:
        """Record a step that changes no state: that somebody appealed, or that an appeal was decided."""
        found = row_of(connection, enforcement)
        return self._stepping.take(connection, found, step, actor=actor, now=self._clock.now())

    def confirm(self, enforcement: EnforcementId, *, actor: str, step: int) -> Enforcement:
        """Record that the operator's system obeyed a step; the word on one that was overtaken changes nothing.

        Raises:
            EnforcementUnknownError: there is none of this id.
        """
        with self._database.writing() as connection:
            found = row_of(connection, enforcement)
            told = [one.number for one in steps_of(connection, enforcement) if one.step in OUTWARD]
            if found.carried_out_at is not None or told[-1:] != [step]:
                return found
            return self._step(connection, found, Step.CARRIED_OUT, actor)

    def expire_due(self) -> int:
        """Note which measures are over by now, and return how many; safe in several processes."""
        now = self._clock.now()
        due = sa.select(enforcements.c.id).where(
            enforcements.c.state == EnforcementState.IN_FORCE.value, enforcements.c.ends_at <= timestamp(now)
        )
        with self._database.reading() as connection:
            if connection.execute(due.limit(1)).first() is None:
                return 0  # the usual case, and it needs no write lock
        with self._database.writing() as connection:
            found = [row_of(connection, EnforcementId(one)) for one in connection.execute(due).scalars().all()]
            for one in found:
                self._step(connection, one, Step.EXPIRED, SYSTEM)
        return len(found)

    def _step(
        self,
        connection: sa.Connection,
        found: Enforcement,
        step: Step,
        actor: str,
        *,
        reason: Reason | None = None,
        by_two: frozenset[Measure] = frozenset(),
    ) -> Enforcement:
        alone = {"single_operator": True} if self._is_single_operator and found.measure in by_two else {}
        now = self._clock.now()
        return self._stepping.take(connection, found, step, actor=actor, now=now, reason=reason, **alone)

    def _strike_along(
        self, connection: sa.Connection, found: Enforcement, step: Step, actor: str, *, reason: Reason | None = None
    ) -> None:
        """Take the strike that follows from the same cause the same step, where a measure on an account takes one."""
        if found.measure in {Measure.STRIKE, Measure.REMOVE_CONTENT}:
            return
        before = EnforcementState.IN_FORCE if step is Step.LIFTED else EnforcementState.PROPOSED
        for one in of_cause(connection, found.cause):
            if one.measure is Measure.STRIKE and one.subject == found.subject and one.state is before:
                self._step(connection, one, step, actor, reason=reason)

    def _takes_two(self, measure: Measure, by_two: frozenset[Measure]) -> bool:
        return measure in by_two and not self._is_single_operator

    def _require(self, person: Person) -> None:
        if not person.can(Ability.ENFORCE):
            raise EnforcementNotAllowedError(
                "acting on accounts and content is not for this role", advice="Ask somebody who enforces."
            )


def _seen(found: Enforcement, seen: int | None) -> Enforcement:
    if seen is not None and found.version != seen:
        raise not_possible()
    return found


def _first_of(connection: sa.Connection, found: Enforcement) -> str:
    """Return who wanted a proposed measure first; `SYSTEM` where nobody has yet."""
    if found.proposed_by != SYSTEM:
        return found.proposed_by
    asked = (one.actor for one in steps_of(connection, found.id) if one.step is Step.APPLY_ASKED)
    return next(asked, SYSTEM)


def _second_person() -> SecondPersonNeededError:
    return SecondPersonNeededError(
        "somebody else has to do this", advice="Ask a second person; nobody acts alone here."
    )
