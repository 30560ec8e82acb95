from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.cases.evidence.dying import Mortal, mortal
from tests.unit.cases.evidence.stand import Room, open_room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def process() -> Iterator[Mortal]:
    """Give a process whose children can be killed; it imports what they need once."""
    made = mortal()
    with made.process as running:
        yield made
        if running.stdin is not None:
            running.stdin.close()
        running.wait(timeout=30)
