"""A load generator for HTTP/1.1 on loopback, in a process of its own: at a fixed rate, or as fast as answers come.

At a fixed rate a request's time counts from the moment at which it was due, not from when a connection was free for
it: a server that stands still is charged for everybody who would have waited (no "coordinated omission").

    report = run(Load(("127.0.0.1", 8000), (request("/v1/checks", body, key),), seconds=10, rate=300))
    report.percentile(99), report.processor_seconds
"""

import asyncio
import multiprocessing
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import numpy as np

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What to ask.

    Attributes:
        targets: host and port of each server; connections are spread over them.
        requests: whole requests, sent in turns.
        seconds: for how long.
        rate: requests a second over all connections; None for as many as are answered.
        connections: how many are open.
    """

    targets: tuple[tuple[str, int], ...]
    requests: tuple[bytes, ...] = field(repr=False)
    seconds: float
    rate: float | None = None
    connections: int = 8


@dataclass(frozen=True, slots=True)
class Report:
    """What came back.

    Attributes:
        milliseconds: of each answered request, sorted.
        statuses: how many answers had which status.
        seconds: from the first request to the last answer.
        processor_seconds: what the generator itself used.
    """

    milliseconds: tuple[float, ...]
    statuses: dict[int, int]
    seconds: float
    processor_seconds: float

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return len(self.milliseconds) / self.seconds

    def percentile(self, which: float) -> float:
        """Return the milliseconds within which so many of a hundred requests were answered."""
        return float(np.percentile(self.milliseconds, which))


def request(path: str, body: bytes, key: str) -> bytes:
    """Return a whole request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(load: Load) -> Report:
    """Send the load from a process of its own and return what came back."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_in_process, (load,))


def _in_process(load: Load) -> Report:
    return asyncio.run(_Generator(load).run())


class _Connection(asyncio.Protocol):
    """One connection, which has one request under way at most."""

    def __init__(self, generator: "_Generator") -> None:
        self._generator, self._buffer, self._due = generator, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def send(self, data: bytes, due: float) -> None:
        self._due, self._buffer = due, b""
        self._transport.write(data)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(_END)
        if found and len(body) >= _length(head):
            self._generator.answered(self, int(head[9:12]), self._due)

    def connection_lost(self, _: Exception | None) -> None:
        self._generator.lost()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


class _Generator:
    """Everything under way."""

    def __init__(self, load: Load) -> None:
        self._load, self._requests = load, cycle(load.requests)
        self._free: deque[_Connection] = deque()
        self._late: deque[float] = deque()
        self._taken: list[float] = []
        self._statuses: Counter[int] = Counter()
        self._open = self._sent = 0
        self._is_over = False
        self._idle = asyncio.Event()

    async def run(self) -> Report:
        loop = asyncio.get_running_loop()
        for _, (host, port) in zip(range(self._load.connections), cycle(self._load.targets), strict=False):
            _, connection = await loop.create_connection(lambda: _Connection(self), host, port)
            self._free.append(connection)
            self._open += 1
        began, used = time.perf_counter(), time.process_time()
        await (self._at_rate(began) if self._load.rate else self._at_will(began))
        self._is_over = True
        if self._sent > sum(self._statuses.values()):
            await asyncio.wait_for(self._idle.wait(), 60)
        seconds = time.perf_counter() - began
        return Report(tuple(sorted(self._taken)), dict(self._statuses), seconds, time.process_time() - used)

    async def _at_rate(self, began: float) -> None:
        rate = self._load.rate or 1.0
        for number in range(int(rate * self._load.seconds)):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._ask(due)

    async def _at_will(self, began: float) -> None:
        for _ in range(len(self._free)):
            self._ask(time.perf_counter())
        await asyncio.sleep(max(0.0, began + self._load.seconds - time.perf_counter()))

    def _ask(self, due: float) -> None:
        if not self._free:
            self._late.append(due)
            return
        self._sent += 1
        self._free.popleft().send(next(self._requests), due)

    def answered(self, connection: _Connection, status: int, due: float) -> None:
        now = time.perf_counter()
        self._taken.append((now - due) * 1e3)
        self._statuses[status] += 1
        self._free.append(connection)
        if self._late:
            self._ask(self._late.popleft())
        elif not self._load.rate and not self._is_over:
            self._ask(now)
        elif self._is_over and len(self._free) == self._open:
            self._idle.set()

    def lost(self) -> None:
        self._open -= 1
        if not self._is_over:
            raise SystemExit("a server closed a connection under load")


def used_seconds(pids: Sequence[int]) -> float:
    """Return the processor seconds that processes and their children have used. Linux only."""
    return sum(map(_used_by, pids))


def _used_by(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
    except OSError:
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / 100  # clock ticks; Linux has 100 a second
    return own + sum(map(_used_by, children))
