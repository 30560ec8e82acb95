"""Ray: slots as actors of a Ray cluster, one on each core that a scan may use.

    RayEngine(address="10.0.0.1:6379").submit(shards, settings)

Without an address, a Ray of our own is started on this machine: it listens on the loopback interface only, takes no
call without a token that is made for it, and keeps its files in a folder that only this user may enter.

Our code hands nothing but JSON values and bytes to Ray. Ray itself sends classes and errors in Python's own
serialisation: whoever can reach a cluster's ports can run code on its nodes (docs/cluster.md says what follows).
"""

import importlib
import importlib.util
import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from safehold.datasets.errors import EngineError, NoNodeError, RayInUseError, RayMissingError
from safehold.datasets.scan.distribution import Answered, Begun, Distribution, Event, Glanced, Lost
from safehold.datasets.scan.engine import ShardScan, quietly
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.scan.slot import Slot
from safehold.datasets.sources import Shard, is_remote

_LOOPBACK = "127.0.0.1"
_GLANCE_SECONDS = 1.0
_ROOM_SECONDS = 5.0
_GLANCES_A_SECOND = 100
"""How many slots are asked at most for their progress in a second; a call costs the supervisor well under 1 ms."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""No usage reports, no history of calls for a dashboard, no hints on standard error."""
_GROUP = "glance"
"""Of calls that are served beside a scan; there is one such method, of the same name."""


@dataclass(frozen=True, slots=True)
class RayEngine:
    """Decoding children on the nodes of a Ray cluster.

    Attributes:
        address: of the cluster's head, "HOST:PORT", or "auto" on one of its nodes; None for a Ray of our own here.
        workers: how many decoding children; None for one on each core of the cluster.
        source_variables: names of the nodes' variables for children that read sources behind an address.
        argv: the children's program; each node's own installation if not stated.
    """

    address: str | None = None
    workers: int | None = None
    source_variables: tuple[str, ...] = ()
    argv: tuple[str, ...] | None = None

    def submit(
        self, shards: Sequence[Shard], settings: ScanSettings, *, tick: Callable[[int], object] = quietly
    ) -> Iterator[ShardScan]:
        """Yield every shard's scan, in the order in which they end.

        Raises:
            RayMissingError: Ray is not installed.
            RayInUseError: this process is connected to a cluster already.
            NoNodeError: the cluster can't be reached, or has nowhere to scan.
        """
        require_ray()
        if self.address is not None:
            require_reachable(self.address)
        names = self.source_variables if any(is_remote(shard.location) for shard in shards) else None
        arguments = {"settings": settings.to_json(), "variables": names, "argv": self.argv}
        with _connected(self.address, self.workers) as ray:
            cluster = _RayCluster(ray, arguments)
            try:
                yield from Distribution(cluster, shards, settings, slots=self.workers).run(tick)
            finally:
                cluster.close()


def require_ray(find: Callable[[str], object] = importlib.util.find_spec) -> None:
    """Refuse where Ray is not installed.

    Args:
        find: returns None for a package that is not there.

    Raises:
        RayMissingError: it is not.
    """
    if find("ray") is None:
        raise RayMissingError("Ray is not installed", advice="Run: pip install 'safehold[ray]'")


@contextmanager
def _connected(address: str | None, workers: int | None) -> Iterator[Any]:
    """Connect to a cluster, or start one here, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="safehold-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.environ.update(_QUIET if address else _QUIET | _private())
        ray = importlib.import_module("ray")
        if ray.is_initialized():
            raise RayInUseError(
                "this process is connected to a Ray cluster already", advice="Disconnect first, with ray.shutdown()."
            )
        try:
            with _uninterrupted():
                _start(ray, address, {} if address else _local(f"{folder}/r", workers))  # names of sockets are short
            yield ray
        finally:
            with _uninterrupted():
                ray.shutdown()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off the first interruption while the block runs, and give back the handlers that Ray takes.

    A Ray that is half started or half ended when this process exits can end it by a memory fault; and Ray's own
    handler of SIGTERM would end it as if a finding had been made.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def put_off(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, put_off) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        signal.raise_signal(asked[0])


def _private() -> dict[str, str]:
    """Return the variables that keep a Ray of our own to this machine and this user; read when Ray is imported."""
    token = os.environ.get("RAY_AUTH_TOKEN") or secrets.token_hex(32)
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


def _local(folder: str, workers: int | None) -> dict[str, Any]:
    """Return the options of a Ray of our own: nothing spilled to disks, workers as important as our own processes."""
    return {
        "num_cpus": workers or 1,
        "include_dashboard": False,
        "_node_ip_address": _LOOPBACK,
        "_temp_dir": folder,
        "_system_config": {"automatic_object_spilling_enabled": False, "worker_niceness": 0},
    }


def require_reachable(address: str, seconds: float = 10.0) -> None:
    """Refuse the address of a cluster at which nobody answers; Ray itself would go on trying for many minutes.

    Args:
        address: see `RayEngine`; "auto" is Ray's to find.
        seconds: how long to wait for an answer.

    Raises:
        NoNodeError: it is no address, or nothing answers there.
    """
    host, _, port = address.rpartition(":")
    if address == "auto":
        return
    if not host or not port.isdecimal() or "/" in host:
        raise NoNodeError(f"{address} is no address of a Ray cluster", advice=_REACH)
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()
    except OSError as error:
        raise NoNodeError(f"nothing answers at {address} ({type(error).__name__})", advice=_REACH) from error


def _start(ray: Any, address: str | None, options: Mapping[str, Any]) -> None:  # noqa: ANN401  # a module
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        where = f"the Ray cluster at {address} can't be reached" if address else "Ray can't be started here"
        raise NoNodeError(f"{where} ({type(error).__name__})", advice=_REACH if address else _STARTING) from error
    if not address and ray.util.get_node_ip_address() != _LOOPBACK:
        ray.shutdown()
        raise RayInUseError(
            "Ray was imported before, and would listen on every interface", advice="Run the scan in its own process."
        )


_REACH = (
    "Run this command on a node of the cluster and check the address (HOST:PORT of the head, not ray://), the token "
    "(RAY_AUTH_TOKEN) and that its Python and Ray are the same as here."
)
_STARTING = "Check that there is room in /tmp and /dev/shm, or use --engine process."


@dataclass(slots=True)
class _Actor:
    """One slot as Ray knows it."""

    handle: Any
    asked_at: float = 0.0
    is_asked: bool = False
    has_begun: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """What an awaited reference is the answer of."""

    slot: int
    method: str
    shard: int = -1


@dataclass(slots=True)
class _RayCluster:
    """The port's side of a Ray cluster."""

    ray: Any
    arguments: Mapping[str, Any]
    _actors: dict[int, _Actor] = field(default_factory=dict)
    _calls: dict[Any, _Call] = field(default_factory=dict)
    _begun: int = 0
    _room: int = 0
    _ask_at: float = 0.0

    def room(self) -> int:
        """Return how many cores the cluster has, or had a moment ago: its head is not asked in every round."""
        now = time.monotonic()
        if now >= self._ask_at:
            self._ask_at = now + _ROOM_SECONDS
            with suppress(self.ray.exceptions.RayError, ConnectionError, TimeoutError):  # slots outlive their head
                self._room = int(self.ray.cluster_resources().get("CPU", 0))
        return self._room

    def begin(self, probes: Sequence[Shard]) -> int:
        """Ask for an actor on a core of its own."""
        self._begun += 1
        actor = self.ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0, concurrency_groups={_GROUP: 1})(Slot)
        self._actors[self._begun] = _Actor(actor.remote(**self.arguments))
        self._call(_Call(self._begun, "describe"), [probe.to_json() for probe in probes])
        return self._begun

    def give(self, slot: int, shard: Shard) -> None:
        """Send a shard; an actor takes its calls one after another."""
        self._call(_Call(slot, "scan", shard.number), shard.to_json())

    def events(self, seconds: float) -> list[Event]:
        """Wait for answers and losses, and ask now and then how far the shards under work are."""
        if not self._calls:
            time.sleep(seconds)
            return []
        self._glance()
        ended, _ = self.ray.wait(list(self._calls), num_returns=1, timeout=seconds)
        if ended:
            ended, _ = self.ray.wait(list(self._calls), num_returns=len(self._calls), timeout=0)
        return [event for reference in ended if (event := self._event(reference)) is not None]

    def close(self) -> None:
        """End every actor, and with it its child."""
        for slot in tuple(self._actors):
            self._forget(slot)

    def _call(self, call: _Call, *arguments: object) -> None:
        method = getattr(self._actors[call.slot].handle, call.method)
        bound = method.options(concurrency_group=_GROUP) if call.method == _GROUP else method
        self._calls[bound.remote(*arguments)] = call

    def _glance(self) -> None:
        now = time.monotonic()
        pause = max(_GLANCE_SECONDS, len(self._actors) / _GLANCES_A_SECOND)
        for slot, actor in self._actors.items():
            if actor.has_begun and not actor.is_asked and now - actor.asked_at > pause:
                actor.asked_at, actor.is_asked = now, True
                self._call(_Call(slot, _GROUP))

    def _event(self, reference: Any) -> Event | None:  # noqa: ANN401  # Ray's
        call = self._calls.pop(reference, None)
        if call is None:  # of a slot that was lost a moment ago
            return None
        try:
            value = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            raise EngineError(
                f"a slot failed with {type(error.cause).__name__}", advice="This is a defect: please report it."
            ) from error
        except self.ray.exceptions.RayError:
            self._forget(call.slot)
            return Lost(call.slot)
        return self._understood(call, value)

    def _understood(self, call: _Call, value: Any) -> Event:  # noqa: ANN401  # what our own slot returned
        actor = self._actors[call.slot]
        match call.method:
            case "describe":
                actor.has_begun = True
                return Begun(call.slot, value["node"], value["traits"], tuple(value["hidden"]))
            case "glance":
                actor.is_asked = False
                return Glanced(call.slot, value)
            case _:
                return Answered(call.slot, call.shard, value)

    def _forget(self, slot: int) -> None:
        self.ray.kill(self._actors.pop(slot).handle)
        for reference in [reference for reference, call in self._calls.items() if call.slot == slot]:
            del self._calls[reference]
