"""Where homes of tests keep their tables: in SQLite, in PostgreSQL, or in both in turn.

Suites about the database ask for `places` and run on both. `TEST_DATABASE=sqlite` or `postgresql` leaves one of them
out. With `postgresql`, every home that a test opens in its own process without saying where its tables lie has them on
the server, so that all rooms are tried on it; `make postgresql-test` runs what makes sense so.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from tests import postgresql

from safehold.home.database import Database
from safehold.home.home import DATABASE_NAME, Home
from safehold.vocabulary import Clock

hypothesis.settings.register_profile("suite", deadline=None)  # a busy machine is no fault of a property
hypothesis.settings.load_profile("suite")

KINDS = [os.environ["TEST_DATABASE"]] if os.environ.get("TEST_DATABASE") else ["sqlite", "postgresql"]


@dataclass
class Places:
    """Opens homes and databases of one kind; the same path is the same home.

    Attributes:
        server: a running PostgreSQL; None: SQLite.
    """

    server: postgresql.Server | None
    _ready: dict[Path, sa.URL] = field(default_factory=dict)
    _opened: list[Home | Database] = field(default_factory=list)

    def address(self, path: Path) -> sa.URL | None:
        """Return where the tables of the home at this path lie, made already; None: in itself."""
        if self.server is None:
            return None
        if path not in self._ready:
            self._ready[path] = self.server.place()
        return self._ready[path]

    def environment(self, path: Path) -> dict[str, str]:
        """Return variables with which `load_settings(path, os.environ)` knows the tables in another process."""
        address = self.address(path)
        told = {} if address is None else {"SAFEHOLD_DATABASE": address.render_as_string(hide_password=False)}
        return os.environ | told

    def open(self, path: Path, clock: Clock) -> Home:
        home = Home.open(path, clock, server=self.address(path))
        self._opened.append(home)
        return home

    def database(self, path: Path, *, wait_seconds: float = 30) -> Database:
        """Return a database with no tables yet; `path` is its file, where it has one."""
        place = self.server.place(is_ready=False) if self.server else path
        database = Database(place, wait_seconds=wait_seconds)
        self._opened.append(database)
        return database

    def close(self) -> None:
        for opened in self._opened:
            opened.close()
        for place in self._ready.values() if self.server else ():
            self.server.take_back(place)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """Give one real server for all tests of this process that ask for it."""
    with postgresql.running() as server:
        yield server


@pytest.fixture(params=KINDS)
def places(request: pytest.FixtureRequest) -> Iterator[Places]:
    """Give what opens homes, once on each kind of database."""
    yield from _given(request, request.param)


@pytest.fixture
def chosen_places(request: pytest.FixtureRequest) -> Iterator[Places]:
    """Give what opens homes on the kind of database that `TEST_DATABASE` names; SQLite where it names none."""
    yield from _given(request, KINDS[0])


@pytest.fixture(autouse=KINDS == ["postgresql"])
def homes_on_a_server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, postgresql_server: postgresql.Server
) -> Iterator[None]:
    """Give homes that name no server one of the server's schemas each; those that hold their tables keep them."""
    if request.path.parent.name == "home":  # the home's own tests say where the tables lie
        yield
        return
    opening, places, opened = Home.open, Places(postgresql_server), []

    def on_server(path: Path, clock: Clock, *, server: sa.URL | None = None) -> Home:
        is_told = server is not None or (path / DATABASE_NAME).exists()
        opened.append(opening(path, clock, server=server if is_told else places.address(path.absolute())))
        return opened[-1]

    monkeypatch.setattr(Home, "open", on_server)
    yield
    for home in opened:
        home.close()
    places.close()


def _given(request: pytest.FixtureRequest, kind: str) -> Iterator[Places]:
    made = Places(None if kind == "sqlite" else request.getfixturevalue("postgresql_server"))
    yield made
    made.close()
