"""A desk: a console over a home of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .desk import Desk, opened_desk


@pytest.fixture(scope="session")
def made_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk")
    with opened_desk(path):
        pass
    return path


@pytest.fixture(scope="module")
def shared(made_desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Give a home for tests that change nothing in it: opening one takes longer than they do."""
    folder = tmp_path_factory.mktemp("shared") / "desk"
    shutil.copytree(made_desk, folder)
    with opened_desk(folder) as found:
        yield found


@pytest.fixture
def desk(made_desk: Path, tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(made_desk, tmp_path / "desk")
    with opened_desk(tmp_path / "desk") as found:
        yield found
