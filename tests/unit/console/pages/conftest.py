"""Rooms: one that tests of a module share, each with names of its own, and one for those that need it as it began."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import KINDS, Places
from tests.unit.console.pages.room import Room, open_room
from tests.unit.console.standing import NOW

from safehold.vocabulary import FixedClock


@pytest.fixture(scope="module")
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Give a room that other tests of the module have been in."""
    server = None if KINDS[0] == "sqlite" else request.getfixturevalue("postgresql_server")
    places, folder = Places(server), tmp_path_factory.mktemp("room")
    with open_room(folder, places.open(folder / "home", FixedClock(NOW))) as opened:
        yield opened
    places.close()


@pytest.fixture
def own_room(chosen_places: Places, tmp_path: Path) -> Iterator[Room]:
    """Give a room that nobody has been in."""
    with open_room(tmp_path, chosen_places.open(tmp_path / "home", FixedClock(NOW))) as opened:
        yield opened
