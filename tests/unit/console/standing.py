"""A console for tests of pages: sessions that are names of roles, a clock that stands, a home only where given."""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from safehold.cases import Person, Role
from safehold.console.app import make_console
from safehold.console.context import Console
from safehold.console.cookies import SESSION_COOKIE
from safehold.console.kept import KeptForms
from safehold.console.page import Page
from safehold.console.pages import ALL_PAGES
from safehold.service.watching import Journal
from safehold.settings import Settings
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
ORIGIN = "https://console.test"
TOKEN = "the-token-of-the-form"  # noqa: S105


@dataclass
class Seated:
    person: Person
    csrf: str = TOKEN
    stepped_up_until: dt.datetime | None = None
    confined_to: str = ""


class StandingSeats:
    """Sessions: a cookie is a name and roles, as ``amira.reviewer.auditor``; with ``+`` at its end, stepped up."""

    def __init__(self) -> None:
        self.confined_to = ""

    def find(self, cookie: str) -> Seated | None:
        name, *roles = cookie.rstrip("+").split(".")
        if not roles:
            return None
        person = Person(name, frozenset(Role(role) for role in roles if role != "nothing"))
        until = NOW + dt.timedelta(minutes=5) if cookie.endswith("+") else None
        return Seated(person, stepped_up_until=until, confined_to=self.confined_to)


class Asking(TestClient):
    """A browser of somebody's."""

    def send_form(self, path: str, fields: dict[str, Any] | None = None, **others: Any) -> Any:
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **others.pop("headers", {})}
        return self.post(path, data={"csrf": TOKEN, **(fields or {})}, headers=headers, **others)


@dataclass
class Standing:
    """A console and what it wrote to its log."""

    console: Console
    app: Any
    log: io.StringIO

    def as_(self, *roles: Role, name: str = "amira", stepped_up: bool = False) -> Asking:
        """Return the browser of somebody with these roles; nobody's without any."""
        client = Asking(self.app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False)
        if roles:
            cookie = ".".join((name, *(role.value for role in roles)))
            client.cookies.set(SESSION_COOKIE, cookie + ("+" if stepped_up else ""))
        return client


def standing(casework: Any = None, pages: Sequence[Page] = ALL_PAGES, **others: Any) -> Standing:
    """Return a console of these pages over a casework."""
    log, clock = io.StringIO(), others.pop("clock", FixedClock(NOW))
    told = {"sessions": StandingSeats(), "settings": Settings(), "clock": clock, "journal": Journal(clock, log)}
    told["kept"] = KeptForms(clock)
    console = Console(casework=casework, **{**told, **others})
    return Standing(console, make_console(console, pages), log)
