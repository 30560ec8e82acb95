"""Legal holds on evidence: placed for a basis, prolonged and released as its rule allows.

    hold = holds.place(person, evidence, Basis.US_REPORT, reference="report-4711", begins_at=submitted_at)
    holds.place_on_case(person, case, Basis.US_REPORT, reference="report-4711", begins_at=submitted_at)   # all it has
    holds.extend(person, hold.id, until, reference="request-12")

While one is active nothing erases its evidence, whoever asks: a hold beats requests for erasure.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.evidence.basis import RULES, Basis, basis_of, ends_at
from safehold.cases.evidence.belonging import evidence_of, pieces_of_items
from safehold.cases.evidence.ceremony import require_ability
from safehold.cases.evidence.errors import HoldUnfitError
from safehold.cases.evidence.listing import LISTED, list_holds, place_of_end
from safehold.cases.item import ItemId
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId, Grounds, Hold, HoldRefusedError, Retention
from safehold.vault.evidence import WORD_ADVICE, is_word
from safehold.vault.holds import holds_of, new_hold, read_holds, release_hold, write_hold
from safehold.vault.occurrence import held, released
from safehold.vault.register import require
from safehold.vault.tables import holds as table
from safehold.vocabulary import Clock, Event


class Holds:
    """The holds of a home.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        vault: the evidence.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, vault: Retention) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._vault = vault

    def place(
        self,
        person: Person,
        evidence: EvidenceId,
        basis: Basis,
        *,
        reference: str,
        begins_at: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> Hold:
        """Start a hold.

        Args:
            person: who places it; needs `Ability.MANAGE_HOLDS`.
            evidence: what is held.
            basis: why.
            reference: the receipt, request or order, as one word.
            begins_at: from when its time counts: of a report, when it was submitted; now by default.
            until: when it ends, if the basis leaves that open, or if it is to last longer than the basis asks.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownEvidenceError, HoldRefusedError: there is nothing to hold, or the time has passed.
            HoldUnfitError: the reference is more than a word, or the beginning lies in the future.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        ends = self._end(basis, begins_at, until, reference=reference)
        return self._vault.hold(
            evidence, basis.value, expires_at=ends, actor=person.name, grounds=Grounds(basis.value, reference)
        )

    def place_on_case(
        self,
        person: Person,
        case: CaseId,
        basis: Basis,
        *,
        reference: str,
        begins_at: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> tuple[Hold, ...]:
        """Start a hold on each piece of evidence that a case has now, all of them or none; return those it started.

        What the same basis and reference hold already is left as it is, so that repeating it doubles nothing. What the
        case gets later, or the vault does not have yet, is not held by it.

        Args:
            person: who places them; needs `Ability.MANAGE_HOLDS`.
            case: whose evidence is held.
            basis: why.
            reference: the receipt, request or order, as one word.
            begins_at: as for `place`.
            until: as for `place`.

        Raises:
            NotForThemError: their roles don't allow it.
            HoldRefusedError: the case has no evidence, or the time has passed.
            HoldUnfitError: as for `place`.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        ends = self._end(basis, begins_at, until, reference=reference)
        grounds, now = Grounds(basis.value, reference), self._clock.now()
        with self._database.writing() as connection:
            found = evidence_of(connection, case)
            if not found:
                raise HoldRefusedError("this case has no evidence in the vault", advice="Hold it once it is there.")
            free = [row for row in found if not _is_held_so(holds_of(connection, row.id), grounds, now)]
            made = tuple(new_hold(row, basis.value, now=now, expires_at=ends, grounds=grounds) for row in free)
            for hold in made:
                write_hold(connection, hold)
                self._ledger.append(held(hold, actor=person.name), connection)
        return made

    def _end(
        self, basis: Basis, begins_at: dt.datetime | None, until: dt.datetime | None, *, reference: str
    ) -> dt.datetime | None:
        """Return when a hold is to end that begins so; None: when it is released."""
        now = self._clock.now()
        begins_at = begins_at or now
        if begins_at.tzinfo is None or begins_at > now:
            raise HoldUnfitError("a hold's time can't begin in the future", advice="Give the time of the submission.")
        _require_reference(reference)
        return ends_at(RULES[basis], begins_at, until)

    def extend(self, person: Person, identifier: str, until: dt.datetime, *, reference: str) -> Hold:
        """Prolong a hold by a further one on the same basis; the earlier one stays as it was.

        Args:
            person: who prolongs it; needs `Ability.MANAGE_HOLDS`.
            identifier: which hold.
            until: when the new one is to end, later than the old one.
            reference: the renewed request or what else asks for it, as one word.

        Raises:
            NotForThemError: their roles don't allow it.
            HoldRefusedError: there is no such hold.
            HoldUnfitError: it is over, has no end, or its rule prolongs it by less.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        _require_reference(reference)
        before = self.show(identifier)
        if not before.is_active(self._clock.now()) or before.expires_at is None:
            raise HoldUnfitError("this hold is over or has no end: it can't be prolonged", advice="Place another one.")
        basis = basis_of(before.grounds.rule)
        most = RULES[basis].extension_days
        if until.tzinfo is None or until <= before.expires_at:
            raise HoldUnfitError("an extension must end after the hold that it prolongs", advice="Give a later day.")
        if most is not None and until > before.expires_at + dt.timedelta(days=most):
            raise HoldUnfitError(
                f"one extension of this hold lasts {most} days at most", advice="Prolong it again when it is renewed."
            )
        grounds = Grounds(before.grounds.rule, reference, before.id)
        return self._vault.hold(before.evidence, before.basis, expires_at=until, actor=person.name, grounds=grounds)

    def release(self, person: Person, identifier: str, *, reference: str) -> Hold:
        """End a hold before its time, where its rule allows that; nothing is destroyed by it. Twice changes nothing.

        Raises:
            NotForThemError: their roles don't allow it.
            HoldRefusedError: there is no such hold.
            HoldUnfitError: the law asks for it until its time is over.
        """
        require_ability(person, Ability.MANAGE_HOLDS)
        _require_reference(reference)
        found = self.show(identifier)
        now = self._clock.now()
        if found.is_active(now) and not RULES[basis_of(found.grounds.rule)].is_releasable:
            raise HoldUnfitError(
                "the law asks for this hold until its time is over",
                advice="Where an agency asked to destroy the evidence: safehold hold destroy-request.",
            )
        with self._database.writing() as connection:
            ended, is_ended = release_hold(connection, found.id, now=now)
            if is_ended:
                event = released(ended, actor=person.name)
                self._ledger.append(_with(event, reference), connection)
        return ended

    def show(self, identifier: str) -> Hold:
        """Return a hold.

        Raises:
            HoldRefusedError: there is none of this id.
        """
        with self._database.reading() as connection:
            found = read_holds(connection, sa.select(table).where(table.c.id == identifier))
        if not found:
            raise HoldRefusedError("there is no hold with that id", advice="List them with: safehold hold list --all")
        return found[0]

    def list(
        self, *, evidence: EvidenceId | None = None, with_ended: bool = False, after: str = "", limit: int = LISTED
    ) -> Sequence[Hold]:
        """Return holds, oldest first: those that are active, or all; of evidence also those on what it belongs to.

        Args:
            evidence: on which evidence; None for any.
            with_ended: whether also those that are over.
            after: behind which place (`place_of_hold`).
            limit: how many at most.

        Raises:
            UnknownEvidenceError: there is no such evidence.
        """
        query, now = sa.select(table), self._clock.now()
        with self._database.reading() as connection:
            if evidence is not None:
                above = require(connection, evidence).belongs_to
                query = query.where(table.c.evidence_id.in_({evidence, above or evidence}))
            if not with_ended:
                ends = table.c.expires_at
                query = query.where(
                    table.c.released_at.is_(None), sa.or_(ends.is_(None), ends > timestamp(now - _OFFSETS))
                )
            return list_holds(
                connection, query, lambda hold: with_ended or hold.is_active(now), after=after, limit=limit
            )

    def resting_on(self, reference: str) -> Sequence[Hold]:
        """Return every hold with a reference, oldest first, those that are over as well."""
        with self._database.reading() as connection:
            return read_holds(connection, sa.select(table).where(table.c.reference == reference))

    def on_items(self, items: Sequence[ItemId]) -> Sequence[Hold]:
        """Return every hold on what items are or on what tells of them, oldest first, those that are over as well."""
        with self._database.reading() as connection:
            pieces = pieces_of_items(connection, items)
            return read_holds(connection, sa.select(table).where(table.c.evidence_id.in_(pieces)))

    def ending(self, within: dt.timedelta, *, after: str = "", limit: int = LISTED) -> Sequence[Hold]:
        """Return active holds that end within a time from now, the next one first: to prolong what is still needed.

        Args:
            within: how soon.
            after: behind which place (`place_of_end`).
            limit: how many at most.
        """
        now = self._clock.now()
        query = sa.select(table).where(
            table.c.released_at.is_(None), table.c.expires_at < timestamp(now + within + _OFFSETS)
        )
        with self._database.reading() as connection:
            found = read_holds(connection, query)
        due = [hold for hold in found if hold.expires_at is not None and hold.expires_at <= now + within]
        behind = [hold for hold in due if hold.is_active(now) and place_of_end(hold) > after]
        return sorted(behind, key=place_of_end)[:limit]


_OFFSETS = dt.timedelta(days=1)
"""Times were once kept with other offsets: no text of theirs differs by more."""


def _is_held_so(found: Sequence[Hold], grounds: Grounds, now: dt.datetime) -> bool:
    same = [hold for hold in found if (hold.grounds.rule, hold.grounds.reference) == (grounds.rule, grounds.reference)]
    return any(hold.is_active(now) for hold in same)


def _require_reference(reference: str) -> None:
    if not is_word(reference):
        raise HoldUnfitError("a hold needs its receipt, request or order, as one word", advice=WORD_ADVICE)


def _with(event: Event, reference: str) -> Event:
    return replace(event, details={**event.details, "reference": reference})
