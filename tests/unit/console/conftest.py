"""A desk: a console over a home of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .desk import Desk, opened_desk
from .preserving import Place, make_home, opened_place


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


@pytest.fixture(scope="session")
def preserving_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preserving")
    make_home(folder)
    return folder


@pytest.fixture
def place(preserving_home: Path, tmp_path: Path) -> Iterator[Place]:
    """Give a home with a confirmed item that waits for the vault."""
    with opened_place(preserving_home, tmp_path) as opened:
        yield opened


@pytest.fixture
def undecided(preserving_home: Path, tmp_path: Path) -> Iterator[Place]:
    """Give the same before anybody has decided on it."""
    with opened_place(preserving_home, tmp_path, is_decided=False) as opened:
        yield opened
