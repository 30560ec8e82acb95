"""Users of a home, with passwords whose digests cost next to nothing."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safehold.cases import Role
from safehold.console.users import PasswordRules, Sessions, UserRules, Users
from safehold.home.database import Database
from safehold.ledger import Ledger, open_ledger
from safehold.vocabulary import Event, FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
CHEAP = PasswordRules(rounds=1, memory_kib=8, lanes=1)
GOOD_PASSWORD = "nine purple kites over town"  # noqa: S105 - made up


@dataclass
class Staff:
    """Users and sessions of one home.

    Attributes:
        clock: what it shows can be set.
    """

    database: Database
    ledger: Ledger
    clock: FixedClock
    rules: UserRules
    users: Users
    sessions: Sessions

    def events(self, *kinds: str) -> list[Event]:
        found = [one.event for one in self.ledger.events()]
        return [one for one in found if one.kind.startswith("user.") and (not kinds or one.kind in kinds)]

    def later(self, **delta: float) -> None:
        self.clock.at += dt.timedelta(**delta)

    def add(self, name: str, *roles: Role) -> str:
        return self.users.create(name, roles or (Role.REVIEWER,), actor="root")[1]


def made(places: Any, folder: Path, **rules: Any) -> Staff:
    clock = FixedClock(NOW)
    home = places.open(folder / "home", clock)
    ledger = open_ledger(home)
    told = UserRules(**{"key": b"k" * 32, "passwords": CHEAP, **rules})
    parts = (home.database, ledger, clock, told)
    return Staff(*parts, Users(*parts), Sessions(*parts))


@pytest.fixture
def staff(chosen_places: Any, tmp_path: Path) -> Staff:
    """Give users on one kind of database."""
    return made(chosen_places, tmp_path)


@pytest.fixture
def staff_on_each(places: Any, tmp_path: Path) -> Staff:
    """Give users on either kind of database."""
    return made(places, tmp_path)


@pytest.fixture
def make_staff(chosen_places: Any, tmp_path: Path) -> Callable[..., Staff]:
    """Give what makes users by other rules."""
    return lambda **rules: made(chosen_places, tmp_path, **rules)
