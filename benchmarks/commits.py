"""How many decisions become durable in a second, and how long each waits, beside a bare SQLite loop.

    python -m benchmarks.commits [--json] [--seconds S] [--rate PER-SECOND] [--processes N]

Each commit is a row of its own and an event of the ledger, on a home's SQLite: WAL, synchronous=FULL, so that the log
is forced to the disk (fsync) before a commit is reported; group commit. `ours` is what the processes commit in a second
when sixteen threads each ask without pause, `other` what one process commits with the driver alone: the same rows, one
a transaction, equally durable, without the ledger's hashing. Then the processes are asked at a fixed rate: `p50_ms` and
`p99_ms` are the waits from the moment at which a commit was to be asked for until it is reported, and `cores_obtained`
what of the machine the processes used for that. `bare_p99_ms` says how busy others kept the disk.
"""

import argparse
import itertools
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from safehold.home.home import Home
from safehold.home.outbox.tables import jobs
from safehold.ledger import GroupCommit, open_ledger
from safehold.vocabulary import Event, SystemClock

THREADS = 16
EVENT = {"check": "chk_0123456789abcdef", "action": "allow", "items": 1, "gaps": 0, "digest": "5a" * 32}
ROW = {
    "kind": "bench",
    "state": "done",
    "due_at": "2026",
    "attempts": 0,
    "lease": "",
    "reason": "",
    "created_at": "2026",
}


def asked_by(number: str) -> Callable[[], Callable[[sa.Connection], None]]:
    """Return what makes pieces of work, each adding a row of its own."""
    places = itertools.count()

    def make() -> Callable[[sa.Connection], None]:
        row = {"id": f"{number}-{next(places)}", "payload": {}, **ROW}
        return lambda connection: connection.execute(sa.insert(jobs), row) and None

    return make


def worker(folder: str, number: str, rate: str, seconds: str) -> None:
    """Commit for some seconds, without pause if the rate is 0, and print what came of it."""
    event = Event("check.decided", "system", "default@1.0.0", EVENT)
    make = asked_by(f"{number}-{rate}")
    with Home.open(Path(folder), SystemClock()) as home, GroupCommit(home.database, open_ledger(home)) as commits:
        commits.run(make(), [event])
        print("ready", flush=True)
        sys.stdin.readline()
        begun, processor = time.perf_counter(), time.process_time()
        asking = Asking(commits, make, event, float(seconds))
        waits = asking.without_pause() if rate == "0" else asking.at(float(rate))
        taken = time.perf_counter() - begun
        print(json.dumps({"waits": waits, "seconds": taken, "processor": time.process_time() - processor}))


@dataclass(frozen=True)
class Asking:
    """Asks for commits for some seconds."""

    commits: GroupCommit
    make: Callable[[], Callable[[sa.Connection], None]]
    event: Event
    seconds: float

    def without_pause(self) -> list[float]:
        """Ask from every thread as soon as the last one is answered; return the waits in milliseconds."""
        waits: list[float] = []
        end = time.perf_counter() + self.seconds

        def ask() -> None:
            while (asked := time.perf_counter()) < end:
                self.commits.run(self.make(), [self.event])
                waits.append(1000 * (time.perf_counter() - asked))

        threads = [threading.Thread(target=ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return waits

    def at(self, rate: float) -> list[float]:
        """Ask at a rate, whether or not the last one is answered; return the waits in milliseconds."""
        waits: list[float] = []

        def ask(due: float) -> None:
            self.commits.run(self.make(), [self.event])
            waits.append(1000 * (time.perf_counter() - due))

        begun = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as threads:
            for place in range(int(rate * self.seconds)):
                due = begun + place / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                threads.submit(ask, due)
        return waits


def together(folder: Path, processes: int, rate: float, seconds: float) -> tuple[list[float], float, float]:
    """Run workers at once; return all waits, the commits a second, and the processor time over the wall time."""
    code = "import sys; from benchmarks.commits import worker; worker(*sys.argv[1:])"
    share = f"{rate / processes:g}"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), str(number), share, str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for process in started:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise SystemExit("a worker did not start")
    said = [json.loads(answer) for answer in _answers(started)]
    waits = [wait for one in said for wait in one["waits"]]
    longest = max(one["seconds"] for one in said)
    return waits, len(waits) / longest, sum(one["processor"] for one in said) / longest


def _answers(started: "list[subprocess.Popen[str]]") -> Iterator[str]:
    for process in started:
        if process.stdin is not None:
            process.stdin.write("go\n")
            process.stdin.flush()
    for process in started:
        yield process.communicate()[0]


def bare(folder: Path, seconds: float) -> list[float]:
    """Commit the same rows with the driver alone, one a transaction; return each one's milliseconds."""
    path = folder / "bare.db"
    connection = sqlite3.connect(path, isolation_level=None)
    for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        connection.execute(line)
    connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, at, kind, actor, policy, details, leaf)")
    connection.execute("CREATE INDEX ix_events_kind ON events (kind)")
    connection.execute(f"CREATE TABLE jobs (id TEXT PRIMARY KEY, payload, {', '.join(ROW)})")
    connection.execute("CREATE INDEX ix_jobs_due ON jobs (state, due_at)")
    details, waits, begun = json.dumps(EVENT), [], time.perf_counter()
    while (asked := time.perf_counter()) < begun + seconds:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO jobs VALUES (?, '{}', ?, ?, ?, ?, ?, ?, ?)", (f"{asked}", *ROW.values()))
        event = ("2026-11-22T12:00:00.000000Z", "check.decided", "system", "default@1.0.0", details, bytes(32))
        connection.execute("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?)", event)
        connection.execute("COMMIT")
        waits.append(1000 * (time.perf_counter() - asked))
    connection.close()
    return waits


def percentile(waits: list[float], percent: int) -> float:
    """Return the wait that so many percent of all don't exceed."""
    return statistics.quantiles(waits, n=100)[percent - 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="how long each part runs")
    parser.add_argument("--rate", type=float, default=300.0, metavar="PER-SECOND", help="of all processes together")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:  # where a home would be: /tmp may lie in memory
        folder = Path(name)
        alone = bare(folder, options.seconds)
        home = folder / "home"
        most, ours, _ = together(home, options.processes, 0, options.seconds)
        waits, _, cores = together(home, options.processes, options.rate, options.seconds)
    other = len(alone) / options.seconds
    print(
        json.dumps(
            {
                "name": "commits",
                "ours": round(ours, 1),
                "other": round(other, 1),
                "ratio": round(ours / other, 2),
                "unit": "commits/s",
                "mode": "WAL, synchronous=FULL, group commit",
                "processes": options.processes,
                "rate": options.rate,
                "p50_ms": round(percentile(waits, 50), 2),
                "p99_ms": round(percentile(waits, 99), 2),
                "flooded_p99_ms": round(percentile(most, 99), 2),
                "bare_p50_ms": round(percentile(alone, 50), 2),
                "bare_p99_ms": round(percentile(alone, 99), 2),
                "cores_obtained": round(cores, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
