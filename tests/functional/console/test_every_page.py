"""Every page of the console in a real browser: accessible in both themes at every width, loading only what is ours."""

import re

import pytest
from tests.functional.accessibility import complaints
from tests.functional.people.chromium import Tab

from safehold.cases import Role
from safehold.console.page import Entry, Page
from safehold.console.pages import ALL_PAGES

from .conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.long]

SIZES = ((1280, "light"), (1280, "dark"), (320, "light"))
NO_PAGES = re.compile(
    r"/static/|/cover$|^/sign-in/|^/step-up/|^/enforcement/order$|\.(png|svg|bin|json|zip|tar)$|/package$|/file$"
)
"""What answers with something else than a page, or with one only after a step before it."""


def places(site: Site) -> list[str]:
    """Return where each page is, with something to show."""
    desk = site.desk
    known = {
        "case": site.made["pictures"],
        "item": desk.items(site.made["pictures"])[0].id,
        "danger": desk.casework.dangers.list()[0].id,
        "name": "amira",
        "queue": "gateway",
        "seq": "1",
    }
    paths = []
    for page in ALL_PAGES:
        names = re.findall(r"\{(\w+)\}", page.path)
        if page.method == "GET" and not NO_PAGES.search(page.path) and set(names) <= known.keys():
            paths.append(page.path.format(**known))
    paths += [f"/enforcement/order?case={site.made['pictures']}"]
    return [*paths, f"/cases/{site.made['data']}", f"/cases/{site.made['danger']}", "/cases/none"]


@pytest.fixture(scope="module")
def entered(site: Site, tab: Tab) -> Tab:
    site.desk.take(site.made["pictures"])
    return tab


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_every_page_is_accessible_at_every_width_in_both_themes(
    site: Site, entered: Tab, axe: str, width: int, theme: str
) -> None:
    site.enter(entered, *Role, theme=theme)
    entered.size(width, 900)
    found = {}
    for path in places(site):
        site.open(entered, path)
        entered.ask("document.querySelectorAll('details').forEach(e => { e.open = true }), 1")
        if told := complaints(entered, axe):
            found[path] = told
    assert found == {}


def test_the_way_in_is_accessible_to_who_has_not_signed_in(site: Site, entered: Tab, axe: str) -> None:
    entered.forget_cookies()
    for theme in ("light", "dark"):
        entered.size(320, 900, theme)
        site.open(entered, "/sign-in")
        assert complaints(entered, axe) == []


def test_pages_load_what_is_ours_and_break_no_rule_of_theirs(site: Site, entered: Tab) -> None:
    site.enter(entered, *Role)
    entered.asked.clear()
    entered.errors.clear()
    for path in places(site)[:-1]:
        site.open(entered, path)
    drawn_by_the_browser = "data:image/svg+xml"  # the pictures of its own controls; our policy lets a page load none
    assert [one for one in entered.asked if not one.startswith((site.address, drawn_by_the_browser))] == []
    assert entered.errors == []


def test_only_pages_for_anybody_answer_without_a_session(site: Site) -> None:
    def is_open(page: Page) -> bool:
        path = re.sub(r"\{\w+\}", "x", page.path)
        client = site.desk.standing.as_()
        answer = client.get(path) if page.method == "GET" else client.send_form(path)
        return answer.status_code not in {303, 401} or not (
            answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?to=")
        )

    assert [page.path for page in ALL_PAGES if page.entry is not Entry.ANYBODY and is_open(page)] == []
