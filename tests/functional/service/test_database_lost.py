"""A database server that is lost under load: nothing passes undecided, what was answered is kept, and it goes on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests import postgresql

from safehold.gateway.tables import decisions
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.vocabulary import SystemClock

pytestmark = pytest.mark.long

SAFEHOLD = str(Path(sys.executable).with_name("safehold"))
CUBE = {"items": [{"kind": "prompt", "text": "a red cube"}]}


class Askers:
    """Threads that ask without a pause and keep what they were told.

    Attributes:
        told: status and body of every answer.
    """

    def __init__(self, address: str, key: str) -> None:
        self.told: list[tuple[int, dict[str, Any], str]] = []
        self._address, self._headers = address, {"Authorization": f"Bearer {key}"}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        with httpx.Client(base_url=self._address, headers=self._headers, timeout=60, trust_env=False) as client:
            while not self._over.is_set():
                answer = client.post("/v1/checks", json=CUBE)
                self.told.append((answer.status_code, answer.json(), answer.headers["content-type"]))

    def wait_for(self, status: int, count: int = 20) -> None:
        """Wait until so many further answers have a status."""
        begun, until = len(self.told), time.monotonic() + 60
        while sum(told[0] == status for told in self.told[begun:]) < count:
            assert time.monotonic() < until, [told[:2] for told in self.told[-3:]]
            time.sleep(0.02)

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def serving(home: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run a gateway and give its address; it is told to end in order."""
    argv = [SAFEHOLD, "--home", str(home), "serve", "--port", "0", "--json"]
    with (home.parent / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    with process:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["address"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_server_lost_under_load_lets_nothing_pass_and_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with postgresql.running() as server:
        place = server.place()
        told = {"SAFEHOLD_DATABASE": place.render_as_string(hide_password=False), "SAFEHOLD_MEDIA_CHILDREN": "1"}
        environment = os.environ | told
        argv = [SAFEHOLD, "--home", str(home), "key", "create", "load", "--json"]
        key = json.loads(subprocess.run(argv, env=environment, capture_output=True, check=True).stdout)["key"]
        with serving(home, environment) as address:
            askers = Askers(address, key)
            try:
                for _ in range(2):
                    askers.wait_for(200)
                    server.lose()
                    askers.wait_for(503)
                    assert httpx.get(f"{address}/health/live", trust_env=False).status_code == 200
                    assert httpx.get(f"{address}/health/ready", trust_env=False).status_code == 503
                    server.come_back()
                askers.wait_for(200)
            finally:
                askers.end()
        assert {status for status, _, _ in askers.told} == {200, 503}
        refused = [(body, kind) for status, body, kind in askers.told if status == 503]
        assert all(kind == "application/problem+json" and "action" not in body for body, kind in refused)
        assert str(server.password) not in (tmp_path / "log").read_text()
        answered = [body["id"] for status, body, _ in askers.told if status == 200]
        with Home.open(home, SystemClock(), server=place) as opened:
            ledger = open_ledger(opened)
            assert ledger.verify(ledger.checkpoint()).size > len(answered)
            with opened.database.reading() as connection:
                kept = list(connection.execute(sa.select(decisions.c.id)).scalars())
            told_of = [one.event.details for one in ledger.events(1) if one.event.kind == "check.decided"]
        assert len(set(answered)) == len(answered)
        assert set(answered) <= set(kept)
        assert sorted(kept) == sorted(str(details["check"]) for details in told_of)  # never one without the other
