"""``safehold serve`` as real processes: one index, kills, changes from outside, an end in order."""

import base64
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from safehold.cli.edge import run

pytestmark = pytest.mark.long

ENVIRONMENT = {"SAFEHOLD_MEDIA_CHILDREN": "1"}


def picture() -> bytes:
    tiles = np.random.default_rng(7).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(tiles).resize((96, 96), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


@dataclass
class Running:
    """A service that runs.

    Attributes:
        process: of the command.
        address: where it listens.
        client: asks it with a key.
        log: its standard error.
        home: its folder.
    """

    process: subprocess.Popen[str]
    address: str
    client: httpx.Client
    log: Path
    home: Path

    def lines(self, event: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.log.read_text().splitlines()) if line["event"] == event]

    def check(self, **item: str) -> dict[str, Any]:
        answer = self.client.post("/v1/checks", json={"items": [item]})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


def eventually(what: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)


@pytest.fixture
def commanded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def called(*arguments: str) -> dict[str, Any]:
        capsys.readouterr()
        assert run(["--home", str(tmp_path / "home"), *arguments, "--json"]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return called


@pytest.fixture
def running(tmp_path: Path, commanded: Callable[..., dict[str, Any]]) -> Iterator[Running]:
    key = commanded("key", "create", "web")["key"]
    log = tmp_path / "log"
    command = [str(Path(sys.executable).with_name("safehold")), "--home", str(tmp_path / "home")]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, "serve", "--port", "0", "--workers", "2", "--role", "gateway", "--json"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | ENVIRONMENT,
        ) as process,
    ):
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=address, headers=headers, timeout=30, trust_env=False) as client:
            yield Running(process, address, client, log, tmp_path / "home")
        if process.poll() is None:
            process.kill()


@pytest.mark.slow
def test_a_service_of_several_processes_from_start_to_end(
    running: Running, commanded: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assert running.check(kind="prompt", text="a red cube")["action"] == "allow"
    bytes_of_it = picture()
    data = base64.b64encode(bytes_of_it).decode()
    assert running.check(kind="image", data=data)["action"] == "allow"

    # A bank that another process imports is followed within seconds, by every process.
    listed = tmp_path / "list.csv"
    listed.write_text(hashlib.sha256(bytes_of_it).hexdigest() + "\n")
    terms = ("--class", "csam", "--algorithm", "sha256", "--source", "tests", "--legal-basis", "made-up")
    commanded("bank", "import", "made-up", str(listed), *terms)
    eventually(lambda: all(running.check(kind="image", data=data)["action"] == "deny" for _ in range(6)), 10)

    # A process that is killed is started again, and what it leaves behind harms no other.
    started = len(running.lines("process.started"))
    victim = next(
        int(pid)
        for pid in Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        if b"gateway" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: len(running.lines("process.started")) > started and bool(running.lines("process.died")))
    assert running.lines("process.died")[0]["code"] == -9
    with httpx.Client(base_url=running.address, headers=running.client.headers, trust_env=False) as fresh:
        assert fresh.post("/v1/checks", json={"items": [{"kind": "prompt", "text": "x"}]}).status_code == 200

    # A key that is revoked elsewhere is refused.
    commanded("key", "revoke", "web")
    eventually(lambda: running.client.get("/v1/checks/x").status_code == 401, 5)

    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(40) == 0
    assert len(running.lines("process.ended")) == 2
    assert commanded("ledger", "verify")["verified"]
