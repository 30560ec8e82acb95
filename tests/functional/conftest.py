"""The command line, called in this process: one home a test, answers read back as JSON; and a tab of a browser."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.functional.accessibility import axe_source
from tests.functional.people import chromium
from tests.functional.people.chromium import Tab

from safehold.cli.edge import run


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said: its exit code, its JSON object, and what it wrote on standard error."""

    code: int
    data: dict[str, Any]
    errors: str


Call = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs `safehold --home HOME ARGUMENTS --json`."""
    for name in ("SAFEHOLD_HOME", "SAFEHOLD_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def called(*arguments: str | Path) -> Said:
        capsys.readouterr()
        code = run(["--home", str(home), *map(str, arguments), "--json"])
        out, errors = capsys.readouterr()
        assert out.count("\n") == 1, "exactly one line on standard output"
        return Said(int(code), json.loads(out), errors)

    return called


@pytest.fixture
def shown(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command without `--json` and gives its code and its text."""

    def called(*arguments: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["--home", str(home), *map(str, arguments)])
        return int(code), capsys.readouterr().out

    return called


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """Give a tab of a real browser."""
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium on this machine; install one with: apt-get install chromium")
    with chromium.running(browser, tmp_path_factory.mktemp("profile")) as opened_tab:
        yield opened_tab


@pytest.fixture(scope="session")
def axe() -> str:
    """Give axe-core's script."""
    return axe_source()
