"""A process that runs commands on datasets and dies when it is told to: the program behind the crash tests.

It reads one JSON request a line and answers each with one line. Every request runs in a forked process that leads its
own process group, so that nothing is torn down on the way: SIGKILL ends it.

    {"home": "...", "policy": "...", "command": "scan", "sources": ["..."], "out": "...", "workers": 1}

`die_at_step` N dies in the N-th commit step, `die_at_change` N right before the N-th change of a file below `out` or
`sources`. `kill_after` SECONDS with `victim` lets a third process kill from outside: "all" (the supervisor and its
decoding children), "supervisor" or "child" (one of them).
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.dataset  # noqa: F401  # loaded once here, not in every forked process at its first table

from safehold.datasets.card import page
from safehold.datasets.freeing import release
from safehold.datasets.orders import ScanOrder
from safehold.datasets.purge import purge_source
from safehold.datasets.safeguard import decide, scan
from safehold.datasets.scan.engine import Engine, ProcessEngine
from safehold.datasets.scan.ray_cluster import RayEngine
from safehold.datasets.scan.stage import Slice
from safehold.vault import Reference, ReferenceKind
from safehold.vocabulary import SafeholdError
from safehold.wiring import open_workshop

CHANGES = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"})


class Steps:
    """Counts commit steps and ends everything in the one that was asked for."""

    def __init__(self, die_at: int | None) -> None:
        self._die_at = die_at
        self.seen: list[str] = []

    def __call__(self, name: str) -> None:
        self.seen.append(name)
        if len(self.seen) == self._die_at:
            os.killpg(0, signal.SIGKILL)


class Changes:
    """Counts changes of files and ends everything right before the one that was asked for."""

    def __init__(self, die_at: int | None, folders: list[str]) -> None:
        self._die_at = die_at
        self._folders = tuple(folders)
        self.count = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not (event in CHANGES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))):
            return
        if any(str(path).startswith(self._folders) for path in arguments[:2] if isinstance(path, str | Path)):
            self.count += 1
            if self.count == self._die_at:
                os.killpg(0, signal.SIGKILL)


def perform(request: dict[str, Any], step: Callable[[str], None]) -> dict[str, Any]:
    with open_workshop(Path(request["home"]), environment={}) as workshop:
        equipment, out = workshop.equipment(Path(request["policy"])), Path(request["out"])
        if "file_bytes" in request:
            resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_bytes"], resource.RLIM_INFINITY))
        match request.get("command", "scan"):
            case "scan":
                workers, argv = request.get("workers", 1), request.get("child")
                part = Slice(*request.get("slice", (0, 1)))
                order = ScanOrder(tuple(request["sources"]), out, workers=workers, slice=part)
                engine: Engine | None = ProcessEngine(workers, argv=tuple(argv)) if argv else None
                if request.get("engine") == "ray":
                    engine = RayEngine(workers=workers, argv=tuple(argv) if argv else None)
                outcome = scan(order, equipment, engine=engine, step=step)
                return {"found": outcome.found, "incomplete": outcome.incomplete}
            case "decide":
                decide(out, equipment, step=step)
            case "release":
                return {"released": release(out, request["records"], reason="looked at it", equipment=equipment)}
            case "purge":
                purged = purge_source(out, reference=Reference(ReferenceKind.COUNSEL, "A-1"), equipment=equipment)
                return {"purged": purged.records}
            case other:
                raise ValueError(other)
    return {}


def children_of(parent: int) -> list[int]:
    """Return the processes that a process started."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found


def kill_later(supervisor: int, seconds: float, victim: str) -> None:
    time.sleep(seconds)
    children = [pid for pid in children_of(supervisor) if pid != os.getpid()]
    victims = {"all": [supervisor, *children], "supervisor": [supervisor], "child": children[:1]}
    for pid in victims[victim]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def work(request: dict[str, Any], answer: int) -> None:
    """Run one request in this process and say how it ended."""
    if "kill_after" in request and os.fork() == 0:
        os.close(answer)
        kill_later(os.getppid(), request["kill_after"], request["victim"])
        os._exit(0)
    steps = Steps(request.get("die_at_step"))
    changes = Changes(request.get("die_at_change"), [request["out"], *request.get("sources", ())])
    sys.addaudithook(changes)
    try:
        said = perform(request, steps)
    except SafeholdError as error:
        said = {"error": type(error).__name__, "message": str(error), "advice": error.advice}
    os.write(answer, json.dumps({"steps": steps.seen, "changes": changes.count, **said}).encode())


def attempt(request: dict[str, Any]) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.close(reading)
        work(request, writing)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        answer = file.read()
    _, status, usage = os.wait4(child, 0)
    return {"killed": os.WIFSIGNALED(status), "pid": child, "peak_kib": usage.ru_maxrss, **json.loads(answer or b"{}")}


if __name__ == "__main__":
    page._template()  # compiled once here, as above
    for line in sys.stdin:
        sys.stdout.write(json.dumps(attempt(json.loads(line))) + "\n")
        sys.stdout.flush()
