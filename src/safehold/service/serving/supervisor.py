"""The supervisor: several processes on one socket; what dies is started again, what is told to end ends in order.

Rules: children end with this process, however it ends. One that can't live (three deaths within its first seconds) ends
all of them: a service that answers by half looks healthy and is not.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from prometheus_client import multiprocess

from safehold.service.errors import ProcessesDieError
from safehold.service.serving.options import Role, ServeOptions
from safehold.service.watching import Journal
from safehold.service.watching.measures import SHARED_FOLDER

SHORT_LIFE_SECONDS = 10.0
MOST_SHORT_LIVES = 3
STOP_SECONDS = 40.0
"""How long children may take to end: a little more than requests under way may."""

_LOOK_SECONDS = 0.2
_CHILD = "safehold.service.serving.child"


@dataclass(frozen=True, slots=True)
class Part:
    """What one process of a service is.

    Attributes:
        role: in a word, for the journal.
        module: what it runs, as ``python -m MODULE TEXT SOCKET PARENT``: SOCKET is the number of an inherited socket,
            or "-"; PARENT that of a pipe which ends with the supervisor.
        text: what it is told.
        listening: its socket; None for none.
    """

    role: str
    module: str
    text: str
    listening: socket.socket | None = None


@dataclass(slots=True)
class _Child:
    part: Part
    process: subprocess.Popen[bytes]
    started: float


class Supervisor:
    """Keeps processes alive.

    Args:
        parts: what each of them is; at least one.
        journal: where lines go.
    """

    def __init__(self, parts: Sequence[Part], journal: Journal) -> None:
        self._parts = parts
        self._journal = journal
        self._short_lives = 0

    def run(self, stop: threading.Event) -> None:
        """Keep the processes alive until told to stop.

        Raises:
            ProcessesDieError: they can't live.
        """
        with tempfile.TemporaryDirectory(prefix="safehold-measures-") as folder:
            reading, writing = os.pipe()
            try:
                self._keep(stop, reading, {**os.environ, SHARED_FOLDER: folder}, folder)
            finally:
                os.close(reading)
                os.close(writing)

    def _keep(self, stop: threading.Event, parent: int, environment: Mapping[str, str], folder: str) -> None:
        children = [_start(part, parent, environment) for part in self._parts]
        try:
            while not stop.wait(_LOOK_SECONDS):
                for child in children:
                    if child.process.poll() is not None:
                        multiprocess.mark_process_dead(child.process.pid, folder)  # type: ignore[no-untyped-call]
                        self._note_death(child)
                        fresh = _start(child.part, parent, environment)
                        child.process, child.started = fresh.process, fresh.started
        finally:
            _end([child.process for child in children])

    def _note_death(self, child: _Child) -> None:
        is_short = time.monotonic() - child.started < SHORT_LIFE_SECONDS
        self._short_lives = self._short_lives + 1 if is_short else 0
        self._journal.write(
            "process.died", role=child.part.role, code=child.process.returncode, short_lives=self._short_lives
        )
        if self._short_lives >= MOST_SHORT_LIVES:
            raise ProcessesDieError(
                "the service's processes end as soon as they start", advice="The lines before say where it was."
            )


def parts_of(options: ServeOptions, listening: socket.socket | None) -> Sequence[Part]:
    """Return the processes of a service.

    Args:
        options: what was asked for.
        listening: the socket that those who answer share; None for workers alone.
    """
    return [_part(one, None if one.role is Role.WORKER else listening) for one in _plan(options)]


def _part(options: ServeOptions, listening: socket.socket | None) -> Part:
    return Part(options.role.value, _CHILD, options.to_text(), listening)


def _plan(options: ServeOptions) -> Sequence[ServeOptions]:
    """Return the options of each process."""
    gateways = [replace(options, role=Role.GATEWAY, processes=1)] * options.processes
    workers = [replace(options, role=Role.WORKER, processes=1)]
    match options.role:
        case Role.GATEWAY:
            return gateways
        case Role.WORKER:
            return workers
        case Role.CONSOLE:
            return []
        case Role.ALL:
            return [*gateways, *workers] if options.processes > 1 else [options]


def _start(part: Part, parent: int, environment: Mapping[str, str]) -> _Child:
    number = None if part.listening is None else part.listening.fileno()
    process = subprocess.Popen(
        [sys.executable, "-m", part.module, part.text, "-" if number is None else str(number), str(parent)],
        env=dict(environment),
        pass_fds=(parent,) if number is None else (parent, number),
        stdin=subprocess.DEVNULL,
    )
    return _Child(part, process, time.monotonic())


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
