"""The dangers of a home: raised by whoever sees one, recorded step by step, and on top of every list until it is over.

    danger = dangers.open(person, case, kind=DangerKind.CHILD, country="GB")
    for contact in dangers.route("GB").contacts: ...
    dangers.note(person, danger.id, Act.CALLED, contact="gb-999")
    dangers.close(person, danger.id, Outcome.HANDED_OVER)

Nothing here waits: who may see cases may raise one, whoever has claimed the case, and whatever rest is due.
"""

import datetime as dt
import re
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Protocol

import sqlalchemy as sa

from safehold.cases.case import CaseId, Priority
from safehold.cases.decisions.quality.golden import is_golden_case
from safehold.cases.enforcement.danger.contacts import Contacts, Route
from safehold.cases.enforcement.danger.danger import Act, Danger, DangerId, DangerKind, DangerStep, Outcome
from safehold.cases.enforcement.danger.errors import (
    DangerNotAllowedError,
    DangerOverError,
    DangerUnknownError,
    NobodyInDangerError,
)
from safehold.cases.enforcement.stepping import Events
from safehold.cases.enforcement.tables import danger_steps, dangers
from safehold.cases.paging import behind, flag
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

REASON = "danger_to_life"
"""Why a case with a danger is escalated."""

_OPEN, _CLOSED = "open", "closed"
_ID_BYTES = 10
_COUNTRY = re.compile(r"[A-Z]{2}")


class Escalating(Protocol):
    """What makes a case the most urgent there is: the store of cases."""

    def escalate(
        self,
        case_id: CaseId,
        reason: str,
        *,
        actor: str,
        priority: Priority = ...,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Escalate a case in the caller's transaction."""
        ...

    def attended(
        self,
        case_id: CaseId,
        *,
        actor: str,
        seen: int | None = None,
        keeps_undecided: bool = False,
        connection: sa.Connection | None = None,
    ) -> bool:
        """Take a case back from its specialists in the caller's transaction."""
        ...


class Dangers:
    """Dangers to somebody's life; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        cases: escalates.
        contacts: whom to reach.
    """

    def __init__(
        self, database: Database, ledger: Events, clock: Clock, cases: Escalating, *, contacts: Contacts
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._cases = cases
        self.contacts = contacts

    def route(self, country: str = "") -> Route:
        """Return what to do and whom to reach; it needs no record, and no right."""
        return self.contacts.route(country)

    def open(
        self,
        person: Person,
        case: CaseId,
        connection: sa.Connection | None = None,
        *,
        kind: DangerKind,
        country: str = "",
    ) -> Danger:
        """Raise a danger: the case becomes the most urgent there is, at once. Again for the same case: the open one.

        Args:
            person: who sees it.
            case: in which case.
            connection: the caller's writing transaction.
            kind: what may happen.
            country: where, ISO 3166-1 alpha-2; anything else counts as unknown, so that nothing is held up by it.

        Raises:
            DangerNotAllowedError: they don't work on cases.
            UnknownCaseError: there is no such case.
            NobodyInDangerError: it is a golden item's, whose circumstances are made up: nobody is to be called for it.
        """
        self._require(person)
        place, now = country.upper() if _COUNTRY.fullmatch(country.upper()) else "", self._clock.now()
        with self._database.writing() if connection is None else nullcontext(connection) as joined:
            open_one = (dangers.c.case_id == case, dangers.c.state == _OPEN)
            known = joined.execute(sa.select(dangers).where(*open_one)).mappings().first()
            if known is not None:
                return _danger(known)
            if is_golden_case(joined, case):
                raise NobodyInDangerError(
                    "nobody is in danger here: this is an item whose answer is known, to see how well a queue decides",
                    advice="Thank you for looking so closely. Decide it as you would, or give it back.",
                )
            self._cases.escalate(case, REASON, actor=person.name, priority=Priority.DANGER, connection=joined)
            danger = DangerId(f"dgr_{secrets.token_hex(_ID_BYTES)}")
            row = {"id": danger, "case_id": case, "kind": kind.value, "country": place, "state": _OPEN}
            told = {"raised_at": timestamp(now), "raised_by": person.name, "closed_by": "", "outcome": "", "version": 1}
            joined.execute(sa.insert(dangers).values(**row, **told))
            details = {"danger": danger, "case": case, "kind": kind.value, "country": place or "unknown"}
            self._ledger.append(Event("danger.raised", person.name, details=details), joined)
            return _found(joined, danger)

    def note(self, person: Person, danger: DangerId, act: Act, *, contact: str = "") -> DangerStep:
        """Record what somebody did; also after it was closed, since what happened happened.

        Args:
            person: who did it.
            danger: about which danger.
            act: what.
            contact: the id of a contact; one that is not known is recorded as none.

        Raises:
            DangerNotAllowedError, DangerUnknownError: they don't work on cases, or there is none.
        """
        self._require(person)
        now, known = self._clock.now(), contact if self.contacts.has(contact) else ""
        with self._database.writing() as connection:
            found = _found(connection, danger)
            mine = danger_steps.c.danger == danger
            last = connection.execute(sa.select(sa.func.max(danger_steps.c.number)).where(mine)).scalar() or 0
            row = {"danger": danger, "number": last + 1, "at": timestamp(now), "step": act.value}
            connection.execute(sa.insert(danger_steps).values(**row, contact=known, actor=person.name))
            details = {"danger": danger, "case": found.case, "act": act.value, "contact": known or "none"}
            self._ledger.append(Event("danger.acted", person.name, details=details), connection)
        return DangerStep(last + 1, now, act, known, person.name)

    def close(self, person: Person, danger: DangerId, outcome: Outcome, *, seen: int | None = None) -> Danger:
        """Say that it is over for us; the case stays as urgent until it is decided, and goes back if it is already.

        Raises:
            DangerNotAllowedError: they don't review.
            DangerUnknownError: there is none.
            DangerOverError: it is closed, or was changed since it was seen.
        """
        self._require(person, Ability.REVIEW)
        now = self._clock.now()
        with self._database.writing() as connection:
            found = _found(connection, danger)
            if not found.is_open or (seen is not None and seen != found.version):
                raise DangerOverError("somebody closed or changed it already", advice="Look at it again.")
            values = {"state": _CLOSED, "closed_at": timestamp(now), "closed_by": person.name}
            changed = sa.update(dangers).where(dangers.c.id == danger)
            connection.execute(changed.values(**values, outcome=outcome.value, version=found.version + 1))
            details = {"danger": danger, "case": found.case, "outcome": outcome.value}
            self._ledger.append(Event("danger.closed", person.name, details=details), connection)
            self._cases.attended(found.case, actor=person.name, keeps_undecided=True, connection=connection)
            return _found(connection, danger)

    def show(self, danger: DangerId) -> Danger:
        """Return a danger.

        Raises:
            DangerUnknownError: there is none.
        """
        with self._database.reading() as connection:
            return _found(connection, danger)

    def steps(self, danger: DangerId) -> Sequence[DangerStep]:
        """Return what was done about a danger, oldest first."""
        query = sa.select(danger_steps).where(danger_steps.c.danger == danger).order_by(danger_steps.c.number)
        with self._database.reading() as connection:
            return [_step(row) for row in connection.execute(query).mappings()]

    def list(self, *, with_closed: bool = False, after: str = "", limit: int = 100) -> Sequence[Danger]:
        """Return dangers: those that are open, oldest first; then those that are over, where they are wanted.

        Args:
            with_closed: whether those that are over are wanted.
            after: only those behind this place (:attr:`Danger.place`); "" from the start.
            limit: how many at most.
        """
        order = (flag(dangers.c.closed_at.is_not(None)), dangers.c.raised_at, dangers.c.id)
        query = sa.select(dangers).order_by(*order).where(behind(after, order))
        if not with_closed:
            query = query.where(dangers.c.state == _OPEN)
        with self._database.reading() as connection:
            return [_danger(row) for row in connection.execute(query.limit(limit)).mappings()]

    def of_case(self, case: CaseId) -> Sequence[Danger]:
        """Return the dangers of a case, oldest first."""
        query = sa.select(dangers).where(dangers.c.case_id == case).order_by(dangers.c.raised_at, dangers.c.id)
        with self._database.reading() as connection:
            return [_danger(row) for row in connection.execute(query).mappings()]

    def _require(self, person: Person, ability: Ability = Ability.READ_CASES) -> None:
        if not person.can(ability):
            raise DangerNotAllowedError(
                "this record is for people who work on cases", advice="Call, and tell somebody who does."
            )


def _found(connection: sa.Connection, danger: DangerId) -> Danger:
    row = connection.execute(sa.select(dangers).where(dangers.c.id == danger)).mappings().first()
    if row is None:
        raise DangerUnknownError("there is no such danger", advice="List them with: safehold danger list")
    return _danger(row)


def _danger(row: sa.RowMapping) -> Danger:
    return Danger(
        id=DangerId(row["id"]),
        case=CaseId(row["case_id"]),
        kind=DangerKind(row["kind"]),
        country=row["country"],
        raised_at=dt.datetime.fromisoformat(row["raised_at"]),
        raised_by=row["raised_by"],
        closed_at=None if row["closed_at"] is None else dt.datetime.fromisoformat(row["closed_at"]),
        closed_by=row["closed_by"],
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        version=row["version"],
    )


def _step(row: sa.RowMapping) -> DangerStep:
    return DangerStep(
        row["number"], dt.datetime.fromisoformat(row["at"]), Act(row["step"]), row["contact"], row["actor"]
    )
