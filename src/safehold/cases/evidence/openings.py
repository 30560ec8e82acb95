"""The opening ceremony: somebody asks, custodians grant it on their own machines, the console reads it for a while.

Who asks is never one of those who grant; nobody grants twice; every step is an event. What a grant holds is sealed to
the review key, so that the service that keeps it can't read it. When the time is over the grants are removed.

    opening = openings.request(person, evidence, case="case_0123...", purpose="report")
    openings.grant(custodian, grant(Request.from_bytes(openings.package(opening.id)), key))     # twice, by two people
    content = openings.read(person, opening.id, review_key)

A single operator (setting `single_operator`) may ask and grant alone; the opening and its events then say so.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.errors import NotForThemError
from safehold.cases.evidence.ceremony import SECONDS, Ceremony, refuse_own, refuse_unfit, require_ability, unfit
from safehold.cases.evidence.errors import OpeningOverError
from safehold.cases.evidence.listing import LISTED, OpeningFilter, list_openings
from safehold.cases.evidence.opening import Opening, OpeningState
from safehold.cases.evidence.stored import grants_of, is_of_case, persons, read_openings, require_opening, write_opening
from safehold.cases.evidence.tables import opening_grants, openings
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vault import CustodianKey, EvidenceId, EvidenceState, VaultError
from safehold.vault.evidence import WORD_ADVICE, is_word
from safehold.vault.granting import Grant, Request, check, header_of, open_granted
from safehold.vault.register import require
from safehold.vocabulary import Clock, Event


class Openings:
    """The openings of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        ceremony: what they are made with.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, ceremony: Ceremony) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._ceremony = ceremony

    def request(
        self, person: Person, evidence: EvidenceId, *, case: str, purpose: str, seconds: int = SECONDS
    ) -> Opening:
        """Ask custodians to open evidence.

        Args:
            person: who asks; needs `Ability.ASK_OPENING`.
            evidence: what is to be opened.
            case: the case that it belongs to.
            purpose: why, in one word.
            seconds: for how long it is to stay open, 60 to 28 800.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownEvidenceError: there is no such evidence.
            OpeningUnfitError: it is erased or not of this case, there is no review key, or a word or time is unfit.
        """
        require_ability(person, Ability.ASK_OPENING)
        refuse_unfit(purpose=purpose, case=case, seconds=seconds)
        with self._database.writing() as connection:
            row = require(connection, evidence)
            if row.state is not EvidenceState.SEALED or not is_of_case(connection, row, case):
                raise unfit("this evidence is erased or belongs to another case", "Open the case that it is part of.")
            opening = self._ceremony.plan(
                person, row, case=case, purpose=purpose, seconds=seconds, now=self._clock.now()
            )
            write_opening(connection, opening)
            self._record(connection, "opening.requested", person.name, opening, purpose=purpose, seconds=seconds)
        return opening

    def show(self, identifier: str) -> Opening:
        """Return an opening.

        Raises:
            UnknownOpeningError: there is none of this id.
        """
        with self._database.reading() as connection:
            return require_opening(connection, identifier)

    def list(
        self,
        *,
        state: OpeningState | None = None,
        case: str | None = None,
        is_running: bool = False,
        after: str = "",
        limit: int = LISTED,
    ) -> Sequence[Opening]:
        """Return openings, latest first.

        Args:
            state: in which state; None for any.
            case: for which case; None for any.
            is_running: whether only those that custodians can still grant, or that are open now.
            after: behind which place (`place_of_opening`).
            limit: how many at most.
        """
        wanted = OpeningFilter(state, case, self._clock.now() if is_running else None)
        with self._database.reading() as connection:
            return list_openings(connection, wanted, after=after, limit=limit)

    def package(self, identifier: str) -> bytes:
        """Return the file that custodians take to their own machines; nothing in it opens without their keys.

        Raises:
            UnknownOpeningError: there is no such opening.
            OpeningOverError: it waits for nobody any more.
            VaultError: the evidence is erased or damaged.
        """
        opening = self.show(identifier)
        self._refuse_over(opening)
        stored = self._ceremony.vault.sealed(opening.evidence)
        header = header_of(stored.object or b"", opening.evidence)
        return Request(opening.terms, header, dict(stored.shares)).to_bytes()

    def grant(self, person: Person, given: Grant, *, review_key: CustodianKey | None = None) -> Opening:
        """Take one custodian's grant; with the last one needed the opening begins.

        Args:
            person: who hands it in; needs `Ability.GRANT_OPENING`.
            given: what they made on their own machine.
            review_key: the private half, where the caller has it: a grant that would not open is then refused at once.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownOpeningError, OpeningOverError: there is no such opening, or it waits for nobody any more.
            OwnOpeningError: they asked for it, or have granted it already; so has this custodian.
            GrantUnfitError: it is for other terms or another key.
        """
        require_ability(person, Ability.GRANT_OPENING)
        if review_key is not None:
            check(self.show(given.opening).terms, given, review_key)
        now = self._clock.now()
        with self._database.writing() as connection:
            opening = require_opening(connection, given.opening)
            self._refuse_over(opening)
            refuse_own(
                opening,
                person,
                given,
                row=require(connection, opening.evidence),
                granted=persons(connection, opening.id),
            )
            values = {"opening_id": opening.id, "custodian": given.custodian, "person": person.name}
            connection.execute(sa.insert(opening_grants).values(**values, at=timestamp(now), sealed=given.sealed))
            self._record(connection, "opening.granted", person.name, opening, custodian=given.custodian)
            if len(opening.granted_by) + 1 >= opening.needed:
                self._begin(connection, opening, now)
            return require_opening(connection, opening.id)

    def refuse(self, person: Person, identifier: str, *, reason: str) -> Opening:
        """Refuse an opening, as one of the custodians; it is over then.

        Args:
            person: who refuses; needs `Ability.GRANT_OPENING`.
            identifier: which one.
            reason: in one word.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownOpeningError, OpeningOverError: there is no such opening, or it is over.
            OpeningUnfitError: the reason is more than a word.
        """
        require_ability(person, Ability.GRANT_OPENING)
        if not is_word(reason):
            raise unfit("a reason must be one word", WORD_ADVICE)
        return self._end(identifier, person.name, OpeningState.REFUSED, reason=reason)

    def end(self, person: Person, identifier: str) -> Opening:
        """End an opening before its time: who asked, or anybody who may grant, can do that.

        Raises:
            NotForThemError: they are neither.
            UnknownOpeningError, OpeningOverError: there is no such opening, or it is over.
        """
        if self.show(identifier).requester != person.name:
            require_ability(person, Ability.GRANT_OPENING)
        return self._end(identifier, person.name, OpeningState.ENDED, reason="asked")

    def read(self, person: Person, identifier: str, review_key: CustodianKey) -> bytes:
        """Return the content, in memory only, after its reading was recorded; what fails is recorded too.

        The caller, which holds the review key's private half, owes an exposure record and a view without traces.

        Args:
            person: who reads: who asked, nobody else.
            identifier: which opening.
            review_key: the private half.

        Raises:
            NotForThemError: somebody else asked for it, or their roles no longer allow to.
            UnknownOpeningError: there is no such opening.
            OpeningOverError: it is not granted, or its time is over.
            GrantUnfitError: a grant does not fit; the opening is ended, and has to be asked for again.
            VaultError: the evidence was erased, changed or planted.
        """
        require_ability(person, Ability.ASK_OPENING)
        now = self._clock.now()
        with self._database.reading() as connection:
            opening = require_opening(connection, identifier)
            grants = grants_of(connection, opening.id)
        if opening.requester != person.name:
            raise NotForThemError("somebody else asked for this opening", advice="Ask for an opening of your own.")
        if not opening.is_readable(now):
            raise OpeningOverError(
                "this opening is not granted, or its time is over", advice="Ask again if there is need."
            )
        content = self._unseal(opening, grants, review_key)
        with self._database.writing() as connection:
            if not require_opening(connection, opening.id).is_readable(self._clock.now()):
                raise OpeningOverError("this opening was ended meanwhile", advice="Ask again if there is need.")
            people = {f"custodian_{number}": name for number, name in enumerate(opening.granted_by, start=1)}
            self._record(connection, "evidence.opened", person.name, opening, purpose=opening.purpose, **people)
        return content

    def expire(self) -> int:
        """End what has had its time, and remove what custodians sealed for it; return how many openings that were.

        A worker's duty; safe to repeat, and to run in several processes.
        """
        now = timestamp(self._clock.now())
        lapsed = sa.and_(openings.c.state == OpeningState.REQUESTED.value, openings.c.lapses_at <= now)
        ended = sa.and_(openings.c.state == OpeningState.GRANTED.value, openings.c.expires_at <= now)
        with self._database.reading() as connection:
            due = read_openings(connection, sa.select(openings).where(sa.or_(lapsed, ended)).limit(LISTED))
        count = 0
        for opening in due:
            state = OpeningState.LAPSED if opening.state is OpeningState.REQUESTED else OpeningState.ENDED
            with self._database.writing() as connection:
                count += self._close(connection, opening, "system", state, reason="time")
        return count

    def _begin(self, connection: sa.Connection, opening: Opening, now: dt.datetime) -> None:
        expires_at = timestamp(now + dt.timedelta(seconds=opening.seconds))
        connection.execute(
            sa.update(openings)
            .where(openings.c.id == opening.id, openings.c.state == OpeningState.REQUESTED.value)
            .values(state=OpeningState.GRANTED.value, expires_at=expires_at)
        )
        self._record(connection, "opening.begun", "system", opening, seconds=opening.seconds)

    def _unseal(self, opening: Opening, grants: Sequence[Grant], review_key: CustodianKey) -> bytes:
        try:
            stored = self._ceremony.vault.sealed(opening.evidence)
            content = open_granted(stored.object or b"", opening.terms, grants, review_key)
            self._ceremony.vault.vouch(opening.evidence, content)
        except VaultError as error:
            with self._database.writing() as connection:
                self._close(connection, opening, "system", OpeningState.ENDED, reason=type(error).__name__)
            raise
        return content

    def _end(self, identifier: str, name: str, state: OpeningState, *, reason: str) -> Opening:
        with self._database.writing() as connection:
            opening = require_opening(connection, identifier)
            if opening.state.is_over:
                raise OpeningOverError("this opening is over already", advice="There is nothing left to end.")
            self._close(connection, opening, name, state, reason=reason)
            return require_opening(connection, identifier)

    def _close(
        self, connection: sa.Connection, opening: Opening, name: str, state: OpeningState, *, reason: str
    ) -> int:
        """End an opening that is as it was seen, and remove what was sealed for it; return 1, or 0 where it is not."""
        values = {"state": state.value, "ended_at": timestamp(self._clock.now()), "ended_by": name}
        seen = (openings.c.id == opening.id, openings.c.state == opening.state.value)
        if connection.execute(sa.update(openings).where(*seen).values(**values)).rowcount == 0:
            return 0
        gone = sa.update(opening_grants).where(opening_grants.c.opening_id == opening.id).values(sealed=None)
        removed = connection.execute(gone.where(opening_grants.c.sealed.is_not(None))).rowcount
        self._record(connection, f"opening.{state.value}", name, opening, reason=reason, grants_removed=removed)
        return 1

    def _refuse_over(self, opening: Opening) -> None:
        if not opening.is_grantable(self._clock.now()):
            raise OpeningOverError(
                "this opening waits for no custodian any more", advice="Who asked can ask again if there is need."
            )

    def _record(self, connection: sa.Connection, kind: str, actor: str, opening: Opening, **more: str | int) -> None:
        details: dict[str, str | int | bool] = {
            "opening": opening.id,
            "evidence": opening.evidence,
            "case": opening.case,
            **({"single_operator": True} if opening.is_single_operator else {}),
            **more,
        }
        self._ledger.append(Event(kind, actor, details=details), connection)
