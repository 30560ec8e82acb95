"""Under load for half an hour the service's memory stays where it was. Only with SAFEHOLD_SOAK; `make soak` runs it.

SOAK_MINUTES says how long, 30 by default; SOAK_RATE how many requests a second, 60 by default, every tenth a picture.
"""

import base64
import io
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
RATE = float(os.environ.get("SOAK_RATE", "60"))
SAFEHOLD = Path(sys.executable).with_name("safehold")
GROWTH = 1.05
"""What the last quarter may have more than the second one, in the median: caches fill in the first."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("SAFEHOLD_SOAK"), reason="takes half an hour: make soak"),
]


def memory_kib(pid: int) -> int:
    """Return the proportional share of memory of a process and all that it started."""
    root = Path("/proc", str(pid))
    try:
        (own,) = (
            int(line.split()[1]) for line in (root / "smaps_rollup").read_text().splitlines() if line[:4] == "Pss:"
        )
        started = " ".join((task / "children").read_text() for task in (root / "task").iterdir()).split()
    except OSError:  # it has just ended
        return 0
    return own + sum(memory_kib(int(child)) for child in started)


def bodies() -> Iterator[bytes]:
    """Yield requests without end: prompts of many sessions, and every tenth a picture that no other is like."""
    generator, number = np.random.default_rng(1), 0
    while True:
        number += 1
        item = {"kind": "prompt", "text": f"a lighthouse in the rain, number {number}"}
        if number % 10 == 0:
            blocks = generator.integers(0, 256, (24, 32, 3), np.uint8).repeat(16, 0).repeat(16, 1)
            held = io.BytesIO()
            Image.fromarray(blocks).save(held, "JPEG")
            item = {"kind": "image", "data": base64.b64encode(held.getvalue()).decode()}
        yield json.dumps({"items": [item], "account": f"a-{number % 997}", "session": f"s-{number % 991}"}).encode()


def ask(address: str, key: str, body: bytes) -> str:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{address}/v1/checks", body, headers)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
        return str(json.load(answer)["action"])


def test_memory_stays_flat_under_load(tmp_path: Path) -> None:
    called = [str(SAFEHOLD), "--home", str(tmp_path / "home")]
    made = subprocess.run([*called, "key", "create", "soak", "--json"], capture_output=True, check=True)
    key = json.loads(made.stdout)["key"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [*called, "serve", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            address = json.loads(process.stdout.readline())["address"] if process.stdout else ""
            seen, refused = _loaded(address, key, process.pid)
        finally:
            process.terminate()
    assert not refused
    quarter = len(seen) // 4
    assert statistics.median(seen[-quarter:]) <= GROWTH * statistics.median(seen[quarter : 2 * quarter]), seen


def _loaded(address: str, key: str, pid: int) -> tuple[list[int], list[str]]:
    """Ask at the rate from a few threads and return the memory over time, and what was not allowed."""
    source, lock, ends, refused = bodies(), threading.Lock(), time.monotonic() + MINUTES * 60, []
    threads = 4

    def work() -> None:
        due = time.monotonic()
        while time.monotonic() < ends:
            with lock:
                body = next(source)
            if (action := ask(address, key, body)) != "allow":
                refused.append(action)
            due += threads / RATE
            time.sleep(max(0.0, due - time.monotonic()))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    seen = []
    while time.monotonic() < ends:
        time.sleep(MINUTES * 60 / 60)
        seen.append(memory_kib(pid))
    for worker in workers:
        worker.join()
    return seen, refused
