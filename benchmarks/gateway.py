"""The gateway under load over HTTP on loopback: latency at a fixed rate, what is sustained, and a peer beside pictures.

    python -m benchmarks.gateway [--json] [--of prompts|sustained|pictures] [--rate N] [--seconds S] [--listed N]
                                 [--processes N]

prompts    `--processes` serving processes over one home, prompts at `--rate` a second: median and 99th percentile of
           the milliseconds from when a request was due to its answer
sustained  `--processes` serving processes over one home, as many prompts as are answered
pictures   1024 px JPEGs against `--listed` made-up hashes, one at a time, and the same against a server built with
           python-threatexchange's hashing and `PDQIndex` behind the same web server and the same event commit

Every answer is durable when it is given: SQLite in WAL mode with synchronous=FULL, commits of several threads in one.
`ceiling` is the same web server and load with a view that answers at once. The load generator is `benchmarks.load`,
a process of its own on the same cores; its share of them is printed.
"""

import argparse
import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from benchmarks.listed import random_values
from benchmarks.load import Load, Report, request, run, used_seconds
from benchmarks.pictures import jpeg
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore, BankTraits, Index
from safehold.vocabulary import HarmClass, PdqFlavour, SystemClock

SAFEHOLD = str(Path(sys.executable).with_name("safehold"))
START_SECONDS = 300
SIZE = 1024
PICTURES = 24
KNOWN = 3
ROUNDS = 3
SUBJECTS = ("a red cube", "two blue balls", "a lighthouse in the rain", "a bowl of oranges", "the market at noon")
MANNERS = ("in watercolour", "as a wood engraving", "at dusk, wide angle", "in the style of a travel poster")
CEILING = """
import uvicorn
from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/v1/checks")
async def check(asked: Request):
    return {"bytes": len(await asked.body())}
uvicorn.run(app, port=PORT, log_level="error", access_log=False)
"""


Command = tuple[list[str], int, str]
"""How a server is started, on which port, and where it says that it is ready."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server under load."""

    process: subprocess.Popen[bytes]
    port: int


def prompts(key: str) -> tuple[bytes, ...]:
    """Return requests with one prompt each, all different, over a few sessions."""
    made = [
        f"{subject} {manner}, picture {number}" for number in range(40) for subject in SUBJECTS for manner in MANNERS
    ]
    bodies = (
        {"items": [{"kind": "prompt", "text": text}], "account": f"a-{number % 50}", "session": f"s-{number % 50}"}
        for number, text in enumerate(made)
    )
    return tuple(request("/v1/checks", json.dumps(body).encode(), key) for body in bodies)


def picture(seed: int) -> bytes:
    """Return one JPEG."""
    return jpeg(SIZE * 3 // 4, SIZE, seed=seed)


def pictures(key: str) -> tuple[bytes, ...]:
    """Return requests with one picture each."""
    files = (base64.b64encode(picture(seed)).decode() for seed in range(PICTURES))
    return tuple(
        request("/v1/checks", json.dumps({"items": [{"kind": "image", "data": data}]}).encode(), key) for data in files
    )


def list_made_up(folder: Path, values: np.ndarray) -> None:
    """Import a bank of made-up values into a home, and build its index."""
    listing = folder.with_name("made-up.csv")
    listing.write_text("algorithm,value\n" + "".join(f"pdq,{row.tobytes().hex()}\n" for row in values))
    with Home.open(folder, SystemClock()) as home:
        traits = BankTraits(harm_class=HarmClass.CSAM, legal_basis="made-up values", pdq_flavour=PdqFlavour.FULL)
        BankStore(home, open_ledger(home)).import_file("made-up", listing, traits)
        Index.open(home)


def make_key(home: Path) -> str:
    """Return a new key of a home."""
    told = subprocess.run(
        [SAFEHOLD, "--home", str(home), "key", "create", "load", "--json"], capture_output=True, check=True
    )
    return str(json.loads(told.stdout)["key"])


@contextmanager
def serving(argv: Sequence[str], port: int, *, ready: str) -> Iterator[Served]:
    """Run a server until the block ends, once it answers."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([*argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        _await(f"http://127.0.0.1:{port}{ready}", process)
        yield Served(process, port)
    finally:
        process.terminate()
        process.wait(60)


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  # loopback
                return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"the server at {address} did not start")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ours(home: Path, processes: int = 1) -> Command:
    """Return the command of our server."""
    port = free_port()
    more = ["--workers", str(processes)]
    return [SAFEHOLD, "--home", str(home), "serve", "--port", str(port), *more], port, "/health/ready"


def ceiling() -> Command:
    """Return the same for a server that does nothing."""
    port = free_port()
    return [sys.executable, "-c", CEILING.replace("PORT", str(port))], port, "/openapi.json"


def known(seed: int) -> np.ndarray:
    """Return the PDQ value of one of the pictures, as python-threatexchange makes it."""
    return np.frombuffer(bytes.fromhex(pdq_from_bytes(picture(seed))[0]), np.uint8)


def answers(command: Command, sent: Sequence[bytes]) -> list[bool]:
    """Return of each request whether it is let through."""
    argv, port, ready = command
    with serving(argv, port, ready=ready):
        return [_action(port, one) == "allow" for one in sent]


def _action(port: int, sent: bytes) -> str:
    head, _, body = sent.partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/v1/checks", body, headers)  # loopback
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        return str(json.load(answer)["action"])


def loaded(servers: Sequence[Served], load: Load) -> tuple[Report, float]:
    """Return what came back of a load, and the cores that the servers used."""
    pids = [server.process.pid for server in servers]
    before = used_seconds(pids)
    report = run(load)
    if set(report.statuses) != {200}:
        raise SystemExit(f"a load was not answered: {report.statuses}")
    return report, (used_seconds(pids) - before) / report.seconds


def measured(commands: Sequence[Command], sent: tuple[bytes, ...], **how: float) -> dict[str, float]:
    """Serve, warm up, load in rounds, and return medians."""
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(argv, port, ready=ready)) for argv, port, ready in commands]
        targets = tuple(("127.0.0.1", server.port) for server in servers)
        seconds, rate, connections = how["seconds"], how.get("rate"), int(how.get("connections", 8))
        run(Load(targets, sent, min(3.0, seconds), rate, connections))
        rounds = [loaded(servers, Load(targets, sent, seconds, rate, connections)) for _ in range(ROUNDS)]
    return {
        "per_second": round(statistics.median(report.per_second for report, _ in rounds), 1),
        "p50_ms": round(statistics.median(report.percentile(50) for report, _ in rounds), 2),
        "p99_ms": round(statistics.median(report.percentile(99) for report, _ in rounds), 2),
        "slowest_ms": round(max(report.milliseconds[-1] for report, _ in rounds), 1),
        "cores_servers": round(statistics.median(cores for _, cores in rounds), 2),
        "cores_generator": round(statistics.median(r.processor_seconds / r.seconds for r, _ in rounds), 2),
    }


def told(name: str, mine: dict[str, float], other: dict[str, float], *, unit: str, **more: object) -> str:
    """Return one line: rates are compared as they are, times the other way round."""
    what = "per_second" if unit == "answers/s" else "p50_ms"
    ratio = mine[what] / other[what] if what == "per_second" else other[what] / mine[what]
    cores = round(mine["cores_servers"] + mine["cores_generator"], 2)
    fields = {"name": name, "ours": mine[what], "other": other[what], "ratio": round(ratio, 2), "unit": unit}
    details = {"cores_obtained": cores, "measured": mine, "measured_other": other, "load_generator": "benchmarks.load"}
    return json.dumps({**fields, **details, "commits": "SQLite WAL, synchronous=FULL, in groups", **more})


def main() -> None:
    """Measure one of the three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="as it always is: one line of JSON")
    parser.add_argument("--of", choices=("prompts", "sustained", "pictures"), default="prompts")
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--listed", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, help="serving processes: 1 for prompts, 2 for sustained")
    chosen = parser.parse_args()
    chosen.processes = chosen.processes or (2 if chosen.of == "sustained" else 1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        key = make_key(home)
        if chosen.of == "pictures":
            print(_pictures(Path(folder), home, key, chosen))
        elif chosen.of == "prompts":
            how = {"seconds": chosen.seconds, "rate": chosen.rate}
            other = measured([ceiling() for _ in range(chosen.processes)], prompts(key), **how)
            mine = measured([ours(home, chosen.processes)], prompts(key), **how)
            name = "gateway, prompts at a rate, against a view that answers at once"
            print(told(name, mine, other, unit="ms", processes=chosen.processes))
        else:
            how = {"seconds": chosen.seconds, "connections": 24}
            other = measured([ceiling() for _ in range(chosen.processes)], prompts(key), **how)
            mine = measured([ours(home, chosen.processes)], prompts(key), **how)
            print(told(f"gateway, prompts sustained by {chosen.processes} processes", mine, other, unit="answers/s"))


def _pictures(folder: Path, home: Path, key: str, chosen: argparse.Namespace) -> str:
    values = random_values(chosen.listed, 32, seed=7)
    values[:KNOWN] = [known(seed) for seed in range(KNOWN)]
    list_made_up(home, values)
    np.save(folder / "values.npy", values)
    port = free_port()
    argv = [
        sys.executable,
        "-m",
        "benchmarks._peer_gateway",
        str(folder / "peer"),
        str(port),
        str(folder / "values.npy"),
    ]
    how = {"seconds": chosen.seconds, "connections": 1}
    theirs, own = (argv, port, "/openapi.json"), ours(home)
    if answers(theirs, pictures(key)) != answers(own, pictures(key)):
        raise SystemExit("the two sides answer differently")
    other = measured([theirs], pictures(key), **how)
    mine = measured([own], pictures(key), **how)
    return told("gateway, 1024 px JPEGs, against python-threatexchange", mine, other, unit="ms", listed=chosen.listed)


if __name__ == "__main__":
    main()
