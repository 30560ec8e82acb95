"""Signing in by a real identity provider on loopback: django-oauth-toolkit, which shares no code with our client."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.functional.signing_in import provider as shipped
from tests.unit.console.standing import ORIGIN, Asking, standing

from safehold.cases import Role
from safehold.console.cookies import SESSION_COOKIE
from safehold.console.pages import look, provider, security, signing_in
from safehold.console.pages.provider import ARRIVAL_COOKIE
from safehold.console.users import Accounts, PasswordRules, Source, UserRules, open_accounts
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.settings import Settings
from safehold.vocabulary import SystemClock

pytestmark = pytest.mark.long

PAGES = (*look.PAGES, *signing_in.PAGES, *provider.PAGES, *security.PAGES)
BACK = f"{ORIGIN}/sign-in/provider/back"
SECRET = "what the provider knows us by"  # noqa: S105 - made up


@dataclass
class Installation:
    accounts: Accounts
    ledger: Ledger

    def browser(self) -> "Browser":
        told = standing(
            pages=PAGES, sessions=self.accounts.sessions, users=self.accounts, clock=SystemClock(), casework=None
        )
        return Browser(
            Asking(told.app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False),
            httpx.Client(follow_redirects=False),
        )


@dataclass
class Browser:
    """One browser: `ours` asks the console, `theirs` the provider."""

    ours: Asking
    theirs: httpx.Client

    def out(self, path: str = "/sign-in/provider") -> str:
        """Begin at the console; return where it sends the browser."""
        return str(self.ours.get(path).headers["location"])

    def through(self, address: str, name: str) -> str:
        """Sign in at the provider where it asks for it; return where it sends the browser back to."""
        answer = self.theirs.get(address)
        while not answer.headers.get("location", "").startswith(ORIGIN):
            if answer.is_redirect:
                answer = self.theirs.get(httpx.URL(str(answer.request.url)).join(answer.headers["location"]))
                continue
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.text)
            assert token is not None, answer.text
            told = {"csrfmiddlewaretoken": token[1], "username": name, "password": shipped.PASSWORD}
            answer = self.theirs.post(answer.request.url, data=told)
        return str(answer.headers["location"])

    def back(self, address: str) -> Any:
        return self.ours.get(address.removeprefix(ORIGIN))

    @property
    def cookie(self) -> str:
        return str(self.ours.cookies.get(SESSION_COOKIE) or "")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = tmp_path_factory.mktemp("provider") / "db.sqlite"
    command = [sys.executable, str(Path(shipped.__file__)), str(database), BACK, SECRET]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def installation(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    (folder / "secret").write_text(f"{SECRET}\n")
    settings = Settings(
        console_address=ORIGIN,
        oidc_issuer=issuer,
        oidc_client_id=shipped.CLIENT_ID,
        oidc_client_secret_file=folder / "secret",
        oidc_roles=("reviewers=reviewer", "auditors=auditor"),
    )
    with Home.open(folder / "home", SystemClock()) as home:
        ledger = open_ledger(home)
        rules = UserRules(b"k" * 32, passwords=PasswordRules(rounds=1, memory_kib=8, lanes=1))
        yield Installation(open_accounts(home, ledger, rules, settings=settings), ledger)


def test_somebody_comes_in_by_the_provider_with_the_roles_of_their_groups(installation: Installation) -> None:
    browser = installation.browser()
    assert "Sign in with your organisation" in browser.ours.get("/sign-in?to=/me/security").text
    out = browser.out("/sign-in/provider?to=/me/security")
    asked = parse_qs(urlsplit(out).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == len(asked["code_challenge"][0]) == 43
    assert SECRET not in out
    answer = browser.back(browser.through(out, "amira"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/security")
    assert ARRIVAL_COOKIE not in browser.ours.cookies
    session = installation.accounts.sessions.find(browser.cookie)
    assert session is not None
    assert (session.person.name, session.person.roles, session.source) == ("amira", {Role.REVIEWER}, Source.OIDC)
    assert session.stepped_up_until is None
    assert "identity provider proves who you are" in browser.ours.get("/me/security").text
    events = [(one.event.kind, one.event.actor) for one in installation.ledger.events()][1:]
    assert events[-2:] == [("user.created", "provider"), ("user.signed_in", "amira")]


def test_they_confirm_that_it_is_them_by_signing_in_there_once_more(installation: Installation) -> None:
    browser = installation.browser()
    browser.back(browser.through(browser.out(), "amira"))
    before = browser.cookie
    page = browser.ours.get("/step-up?to=/me/security").text
    assert 'href="/step-up/provider?to=/me/security"' in page
    out = browser.out("/step-up/provider?to=/me/security")
    assert parse_qs(urlsplit(out).query)["prompt"] == ["login"]
    answer = browser.back(browser.through(out, "amira"))
    assert answer.headers["location"] == "/me/security"
    assert browser.cookie != before
    session = installation.accounts.sessions.find(browser.cookie)
    assert session is not None
    assert session.stepped_up_until is not None


def test_somebody_else_can_not_confirm_for_them(installation: Installation) -> None:
    browser = installation.browser()
    browser.back(browser.through(browser.out(), "amira"))
    answer = browser.back(browser.through(browser.out("/step-up/provider"), "admin"))
    assert answer.status_code == 403
    session = installation.accounts.sessions.find(browser.cookie)
    assert session is not None
    assert session.stepped_up_until is None
    assert [one.name for one in installation.accounts.users.list()] == ["amira"]


def test_who_is_in_no_group_that_stands_for_a_role_is_not_let_in(installation: Installation) -> None:
    browser = installation.browser()
    answer = browser.back(browser.through(browser.out(), "bruno"))
    assert answer.status_code == 403
    assert "bruno" not in answer.text
    assert browser.cookie == ""
    assert not installation.accounts.users.has("bruno")


def test_nobody_becomes_a_user_of_ours_by_being_called_so_there(installation: Installation) -> None:
    installation.accounts.users.first_admin()
    browser = installation.browser()
    browser.back(browser.through(browser.out(), "admin"))
    session = installation.accounts.sessions.find(browser.cookie)
    assert session is not None
    assert session.person.name.startswith("person-")
    assert session.person.roles == {Role.REVIEWER}
    again = installation.browser()
    again.back(again.through(again.out(), "admin"))
    found = installation.accounts.sessions.find(again.cookie)
    assert found is not None
    assert found.person == session.person


def test_an_answer_counts_once_and_in_the_browser_that_asked_alone(installation: Installation) -> None:
    asked, other = installation.browser(), installation.browser()
    answer = asked.through(asked.out(), "amira")
    other.out()
    assert other.back(answer).status_code == 403  # as if somebody had another person open their answer
    assert installation.browser().back(answer).status_code == 403
    kept = asked.ours.cookies.get(ARRIVAL_COOKIE)
    assert asked.back(answer).status_code == 303
    asked.ours.cookies.set(ARRIVAL_COOKIE, kept, domain="console.test", path="/")
    assert asked.back(answer).status_code == 403


def test_a_user_who_is_disabled_here_is_not_let_in_whatever_the_provider_says(installation: Installation) -> None:
    browser = installation.browser()
    browser.back(browser.through(browser.out(), "amira"))
    installation.accounts.users.disable("amira", actor="root")
    assert installation.accounts.sessions.find(browser.cookie) is None
    assert browser.back(browser.through(browser.out(), "amira")).status_code == 403
    installation.accounts.users.enable("amira", actor="root")
