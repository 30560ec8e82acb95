"""Destroying evidence: on an agency's request, on that of whom it is about, or when a hold's time is over. With proof.

    asked = destructions.ask(person, evidence, Ground.LAW_ENFORCEMENT, reference="agency-12")
    destructions.approve(somebody_else, asked.id)
    destructions.settle()                       # a worker's duty: destroys what nothing stands in the way of
    destructions.proof(evidence).verify(public_key)

What people ask for, a second person approves. A request destroys only what the rule of each hold allows; every other
hold beats it. :meth:`settle` may be killed at any point: what it began, the next one finishes, once.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from safehold.cases.evidence.basis import RULES, Basis, basis_of
from safehold.cases.evidence.ceremony import require_ability
from safehold.cases.evidence.destroyed import (
    in_the_way,
    move,
    read_destructions,
    require_destruction,
    under_way,
    write_destruction,
)
from safehold.cases.evidence.destruction import Destruction, DestructionId, DestructionState, Ground, Waiting
from safehold.cases.evidence.errors import DestructionRefusedError
from safehold.cases.evidence.listing import LISTED, destructions_to_come, list_destructions
from safehold.cases.evidence.tables import destructions
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.ledger.proofs import EventProof, Provable, prove
from safehold.vault import EvidenceId, EvidenceState, Hold, Reference, Vault, VaultError
from safehold.vault.evidence import WORD_ADVICE, is_word
from safehold.vault.holds import holds_of, read_holds, release_hold
from safehold.vault.occurrence import released
from safehold.vault.register import require
from safehold.vault.tables import evidence as evidence_table
from safehold.vault.tables import holds as hold_table
from safehold.vocabulary import Clock, Event

_BY_ITSELF = "system"


class Log(EventLog, Provable, Protocol):
    """A ledger whose events can be proven."""


class Destructions:
    """The destructions of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        vault: the evidence.
    """

    def __init__(self, database: Database, ledger: Log, clock: Clock, vault: Vault) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._vault = vault

    def ask(
        self, person: Person, evidence: EvidenceId, ground: Ground, *, reference: str, counsel: str = ""
    ) -> Destruction:
        """Ask to destroy evidence; a second person has to approve it.

        A request for erasure destroys nothing before the duty to report is met: a hold of a report shows that, or
        counsel says that none is owed.

        Args:
            person: who asks; needs `Ability.MANAGE_HOLDS`.
            evidence: what is to be destroyed.
            ground: an agency's request, or one for erasure.
            reference: that request, as one word.
            counsel: counsel's reference, for a request for erasure of what was not reported.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownEvidenceError: there is no such evidence.
            DestructionRefusedError: it is erased, a hold's rule forbids it, it is asked for already, nothing says that
                it was reported or need not be, or a reference is more than a word.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        if ground is Ground.EXPIRY:
            raise _refused("nobody asks for what happens by itself", "Name the request that asks for it.")
        if not is_word(reference) or not (is_word(counsel) or counsel == ""):
            raise _refused("a destroy request needs its reference as one word", WORD_ADVICE)
        with self._database.writing() as connection:
            if require(connection, evidence).state is EvidenceState.ERASED:
                raise _refused("this evidence is erased", "There is nothing left to destroy.")
            if under_way(connection, evidence, ground):
                raise _refused("this is asked for already", "A second person has to approve it.")
            if ground is Ground.LAW_ENFORCEMENT:
                self._ended_by_request(connection, evidence)
            elif not counsel:
                _refuse_unreported(holds_of(connection, evidence))
            made = self._new(evidence, ground, reference, asked_by=person.name)
            write_destruction(connection, made)
            said = {"counsel": counsel} if counsel else {}
            self._record(connection, "destruction.asked", person.name, made, **said)
        return made

    def approve(self, person: Person, identifier: str) -> Destruction:
        """Approve a destroy request, as the second person; holds that it ends are released with it.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownDestructionError: there is no such request.
            DestructionRefusedError: they asked for it themselves, it is decided already, or a hold's rule forbids it.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        with self._database.writing() as connection:
            found = self._undecided(connection, identifier)
            if found.asked_by == person.name:
                raise _refused("nobody approves what they asked for", "Ask a second person.")
            if found.ground is Ground.LAW_ENFORCEMENT:
                for hold in self._ended_by_request(connection, found.evidence):
                    ended, _ = release_hold(connection, hold.id, now=self._clock.now())
                    self._ledger.append(released(ended, actor=person.name), connection)
            self._decide(connection, found, DestructionState.APPROVED, person.name)
            return require_destruction(connection, identifier)

    def refuse(self, person: Person, identifier: str, *, reason: str) -> Destruction:
        """Refuse a destroy request, with a reason in one word.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownDestructionError: there is no such request.
            DestructionRefusedError: it is decided already, or the reason is more than a word.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        if not is_word(reason):
            raise _refused("a reason must be one word", WORD_ADVICE)
        with self._database.writing() as connection:
            found = self._undecided(connection, identifier)
            self._decide(connection, found, DestructionState.REFUSED, person.name, reason=reason)
            return require_destruction(connection, identifier)

    def show(self, identifier: str) -> Destruction:
        """Return a destruction.

        Raises:
            UnknownDestructionError: there is none of this id.
        """
        with self._database.reading() as connection:
            return require_destruction(connection, identifier)

    def list(
        self,
        *,
        state: DestructionState | None = None,
        evidence: EvidenceId | None = None,
        after: str = "",
        limit: int = LISTED,
    ) -> Sequence[Destruction]:
        """Return destructions behind a place (`place_of_destruction`), the latest asked for first."""
        with self._database.reading() as connection:
            return list_destructions(connection, state=state, evidence=evidence, after=after, limit=limit)

    def to_come(self, *, after: str = "", limit: int = LISTED) -> Sequence[Destruction]:
        """Return what is asked for or approved behind a place (`place_to_come`), what waits for a person first."""
        with self._database.reading() as connection:
            return destructions_to_come(connection, after=after, limit=limit)

    def waiting(self, found: Destruction) -> Waiting:
        """Return what stands in the way of a destruction now."""
        with self._database.reading() as connection:
            return in_the_way(connection, found.evidence, found.ground, self._clock.now())

    def settle(self) -> int:
        """Destroy what is due and what nothing stands in the way of; return how much that was.

        A worker's duty; safe to repeat, to kill, and to run in several processes.
        """
        self._note_expired()
        return sum(self._carry_out(found) for found in self._approved())

    def proof(self, evidence: EvidenceId) -> EventProof:
        """Return the events of an erasure, proven to stand in the ledger: on what it rested, and that nothing was left.

        The digest in them is over the shares that were destroyed: without these the object opens for nobody.

        Raises:
            DestructionRefusedError: it was not erased.
        """
        with self._database.reading() as connection:
            is_erased = require(connection, evidence).state is EvidenceState.ERASED
        kinds = ("evidence.erasure_begun", "evidence.erased")
        places = self._ledger.places((evidence,), kinds=kinds) if is_erased else ()
        if not places:
            raise _refused("this evidence was not erased", "There is nothing to prove.")
        return prove(self._ledger, places[-2:])

    def _note_expired(self) -> None:
        """Write down, once each, what is to be destroyed because its hold's time is over."""
        for hold in self._expired():
            with self._database.writing() as connection:
                row = require(connection, hold.evidence)
                now = self._clock.now()
                current = holds_of(connection, hold.evidence)
                if row.state is not EvidenceState.SEALED or any(one.is_active(now) for one in current):
                    continue
                if row.sealed_at > hold.starts_at or under_way(connection, hold.evidence, Ground.EXPIRY):
                    continue
                reference = hold.grounds.reference
                made = self._new(hold.evidence, Ground.EXPIRY, reference, asked_by=_BY_ITSELF, is_approved=True)
                write_destruction(connection, made)
                self._record(connection, "destruction.due", _BY_ITSELF, made, hold=hold.id)

    def _expired(self) -> Sequence[Hold]:
        """Return the holds whose time is over and whose rule destroys then; one of each evidence."""
        now, day = self._clock.now(), dt.timedelta(days=1)
        automatic = [basis.value for basis, rule in RULES.items() if rule.erases_after]
        query = sa.select(hold_table).where(
            hold_table.c.released_at.is_(None),
            hold_table.c.rule.in_(automatic),
            hold_table.c.reference.is_not(None),
            hold_table.c.expires_at < timestamp(now + day),
            sa.exists().where(evidence_table.c.id == hold_table.c.evidence_id, evidence_table.c.state == _SEALED),
        )
        with self._database.reading() as connection:
            found = read_holds(connection, query)
        return list({hold.evidence: hold for hold in found if not hold.is_active(now)}.values())

    def _approved(self) -> Sequence[Destruction]:
        approved = destructions.c.state == DestructionState.APPROVED.value
        with self._database.reading() as connection:
            return read_destructions(
                connection, sa.select(destructions).where(approved).order_by(destructions.c.asked_at)
            )

    def _carry_out(self, found: Destruction) -> int:
        """Destroy the evidence of an approved destruction, if nothing stands in its way; return 1 if it is complete."""
        with self._database.reading() as connection:
            row = require(connection, found.evidence)
            is_newer = found.decided_at is not None and row.sealed_at > found.decided_at
            waiting = in_the_way(connection, found.evidence, found.ground, self._clock.now())
        if row.state is not EvidenceState.ERASED and not is_newer:
            if row.state is EvidenceState.SEALED and not waiting.is_over:
                return 0
            try:
                reference = Reference(found.ground.reference_kind, found.reference)
                self._vault.erase(found.evidence, reference, actor=found.decided_by or _BY_ITSELF)
            except VaultError:  # a hold came meanwhile, or something could not be removed: the next call tries again
                return 0
        with self._database.writing() as connection:
            if not move(connection, found, DestructionState.DONE, done_at=timestamp(self._clock.now())):
                return 0
            self._record(
                connection, "destruction.done", _BY_ITSELF, found, **({"sealed_anew": True} if is_newer else {})
            )
        return 1

    def _ended_by_request(self, connection: sa.Connection, evidence: EvidenceId) -> Sequence[Hold]:
        """Return the active holds of evidence, each of which an agency's request ends.

        Raises:
            DestructionRefusedError: one of them has a rule that it does not end.
        """
        now = self._clock.now()
        active = [hold for hold in holds_of(connection, evidence) if hold.is_active(now)]
        others = [hold for hold in active if not RULES[basis_of(hold.grounds.rule)].ends_on_request]
        if others:
            raise _refused(
                f"{len(others)} hold(s) on this evidence don't end with an agency's request",
                f"Ask counsel; hold {others[0].id} must be released or end first.",
            )
        return active

    def _undecided(self, connection: sa.Connection, identifier: str) -> Destruction:
        found = require_destruction(connection, identifier)
        if found.state is not DestructionState.ASKED:
            raise _refused("this is decided already", "Look at it again.")
        return found

    def _decide(
        self, connection: sa.Connection, found: Destruction, to: DestructionState, name: str, **more: str
    ) -> None:
        move(connection, found, to, decided_by=name, decided_at=timestamp(self._clock.now()))
        self._record(connection, f"destruction.{to.value}", name, found, **more)

    def _new(
        self, evidence: EvidenceId, ground: Ground, reference: str, *, asked_by: str, is_approved: bool = False
    ) -> Destruction:
        now = self._clock.now()
        return Destruction(
            id=DestructionId(f"destroy_{secrets.token_hex(10)}"),
            evidence=evidence,
            ground=ground,
            reference=reference,
            asked_by=asked_by,
            asked_at=now,
            state=DestructionState.APPROVED if is_approved else DestructionState.ASKED,
            decided_by=asked_by if is_approved else "",
            decided_at=now if is_approved else None,
        )

    def _record(self, connection: sa.Connection, kind: str, actor: str, made: Destruction, **more: str | bool) -> None:
        details = {"destruction": made.id, "evidence": made.evidence, "ground": made.ground.value}
        self._ledger.append(Event(kind, actor, details={**details, "reference": made.reference, **more}), connection)


_SEALED = EvidenceState.SEALED.value


def _refuse_unreported(found: Sequence[Hold]) -> None:
    """Refuse an erasure while nothing says that the duty to report was met."""
    if not any(basis_of(hold.grounds.rule) is Basis.US_REPORT for hold in found):
        raise _refused(
            "nothing says that this evidence was reported, or need not be",
            "Place the hold of its report, or give counsel's reference.",
        )


def _refused(what: str, advice: str) -> DestructionRefusedError:
    return DestructionRefusedError(what, advice=advice)
