"""The console on loopback with cases of every kind, for a real browser."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.functional.people import chromium
from tests.functional.people.chromium import Tab
from tests.functional.people.conftest import served
from tests.unit.console.desk import Desk, many, opened_desk

from safehold.cases import CaseId, Role
from safehold.console.cookies import LOOK_COOKIE, SESSION_COOKIE
from safehold.console.users import Stage
from safehold.vocabulary import SystemClock

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OWN_CHECKS = """(() => {
  const shown = [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
    .filter(e => e.checkVisibility() && !e.closest(".visually-hidden") && !e.matches(".skip"))
    .filter(e => !(e.matches("a") && e.closest("p, dd, td, th, li:not(.nav li), label, .hint, time")));
  const small = shown.filter(e => { const b = (e.closest("label") || e).getBoundingClientRect();
    return b.height < 24 || b.width < 24; }).map(e => "small: " + e.outerHTML.slice(0, 90));
  return {small, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    headings: document.querySelectorAll("h1").length};
})()"""
"""WCAG 2.2, 2.5.8 (targets of 24 pixels, but for links in a line of text) and 1.4.10 (no scrolling sideways)."""


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


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium on this machine; install one with: apt-get install chromium")
    with chromium.running(browser, tmp_path_factory.mktemp("profile")) as opened_tab:
        yield opened_tab


@pytest.fixture(scope="session")
def axe() -> str:
    found = importlib.util.find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def complaints(tab: Tab, axe: str) -> list[str]:
    """Return what axe-core and our own checks find wrong with the page that is shown."""
    tab.ask(f"{axe}; 1")
    found = tab.ask(f"axe.run({{runOnly: {AXE_TAGS}}}).then(r => r.violations)")
    own = tab.ask(OWN_CHECKS)
    told = [f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}" for one in found]
    wide = [f"{own['wide']} pixels too wide"] if own["wide"] > 0 else []
    return told + own["small"] + wide + ([f"{own['headings']} h1"] if own["headings"] != 1 else [])
