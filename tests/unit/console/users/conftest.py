"""Users of a home, with passwords whose digests cost next to nothing."""

import base64
import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from safehold.cases import Role
from safehold.console.users import (
    Factors,
    Keys,
    PasswordRules,
    Sessions,
    SigningIn,
    Stage,
    UserRules,
    Users,
    open_accounts,
)
from safehold.console.users.proofs import totp
from safehold.console.users.tries import Tries
from safehold.home.database import Database
from safehold.home.home import DATABASE_NAME
from safehold.home.schema import bring_up_to_date
from safehold.ledger import Ledger, SigningKey
from safehold.vocabulary import Event, FixedClock

KEY = SigningKey(b"s" * 32)
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
    factors: Factors
    keys: Keys
    tries: Tries
    signing_in: SigningIn

    def events(self, *kinds: str) -> list[Event]:
        found = [one.event for one in self.ledger.events()]
        return [one for one in found if one.kind.startswith("user.") and (not kinds or one.kind in kinds)]

    def later(self, **delta: float) -> None:
        self.clock.at += dt.timedelta(**delta)

    def add(self, name: str, *roles: Role) -> str:
        return self.users.create(name, roles or (Role.REVIEWER,), actor="root")[1]

    def settle(self, name: str = "amira") -> bytes:
        """Add somebody who has chosen GOOD_PASSWORD and set up an app; return the app's secret."""
        self.add(name)
        session = self.sessions.start(name, stage=Stage.SIGNED_IN).session
        self.users.choose_password(session, GOOD_PASSWORD)
        secret = base64.b32decode(self.factors.begin_app(session).written.replace(" ", ""))
        self.factors.confirm_app(session, self.code(secret))
        self.later(minutes=2)
        return secret

    def code(self, secret: bytes, *, steps: int = 0) -> str:
        """Return the app's code, some half minutes away."""
        return totp.code_at(secret, totp.step_of(self.clock.at) + steps)


@pytest.fixture(scope="session")
def ready_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home with its tables and its ledger's first event, to be copied: much cheaper than making one."""
    folder = tmp_path_factory.mktemp("ready") / "home"
    folder.mkdir()
    database = Database(folder / DATABASE_NAME)
    bring_up_to_date(database)
    Ledger(database, FixedClock(NOW), KEY).checkpoint()
    database.close()
    return folder


class Tables:
    """What accounts need of a home."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock


def made(places: Any, folder: Path, ready: Path, **rules: Any) -> Staff:
    clock = FixedClock(NOW)
    if places.server is None:
        shutil.copy(ready / DATABASE_NAME, folder / DATABASE_NAME)
        database = Database(folder / DATABASE_NAME)
        places._opened.append(database)
    else:
        database = places.open(folder / "home", clock).database
    ledger = Ledger(database, clock, KEY)
    told = UserRules(**{"key": b"k" * 32, "passwords": CHEAP, **rules})
    has = open_accounts(Tables(database, clock), ledger, told)  # type: ignore[arg-type]
    return Staff(
        *(database, ledger, clock, told),
        *(has.users, has.sessions, has.factors, has.keys, has.tries, has.signing_in),
    )


@pytest.fixture
def staff(chosen_places: Any, tmp_path: Path, ready_home: Path) -> Staff:
    """Give users on one kind of database."""
    return made(chosen_places, tmp_path, ready_home)


@pytest.fixture
def staff_on_each(places: Any, tmp_path: Path, ready_home: Path) -> Staff:
    """Give users on either kind of database."""
    return made(places, tmp_path, ready_home)


@pytest.fixture
def make_staff(chosen_places: Any, tmp_path: Path, ready_home: Path) -> Callable[..., Staff]:
    """Give what makes users by other rules."""
    return lambda **rules: made(chosen_places, tmp_path, ready_home, **rules)
