"""Pages about the installation, evidence and enforcement in a real browser, each with something to show."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.functional.accessibility import complaints
from tests.functional.people.chromium import Tab
from tests.functional.people.conftest import served
from tests.unit.console.pages.furnished import Furnished, furnish
from tests.unit.console.pages.room import Room, open_room
from tests.unit.console.standing import NOW

from safehold.cases import Role
from safehold.console.cookies import LOOK_COOKIE, SESSION_COOKIE
from safehold.home.home import Home
from safehold.vocabulary import FixedClock

pytestmark = [pytest.mark.browser, pytest.mark.long]


@dataclass
class Built:
    """A room that is served."""

    address: str
    room: Room
    found: Furnished

    def enter(self, tab: Tab, theme: str, *, stepped_up: bool = True) -> None:
        cookie = ".".join(("amira", *(role.value for role in Role))) + ("+" if stepped_up else "")
        tab.cookie(self.address, SESSION_COOKIE, cookie)
        tab.cookie(self.address, LOOK_COOKIE, f"{theme}.keys")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("room")
    with Home.open(folder / "home", FixedClock(NOW)) as home, open_room(folder, home) as room:
        found = furnish(room)
        with served(room.standing.app) as address:
            yield Built(address, room, found)


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (320, "light")])
def test_pages_with_something_to_show_are_accessible(built: Built, tab: Tab, axe: str, width: int, theme: str) -> None:
    built.enter(tab, theme, stepped_up=theme == "dark")
    tab.size(width, 900)
    found = {}
    for path in built.found.paths():
        tab.open(built.address + path)
        tab.ask("document.querySelectorAll('details').forEach(e => { e.open = true }), 1")
        if told := complaints(tab, axe):
            found[path] = told
    assert found == {}


def test_pages_with_something_to_show_load_what_is_ours_alone(built: Built, tab: Tab) -> None:
    built.enter(tab, "dark")
    tab.asked.clear()
    tab.errors.clear()
    for path in built.found.paths():
        tab.open(built.address + path)
    assert [one for one in tab.asked if not one.startswith((built.address, "data:image/svg+xml"))] == []
    assert tab.errors == []
