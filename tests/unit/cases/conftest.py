"""An office: a home with cases and queues, on each kind of database, and items that are easy to make."""

import datetime as dt
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import Places

from safehold.cases import Form, ItemState, NewItem, Origin, Person, Role, Subject, SubjectKind
from safehold.cases.case import CaseId
from safehold.cases.item import ItemId
from safehold.cases.queues import Queues
from safehold.cases.store import CaseStore
from safehold.cases.tables import case_counts, cases
from safehold.home.home import Home
from safehold.ledger import Ledger, Recorded, open_ledger
from safehold.vocabulary import Action, Algorithm, Event, FixedClock, Signal

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
AMIRA, BORIS = (Person(name, frozenset({Role.REVIEWER})) for name in ("amira", "boris"))
CLARA, DAVID = (Person(name, frozenset({Role.SPECIALIST})) for name in ("clara", "david"))


def account(name: str = "aa") -> Subject:
    return Subject(SubjectKind.ACCOUNT, name * 16)


def digest(fill: str = "5a") -> Signal:
    return Signal(Algorithm.SHA256, bytes.fromhex(fill * 32))


@dataclass
class Office:
    """A home with cases and queues."""

    home: Home
    clock: FixedClock
    ledger: Ledger
    cases: CaseStore
    queues: Queues
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def item(self, reference: str = "", **more: Any) -> NewItem:
        told = {"origin": Origin.GATEWAY, "form": Form.IMAGE, "role": "source_image", "action": Action.HOLD, "at": NOW}
        return NewItem(reference=reference or f"chk_{next(self._numbers)}#0", **(told | more))

    def opened(self, subject: Subject | None = None, *items: NewItem, **more: Any) -> CaseId:
        return self.cases.open(subject or account(), items or [self.item()], actor="system", **more)

    def decide(self, case_id: CaseId, to: ItemState = ItemState.DECIDED, *, actor: str = "amira") -> int:
        """Mark every item that can go there."""
        items = {one.id: to for one in self.cases.items(case_id, limit=9999) if one.state is not to}
        return self.mark(case_id, items, actor=actor)

    def mark(self, case_id: CaseId, items: dict[ItemId, ItemState], *, actor: str = "amira") -> int:
        with self.home.database.writing() as connection:
            return self.cases.mark_items(connection, case_id, items, seen=None, actor=actor)

    def events(self, kind: str = "case.") -> list[Event]:
        recorded: list[Recorded] = list(self.ledger.events())
        return [one.event for one in recorded if one.event.kind.startswith(kind)]

    def counted(self) -> dict[tuple[str, str, str], int]:
        with self.home.database.reading() as connection:
            rows = connection.execute(sa.select(case_counts).where(case_counts.c.number != 0)).all()
        return {(row.queue, row.state, row.origin): row.number for row in rows}

    def really_there(self) -> dict[tuple[str, str, str], int]:
        query = sa.select(cases.c.queue, cases.c.state, cases.c.origin, sa.func.count()).group_by(
            cases.c.queue, cases.c.state, cases.c.origin
        )
        with self.home.database.reading() as connection:
            return {(queue, state, origin): number for queue, state, origin, number in connection.execute(query)}


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home with its tables and keys and nothing in it: copying it is much cheaper than making one."""
    path = tmp_path_factory.mktemp("empty") / "home"
    with opening(path, FixedClock(NOW)) as home:
        open_ledger(home)
    return path


opening = Home.open  # as it is before a test replaces it


def office_at(places: Places, path: Path, empty_home: Path) -> Office:
    clock = FixedClock(NOW)
    if places.server is None:
        shutil.copytree(empty_home, path / "home")
    home = places.open(path / "home", clock)
    ledger = open_ledger(home)
    cases_, queues = CaseStore(home.database, ledger, clock), Queues(home.database, ledger, clock)
    return Office(home, clock, ledger, cases_, queues)


@pytest.fixture
def office(chosen_places: Places, tmp_path: Path, empty_home: Path) -> Office:
    """Give an office on the kind of database that is tried."""
    return office_at(chosen_places, tmp_path, empty_home)


@pytest.fixture
def either_office(places: Places, tmp_path: Path, empty_home: Path) -> Office:
    """Give an office on each kind of database."""
    return office_at(places, tmp_path, empty_home)
