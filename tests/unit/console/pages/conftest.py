"""Rooms: one for each test that changes something."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Places

from safehold.vocabulary import FixedClock

from tests.unit.console.standing import NOW
from .room import Room, open_room


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def room(chosen_places: Places, tmp_path: Path, clock: FixedClock) -> Iterator[Room]:
    with open_room(tmp_path, chosen_places.open(tmp_path / "home", clock)) as opened:
        yield opened
