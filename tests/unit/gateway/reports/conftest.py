import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox

from safehold.gateway.reports import BankHolding, Desk, Holding, Limits, Reports, ReviewSeal
from safehold.home.home import Home
from safehold.ledger import Ledger, Recorded, open_ledger
from safehold.matching import BankStore
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@dataclass
class Office:
    """A home with reports, and the review key that a gateway wouldn't have."""

    home: Home
    clock: FixedClock
    ledger: Ledger
    banks: BankStore
    review_key: PrivateKey = field(default_factory=PrivateKey.generate)

    def desk(self, holding: Holding | None = None, limits: Limits | None = None) -> Desk:
        seals = ReviewSeal(bytes(self.review_key.public_key))
        return Desk(seals, holding or BankHolding(self.banks), b"k" * 32, limits or Limits())

    def reports(self, holding: Holding | None = None, limits: Limits | None = None) -> Reports:
        return Reports(self.home.database, self.ledger, self.clock, self.desk(holding, limits))

    def unsealed(self, sealed: bytes) -> str:
        return SealedBox(self.review_key).decrypt(sealed).decode()

    def events(self, prefix: str) -> list[Recorded]:
        return [entry for entry in self.ledger.events() if entry.event.kind.startswith(prefix)]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "home"
    with Home.open(path, FixedClock(NOW)) as home:
        open_ledger(home).checkpoint()
    return path


def opened(places: Any, path: Path, made_home: Path) -> Office:
    clock = FixedClock(NOW)
    if places.server is None:
        shutil.copytree(made_home, path)
    home = places.open(path, clock)
    ledger = open_ledger(home)
    return Office(home, clock, ledger, BankStore(home, ledger))


@pytest.fixture
def office(chosen_places: Any, tmp_path: Path, made_home: Path) -> Office:
    return opened(chosen_places, tmp_path / "home", made_home)


@pytest.fixture
def either_office(places: Any, tmp_path: Path, made_home: Path) -> Office:
    """An office on SQLite, and one on PostgreSQL."""
    return opened(places, tmp_path / "home", made_home)


@pytest.fixture
def later(office: Office) -> Callable[[float], None]:
    def wait(hours: float) -> None:
        office.clock.at += dt.timedelta(hours=hours)

    return wait
