"""Verification while people go on reading: a process of its own goes through the ledger and says how far it is.

    verification = Verification(child_argv(folder), clock, ledger.append)
    verification.start("ada")
    verification.current().examined

One run at a time; who asks meanwhile sees the one that there is. The process ends with this one.
"""

import datetime as dt
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from threading import Lock, Thread

from safehold.media.sandbox import module_argv
from safehold.vocabulary import Clock, Event, SafeholdError

CHILD_MODULE = "safehold.console.explorer.child"

_LONGEST_LINE = 4096


class RunState(Enum):
    """How a run ended, or that it goes on."""

    RUNNING = "running"
    SOUND = "sound"
    BROKEN = "broken"
    """Something differs: what and where is said."""
    FAILED = "failed"
    """It could not be gone through; nothing is known."""


@dataclass(frozen=True, slots=True)
class Run:
    """One verification.

    Attributes:
        state: how it stands.
        asked_by: who started it.
        started_at: when.
        ended_at: when it ended; None while it runs.
        examined: how many events were verified so far.
        size: how many there are.
        signed: how many of them the newest checkpoint covers.
        root_hex: the Merkle root over them; "" until it is known to be sound.
        fault: what differs, or why it could not be gone through.
    """

    state: RunState
    asked_by: str
    started_at: dt.datetime
    ended_at: dt.datetime | None = None
    examined: int = 0
    size: int = 0
    signed: int = 0
    root_hex: str = ""
    fault: str = ""

    @property
    def percent(self) -> int:
        """Return how much is done, 0 to 100."""
        return 100 if self.ended_at is not None else 100 * self.examined // self.size if self.size else 0


class Verification:
    """Runs of one console; threads may share it.

    Args:
        argv: starts the process that verifies.
        clock: where the time comes from.
        record: where the event of a finished run goes: a ledger's ``append``.
    """

    def __init__(self, argv: Sequence[str], clock: Clock, record: Callable[[Event], object]) -> None:
        self._argv = tuple(argv)
        self._clock = clock
        self._record = record
        self._lock = Lock()
        self._run: Run | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: Thread | None = None

    def current(self) -> Run | None:
        """Return the run that goes on, or the last one; None where there was none since the console started."""
        return self._run

    def start(self, asked_by: str) -> Run:
        """Start a run, unless one goes on; return the one that goes on then."""
        with self._lock:
            if self._run is not None and self._run.state is RunState.RUNNING:
                return self._run
            self._run = Run(RunState.RUNNING, asked_by, self._clock.now())
            try:
                self._child = subprocess.Popen(
                    self._argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
            except OSError:
                self._end(RunState.FAILED, {})
                return self._run
            self._reader = Thread(target=self._read, args=(self._child,), name="safehold-verification", daemon=True)
            self._reader.start()
            return self._run

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the run that goes on is done."""
        reader = self._reader
        if reader is not None:
            reader.join(seconds)

    def close(self) -> None:
        """Stop what goes on."""
        child = self._child
        if child is not None and child.poll() is None:
            child.kill()
        self.wait()

    def _read(self, child: "subprocess.Popen[bytes]") -> None:
        """Follow what the process says until it ends; what it never said is not known."""
        last: Mapping[str, object] = {}
        with child:
            for line in iter(lambda: child.stdout.readline(_LONGEST_LINE) if child.stdout else b"", b""):
                last = _told(line)
                run = self._run
                if run is not None and "examined" in last:
                    self._run = replace(run, examined=_number(last, "examined"), size=_number(last, "size"))
        state = {"sound": RunState.SOUND, "broken": RunState.BROKEN}.get(str(last.get("end")), RunState.FAILED)
        self._end(state, last)

    def _end(self, state: RunState, told: Mapping[str, object]) -> None:
        run = self._run
        if run is None:
            return
        ended = replace(run, state=state, ended_at=self._clock.now(), fault=str(told.get("fault", "")))
        if state is RunState.SOUND:
            size = _number(told, "size")
            root = str(told.get("root", ""))
            ended = replace(ended, examined=size, size=size, signed=_number(told, "signed"), root_hex=root)
        self._note(ended)
        self._run = ended

    def _note(self, run: Run) -> None:
        """Record that a run ended; a ledger that can't be written any more is no reason to hide what was found."""
        details = {"result": run.state.value, "events": run.size, "signed": run.signed}
        try:
            self._record(Event("ledger.verified", run.asked_by, details=details))
        except SafeholdError:
            return


def child_argv(folder: Path) -> tuple[str, ...]:
    """Return what starts a process that verifies the ledger of a home; it finds the database as this process does."""
    return (*module_argv(CHILD_MODULE), str(folder))


def _told(line: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _number(told: Mapping[str, object], name: str) -> int:
    value = told.get(name)
    return value if isinstance(value, int) else 0
