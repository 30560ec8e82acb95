"""One installation a test, and a driver process that can be told to die."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.functional.datasets.builders import Place, make_place
from tests.functional.datasets.driver import children_of

DRIVER = Path(__file__).with_name("driver.py")


class Driver:
    """The driver process, see its module; of several, each answers for itself."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def tell(self, place: Place, **request: Any) -> None:
        """Send a request."""
        told = {"home": str(place.home), "policy": str(place.policy), **request}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told, default=str) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for the answer."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def supervisor(self) -> int:
        """The process that works on the request that was told; the numbers of processes may have begun anew."""
        (process,) = children_of(self._process.pid)
        return process

    def ask(self, place: Place, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its answer."""
        self.tell(place, **request)
        return self.hear()


def _driver() -> Iterator[Driver]:
    process = subprocess.Popen([sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield Driver(process)
        assert process.stdin is not None
        process.stdin.close()


driver = pytest.fixture(scope="session", name="driver")(_driver)
second_driver = pytest.fixture(scope="session", name="second_driver")(_driver)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)
