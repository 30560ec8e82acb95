"""The parent's side of one decoding child.

    child = Child(module_argv("safehold.datasets.child"), Limits())
    child.submit("scan", request)
    while not isinstance(event := child.poll(0.5), Answer | Failed | Died):
        ...

`poll` never blocks longer than asked, whatever the child does. What the child says is checked for size and shape;
a child that breaks the rules is killed and has died.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from safehold.media.errors import ChildStartError
from safehold.media.limits import Limits
from safehold.media.sandbox.inbox import Inbox, Outcry, ProtocolError, parse_object
from safehold.media.sandbox.terms import Terms
from safehold.media.sandbox.wire import (
    HEADER,
    LENGTH,
    NO_RECORD,
    MessageType,
    ProgressCell,
    wait_readable,
    wait_writable,
)
from safehold.vocabulary import Seconds

START_SECONDS = Seconds(60.0)
"""How long a child may take to import its program; generous, since cold disks and busy machines are common."""

_WRITE_SECONDS = 30.0
_STDERR_BYTES = 8192
_PIPE_BYTES = 1 << 20
"""What Linux allows without privilege (pipe(7), /proc/sys/fs/pipe-max-size), instead of its usual 64 KiB."""
_INHERITED = frozenset({"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "VIRTUAL_ENV", "SAFEHOLD_ENGINE"})
_FIXED = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True, slots=True)
class Progress:
    """The child is at work, or idle. `beat` changes with every announcement."""

    record: int
    beat: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The task's answer."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The task raised; the child lives on."""

    record: int
    outcry: Outcry


@dataclass(frozen=True, slots=True)
class Died:
    """The child is gone.

    Attributes:
        record: the last record it announced, or -1.
        why: "signal SIGKILL", "exit 1", "broke the protocol", "was stopped"; never content.
    """

    record: int
    why: str


def module_argv(module: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours with this interpreter, never one from the current folder."""
    return (sys.executable, "-P", "-m", module)


class Child:
    """One decoding child process.

    Start it from a thread that outlives it: on Linux the child is killed when that thread ends.
    """

    def __init__(self, argv: Sequence[str], limits: Limits, *, environment: Mapping[str, str] | None = None) -> None:
        """Start the child; `wait_ready` or the first `submit` waits until it is confined.

        Args:
            argv: the program, which calls `serve`.
            limits: memory, answer size and time.
            environment: variables that the child gets beside the harmless few that it inherits; a child that reads
                shards over the network needs ``{"SAFEHOLD_NETWORK": "1"}`` and its credentials.
        """
        with tempfile.TemporaryFile() as file:
            file.truncate(ProgressCell.WIDTH_BYTES)
            self._cell = ProgressCell(file.fileno())
            self._cell.announce(NO_RECORD)
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd="/",
                env=_scrubbed() | Terms(file.fileno(), os.getpid(), limits).to_environment() | dict(environment or {}),
                start_new_session=True,
                pass_fds=(file.fileno(),),
            )
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        self._stdin, stdout, self._stderr = (pipe.fileno() for pipe in pipes if pipe)
        for descriptor in (self._stdin, stdout, self._stderr):
            os.set_blocking(descriptor, False)
        _widen(self._stdin)
        self._inbox = Inbox(stdout, limits.output_bytes)
        self._complaints = b""
        self._is_heard = True
        self._died: Died | None = None
        self.confinement: Mapping[str, object] | None = None
        self.requests = 0  # how many it was sent

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id, which is the process group's as well."""
        return self._process.pid

    @property
    def sources(self) -> tuple[int, ...]:
        """Descriptors to wait on: when one is readable, `poll(0)` has something to do."""
        return (self._inbox.descriptor, self._stderr) if self._is_heard else (self._inbox.descriptor,)

    @property
    def is_alive(self) -> bool:
        """Whether no end has been noticed yet."""
        return self._died is None

    @property
    def _is_ready(self) -> bool:
        return self.confinement is not None

    @property
    def record(self) -> int:
        """The record that the child announced last, or -1."""
        return self._cell.read().record if self._died is None else self._died.record

    @property
    def activity(self) -> tuple[int, int]:
        """Something that changes whenever the child gets on: announcements, and bytes received."""
        return (self._cell.read().beat if self._died is None else 0), self._inbox.received

    @property
    def complaints(self) -> str:
        """The end of the child's stderr. It may quote content: for a developer's eyes, never for events or logs."""
        return self._complaints.decode("utf-8", "replace")

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the child is confined and waits for requests; repeating is safe.

        Raises:
            ChildStartError: it ended or kept silent.
        """
        deadline = time.monotonic() + seconds
        while self.confinement is None and self.is_alive:
            self.poll(deadline - time.monotonic())
            if not self._is_ready and time.monotonic() >= deadline:
                self._end("said nothing")
        if not self._is_ready and self._died is not None:
            raise ChildStartError(
                f"a decoding child did not start ({self._died.why}): {_last_line(self.complaints)}",
                advice="Run `safehold doctor`; the installation or the memory limit may be at fault.",
            )

    def submit(self, task: str, request: Mapping[str, object], *, data: bytes | memoryview = b"") -> None:
        """Send a request; only when the child is idle. A child that does not take it has died at the next `poll`.

        Args:
            task: which of the child's tasks.
            request: what it is asked, as JSON values.
            data: bytes that the request carries, at most 4 GiB; the task finds them under "data". They go through the
                child's pipe and touch no disk.

        Raises:
            ChildStartError: the child never became ready.
        """
        payload = json.dumps({"task": task, "request": request}).encode()
        self.wait_ready()
        if self._died is not None:
            return
        self._cell.announce(NO_RECORD)
        self.requests += 1
        try:
            if len(data):
                length = LENGTH.size + len(payload) + len(data)
                head = HEADER.pack(MessageType.CARRYING_REQUEST.value, length) + LENGTH.pack(len(payload))
                self._write(head + payload)
                self._write(data)
            else:
                self._write(HEADER.pack(MessageType.REQUEST.value, len(payload)) + payload)
        except (BrokenPipeError, TimeoutError):
            self._end("did not take a request")

    def _write(self, data: bytes | memoryview) -> None:
        view, deadline = memoryview(data).cast("B"), time.monotonic() + _WRITE_SECONDS
        while view:
            if not wait_writable(self._stdin, deadline - time.monotonic()):
                raise TimeoutError
            view = view[os.write(self._stdin, view) :]

    def poll(self, timeout: float) -> Progress | Answer | Failed | Died:
        """Return what is new, waiting at most so many seconds for it.

        Returns:
            `Answer` or `Failed` once a request; `Died` from the child's end on; otherwise `Progress`.
        """
        deadline = time.monotonic() + timeout
        while self._died is None:
            ready = wait_readable(self.sources, deadline - time.monotonic())
            if self._stderr in ready:
                self._hear()
            if self._inbox.descriptor in ready and (event := self._receive()) is not None:
                return event
            if not ready and _has_exited(self._process):
                self._end("")
            if self.is_alive and time.monotonic() >= deadline:
                sign = self._cell.read()
                return Progress(sign.record, sign.beat)
        return self._died

    def _hear(self) -> None:
        heard = os.read(self._stderr, 1 << 16)
        self._is_heard = bool(heard)
        self._complaints = (self._complaints + heard)[-_STDERR_BYTES:]

    def _receive(self) -> Answer | Failed | Progress | None:
        try:
            message = self._inbox.receive()
            return None if message is None else self._understand(*message)
        except EOFError:
            self._end("")
        except ProtocolError:
            self._end("broke the protocol")
        return None

    def _understand(self, kind: MessageType, payload: bytearray) -> Answer | Failed | Progress:
        match kind:
            case MessageType.READY if self.confinement is None:
                self.confinement = parse_object(payload)
                return Progress(NO_RECORD, 0)
            case MessageType.ANSWER:
                return Answer(bytes(payload))
            case MessageType.FAILURE:
                return Failed(self._cell.read().record, Outcry.parse(payload))
            case _:
                raise ProtocolError

    def kill(self) -> None:
        """End the child and its process group at once; repeating is safe."""
        if self._died is None:
            self._end("was stopped")

    def _end(self, why: str) -> None:
        """Kill what is left of the group, reap, and remember how it ended.

        The group is killed before the child is reaped, while its number can't have been given to another.
        """
        record = self._cell.read().record
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        with suppress(BlockingIOError, OSError):
            self._hear()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        self._cell.close()
        self._died = Died(record, why or (f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"))


def _scrubbed() -> dict[str, str]:
    """Return the few variables that a child may see, so that no secret is inherited."""
    kept = {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith("PYTHON")}
    return kept | _FIXED


def _widen(pipe: int) -> None:
    """Let a picture go through a pipe at once, where the system allows it: otherwise the two sides take turns."""
    with suppress(AttributeError, OSError):  # not Linux, or this user has too many wide ones
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _has_exited(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended, leaving it unreaped: its descendants may still hold the pipes open.

    Where a system can't tell without reaping, the closed pipe has to do.
    """
    if not hasattr(os, "waitid"):
        return False
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _last_line(text: str) -> str:
    """Return the last line of a start-up complaint; no content has reached the child by then."""
    return text.strip().rpartition("\n")[2] or "no message"
