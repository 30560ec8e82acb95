"""Signing in with a real Chromium: the first time by keyboard, an app from its picture, and a security key of its own.

The security key is the browser's virtual one: it makes real keys and signs real challenges.
Source: Chrome DevTools Protocol, domain WebAuthn.
"""

import base64
import datetime as dt
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from tests.functional.accessibility import axe_source, complaints
from tests.functional.people.chromium import Tab

from safehold.cases import Role
from safehold.console.app import make_console
from safehold.console.context import Console
from safehold.console.pages import look, passkeys, security, signing_in, users
from safehold.console.users import Accounts, FactorKind, PasswordRules, UserRules, open_accounts
from safehold.console.users.proofs import totp
from safehold.home.home import Home
from safehold.ledger import Ledger, open_ledger
from safehold.service.watching import Journal
from safehold.settings import Settings
from safehold.vocabulary import FixedClock, SystemClock

pytestmark = [pytest.mark.browser, pytest.mark.long]

PAGES = (*look.PAGES, *signing_in.PAGES, *passkeys.PAGES, *security.PAGES, *users.PAGES)
PASSWORD = "nine purple kites over town"  # noqa: S105 - made up


@dataclass
class Place:
    """A console that listens, and who may use it."""

    address: str
    accounts: Accounts
    ledger: Ledger
    clock: FixedClock


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    clock = FixedClock(SystemClock().now())
    with Home.open(tmp_path_factory.mktemp("browser") / "home", clock) as home:
        ledger = open_ledger(home)
        cheap = PasswordRules(rounds=1, memory_kib=8, lanes=1)
        accounts = open_accounts(home, ledger, UserRules(b"k" * 32, passwords=cheap))
        journal = Journal(clock, io.StringIO())
        console = Console(None, accounts.sessions, Settings(), clock, journal, users=accounts)  # type: ignore[arg-type]
        with listening(make_console(console, PAGES)) as port:
            yield Place(f"http://localhost:{port}", accounts, ledger, clock)


@contextmanager
def listening(app: Any) -> Iterator[int]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)


def fill(tab: Tab, **fields: str) -> None:
    """Type into fields of a form, and send it with Enter."""
    for name, text in fields.items():
        tab.ask(f"document.querySelector('[name={name}]').focus()")
        tab.type(text)
    tab.press("Enter")
    tab.loaded()


def click(tab: Tab, selector: str) -> None:
    tab.ask(f"document.querySelector({selector!r}).click()")
    tab.loaded()


def path(tab: Tab) -> str:
    return str(tab.ask("location.pathname + location.search"))


def shown(tab: Tab) -> str:
    return str(tab.ask("document.querySelector('main').innerText"))


def app_secret(tab: Tab) -> bytes:
    return base64.b32decode(str(tab.ask("document.querySelector('.spelled').innerText")).replace(" ", ""))


def code(place: Place, secret: bytes) -> str:
    place.clock.at += dt.timedelta(seconds=31)  # a code counts once
    return totp.code_at(secret, totp.step_of(place.clock.at))


def with_key(tab: Tab) -> str:
    tab._call("WebAuthn.disable")
    tab._call("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasResidentKey": False,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return str(tab._call("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"])


def axe(tab: Tab) -> list[str]:
    """Return what axe-core and our own checks find wrong with a page, wide and dark, narrow and light."""
    script = axe_source()
    told = []
    for width, scheme in ((1100, "dark"), (320, "light")):
        tab.size(width, 900, scheme)
        told += complaints(tab, script)
    return told


def test_somebody_new_gets_in_with_the_keyboard_and_comes_back_with_a_security_key(place: Place, tab: Tab) -> None:
    _, given = place.accounts.users.create("amira", (Role.REVIEWER,), actor="root")
    tab.size(1100, 900)
    seen = [axe_on(tab, f"{place.address}/me/security")]
    assert path(tab) == "/sign-in?to=/me/security"
    fill(tab, name="amira", password="not this one")  # noqa: S106 - wrong on purpose
    assert "That did not work" in shown(tab)
    assert tab.ask("document.activeElement.className") == "notice notice-danger"
    fill(tab, name="amira", password=given)
    seen.append(axe(tab))
    fill(tab, new=PASSWORD, again=PASSWORD)
    seen.append(axe(tab))
    assert tab.ask("document.querySelector('.picture svg').getBoundingClientRect().width") > 150
    fill(tab, code=code(place, app_secret(tab)))
    seen.append(axe(tab))
    assert shown(tab).count("-") >= 20
    click(tab, "a.button")
    assert path(tab) == "/me/security"

    with_key(tab)
    seen.append(axe(tab))
    seen.append(axe_on(tab, f"{place.address}/me/security/key"))
    click(tab, "form[data-passkey] button")
    assert path(tab) == "/me/security"
    kinds = [one.kind for one in place.accounts.factors.list("amira")]
    assert kinds == [FactorKind.APP, FactorKind.KEY]
    click(tab, "form[action='/sign-out'] button")

    tab.open(f"{place.address}/sign-in?to=/me/security")
    fill(tab, name="amira", password=PASSWORD)
    seen.append(axe(tab))
    assert path(tab) == "/sign-in/factor?to=/me/security"
    click(tab, "form[data-passkey] button")
    assert path(tab) == "/me/security"

    place.clock.at += dt.timedelta(minutes=6)
    seen.append(axe_on(tab, f"{place.address}/step-up?to=/me/security"))
    click(tab, "form[data-passkey] button")
    assert path(tab) == "/me/security"
    assert tab.ask("document.querySelector('a[href=\"/me/security/app\"]') !== null")
    assert [problems for problems in seen if problems] == []
    kinds_of_events = [one.event.kind for one in place.ledger.events() if one.event.actor == "amira"]
    assert kinds_of_events.count("user.signed_in") == 2
    assert kinds_of_events[-1] == "user.stepped_up"
    told = [one for one in tab.errors if "403" not in one and not one.startswith("Autofocus")]  # we were quicker
    assert told == []
    assert {one.split("/")[2] for one in tab.asked if one.startswith("http")} == {place.address.split("/")[2]}


def axe_on(tab: Tab, address: str) -> list[str]:
    tab.open(address)
    return axe(tab)


def test_a_key_that_signed_for_another_page_or_before_is_worth_nothing(place: Place, tab: Tab) -> None:
    _, given = place.accounts.users.create("bruno", (Role.ADMIN,), actor="root")
    tab._call("Network.clearBrowserCookies")
    with_key(tab)
    tab.open(f"{place.address}/sign-in?to=/me/security")
    fill(tab, name="bruno", password=given)
    fill(tab, new=PASSWORD, again=PASSWORD)
    click(tab, "form[data-passkey] button")  # a key in place of an app
    assert shown(tab).count("-") >= 20
    click(tab, "a.button")
    click(tab, "form[action='/sign-out'] button")
    tab.open(f"{place.address}/sign-in")
    fill(tab, name="bruno", password=PASSWORD)

    hold = """HTMLFormElement.prototype.requestSubmit = function () { window.held = this.elements.credential.value; }"""
    tab.ask(hold)
    tab.ask("document.querySelector('form[data-passkey] button').click()")
    held = tab.ask("new Promise(done => setInterval(() => { if (window.held) done(window.held); }, 10))")
    tab.open(f"{place.address}/sign-in/factor")  # asks something new: what was signed no longer counts
    submit = f"(f => {{ f.elements.credential.value = {held!r}; f.submit(); }})(document.querySelector('form.key'))"
    tab.ask(submit)
    tab.loaded()
    assert "That did not work" in shown(tab)
    click(tab, "form[data-passkey] button")
    assert path(tab) == "/"
