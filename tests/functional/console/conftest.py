"""The console on loopback with cases of every kind, for a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.functional.people.chromium import Tab
from tests.functional.people.conftest import served
from tests.unit.console.desk import Desk, many, opened_desk

from safehold.cases import CaseId, Role
from safehold.console.cookies import LOOK_COOKIE, SESSION_COOKIE
from safehold.console.users import Stage
from safehold.vocabulary import SystemClock


@dataclass
class Site:
    """A console that is served, and its cases by name."""

    address: str
    desk: Desk
    made: dict[str, CaseId]

    def enter(self, tab: Tab, *roles: Role, name: str = "amira", theme: str = "") -> None:
        """Sign in as somebody with these roles, who showed their second factor just now."""
        accounts = self.desk.standing.console.users
        if accounts.users.has(name):
            accounts.users.set_roles(name, roles, actor="root")
        else:
            accounts.users.create(name, roles, actor="root")
        tab.forget_cookies()
        tab.cookie(self.address, SESSION_COOKIE, accounts.sessions.start(name, stage=Stage.SIGNED_IN).cookie)
        if theme:
            tab.cookie(self.address, LOOK_COOKIE, f"{theme}.keys")

    def open(self, tab: Tab, path: str) -> None:
        tab.open(self.address + path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened_desk(tmp_path_factory.mktemp("console"), clock=SystemClock(), is_whole=True) as desk:
        made = many(desk)
        with served(desk.standing.app) as address:
            yield Site(address, desk, made)
        failed = [line for line in desk.standing.log.getvalue().splitlines() if '"page.failed"' in line]
        assert failed == [], "no page may fail in a way that nobody expected"
