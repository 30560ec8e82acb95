from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.cases.evidence.stand import Room, open_room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with open_room(tmp_path) as opened:
        yield opened
