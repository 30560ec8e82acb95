import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safehold.cases import CaseId, Form, ItemId, Person, Role
from safehold.cases.exposure import Dose, ExposureId, ExposureRules, Exposures, Purpose
from safehold.home.home import Home
from safehold.ledger import Ledger, Recorded, open_ledger
from safehold.vocabulary import FixedClock, Fraction, Seconds

NOW = dt.datetime(2026, 11, 18, 9, tzinfo=dt.UTC)  # a Wednesday
CASE = CaseId("case_00000000000000000001")
RULES = ExposureRules(
    day=Dose(6, Seconds(600.0)),
    stretch=Dose(3, Seconds(120.0)),
    break_seconds=Seconds(900.0),
    rest_seconds=Seconds(11 * 3600.0),
    assumed_seconds=Seconds(60.0),
    longest_seconds=Seconds(600.0),
    viewed_from_milliseconds=200,
    smallest_group=3,
    largest_share=Fraction(0.6),
)
AMIRA = Person("amira", frozenset({Role.REVIEWER}))
BEN = Person("ben", frozenset({Role.REVIEWER}))


def item(number: int) -> ItemId:
    return ItemId(f"item_{number:020x}")


@dataclass
class Room:
    """A home in which people are shown content."""

    home: Home
    clock: FixedClock
    ledger: Ledger
    exposures: Exposures

    def begin(
        self, number: int = 1, *, person: Person = AMIRA, form: Form = Form.IMAGE, purpose: Purpose = Purpose.REVIEW
    ) -> ExposureId:
        return self.exposures.begin(person, item(number), case=CASE, purpose=purpose, form=form)

    def show(self, number: int = 1, seconds: float = 5, *, person: Person = AMIRA, form: Form = Form.IMAGE) -> None:
        exposure = self.begin(number, person=person, form=form)
        self.wait(seconds)
        self.exposures.end(exposure, round(seconds * 1000), person=person)

    def wait(self, seconds: float) -> None:
        self.clock.at += dt.timedelta(seconds=seconds)

    def events(self, kind: str) -> list[Recorded]:
        return [entry for entry in self.ledger.events() if entry.event.kind == kind]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "home"
    with Home.open(path, FixedClock(NOW)) as home:
        open_ledger(home).checkpoint()
    return path


def opened(places: Any, path: Path, made_home: Path) -> Room:
    clock = FixedClock(NOW)
    if places.server is None:
        shutil.copytree(made_home, path)
    home = places.open(path, clock)
    ledger = open_ledger(home)
    return Room(home, clock, ledger, Exposures(home.database, ledger, clock, RULES))


@pytest.fixture
def room(chosen_places: Any, tmp_path: Path, made_home: Path) -> Room:
    return opened(chosen_places, tmp_path / "home", made_home)


@pytest.fixture
def either_room(places: Any, tmp_path: Path, made_home: Path) -> Room:
    """A room on SQLite, and one on PostgreSQL."""
    return opened(places, tmp_path / "home", made_home)
