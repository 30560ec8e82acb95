"""Distribution: shards go to the slots of a cluster, and each comes back as one part, whatever becomes of the nodes.

    1. A slot that has begun must be alike and see the sources; the scan stops at one that does not.
    2. Each slot has the shard it is at and, while there are plenty, the next one, so that it never waits.
    3. A slot that is lost takes its shards back into the queue and is replaced where there is room.
    4. A shard during which `MOST_LOSSES` slots were lost becomes a gap.

Nothing here knows Ray: a `Cluster` says what happened, and a simulated one is as good.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from safehold.datasets.errors import EngineError, HiddenSourceError, NoNodeError, UnlikeNodeError
from safehold.datasets.scan.engine import ShardScan, gap_part
from safehold.datasets.scan.likeness import difference, is_seen, traits_of
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.scan.slot import FAULT, HIDDEN, Answer
from safehold.datasets.sources import Shard
from safehold.vocabulary import GapReason

MOST_LOSSES = 3
"""During how many losses of a slot a shard may be under work before it is not tried again."""
AHEAD = 2
"""How many shards a slot has at most: the one it is at, and the next."""
PATIENCE_SECONDS = 600.0
"""How long to wait while there is no slot at all; a node that is ordered from a cloud may take minutes."""
_TICK_SECONDS = 0.5
_MOST_FAILED_STARTS = 5


@dataclass(frozen=True, slots=True)
class Begun:
    """A slot is there.

    Attributes:
        slot: its number.
        node: the name of the node that it is on.
        traits: see `likeness.traits_of`.
        hidden: numbers of the shards that it was asked about and does not see.
    """

    slot: int
    node: str
    traits: Mapping[str, str]
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A slot is done with a shard, named by its number in the mix; answers may overtake one another."""

    slot: int
    shard: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Glanced:
    """A slot is through so many records of its present shard."""

    slot: int
    records: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A slot is gone, and what it had with it: its process ended, or its node did, or nothing reaches it."""

    slot: int


Event = Begun | Answered | Glanced | Lost


class Cluster(Protocol):
    """Where slots run."""

    def room(self) -> int:
        """Return how many slots the cluster has room for now, those that run included."""
        ...

    def begin(self, probes: Sequence[Shard]) -> int:
        """Ask for a slot and return its number; `Begun` or `Lost` follows, when there is room."""
        ...

    def give(self, slot: int, shard: Shard) -> None:
        """Give a shard to a slot, behind those it has."""
        ...

    def events(self, seconds: float) -> Sequence[Event]:
        """Wait at most so long until something happened, and return it in order."""
        ...


@dataclass(slots=True)
class _Job:
    """A shard that is not done."""

    shard: Shard
    losses: int = 0


@dataclass(slots=True)
class _Seat:
    """A slot as it is known here. It is `node` "" until it has begun."""

    node: str = ""
    jobs: deque[_Job] = field(default_factory=deque)
    records: int = 0

    def take(self, number: int) -> Shard:
        """Take a shard out of what the slot has."""
        job = next(job for job in self.jobs if job.shard.number == number)
        self.jobs.remove(job)
        return job.shard


class Distribution:
    """The shards of one scan on their way through a cluster."""

    def __init__(
        self,
        cluster: Cluster,
        shards: Sequence[Shard],
        settings: ScanSettings,
        *,
        slots: int | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Prepare to distribute.

        Args:
            cluster: where slots run.
            shards: what to scan.
            settings: how.
            slots: how many slots to ask for; None for as many as there is room for, also when there comes to be more.
            patience_seconds: how long to wait while there is no slot at all.
        """
        self._cluster, self._settings, self._slots = cluster, settings, slots
        self._patience_seconds = patience_seconds
        self._waiting = deque(_Job(shard) for shard in shards)
        self._seats: dict[int, _Seat] = {}
        self._traits = traits_of(settings)
        self._probes = [shard for shard in {shard.source: shard for shard in shards}.values() if is_seen(shard)]
        self._failed_starts = 0
        self._served_at = time.monotonic()

    def run(self, tick: Callable[[int], object]) -> Iterator[ShardScan]:
        """Yield every shard's scan, in the order in which they end.

        Args:
            tick: is told now and then how many records are done in the shards under work.

        Raises:
            UnlikeNodeError: a node has another release of something, and could observe otherwise.
            HiddenSourceError: a node does not see the sources as this machine does.
            NoNodeError: there was no slot for too long, or none can begin.
            EngineError: a node can't start decoding children.
        """
        while self._waiting or any(seat.jobs for seat in self._seats.values()):
            self._staff()
            self._assign()
            for event in self._cluster.events(_TICK_SECONDS):
                yield from self._attend(event)
            tick(sum(seat.records for seat in self._seats.values()))
            self._require_slots()

    def _staff(self) -> None:
        """Ask for slots: as many as wanted, and no more than shards that nobody is at."""
        wanted = self._slots or max(1, self._cluster.room())
        idle = sum(not seat.jobs for seat in self._seats.values())
        if self._failed_starts >= _MOST_FAILED_STARTS:
            return
        for _ in range(min(wanted - len(self._seats), len(self._waiting) - idle)):
            self._seats[self._cluster.begin(self._probes)] = _Seat()

    def _assign(self) -> None:
        """Give every slot a shard, then a second one as long as that takes none from another slot's first."""
        ready = {number: seat for number, seat in self._seats.items() if seat.node}
        for depth in range(AHEAD):
            kept_back = len(self._seats) if depth else 0
            for number, seat in ready.items():
                if len(seat.jobs) == depth and len(self._waiting) > kept_back:
                    seat.jobs.append(self._waiting.popleft())
                    self._cluster.give(number, seat.jobs[-1].shard)

    def _attend(self, event: Event) -> Iterator[ShardScan]:
        seat = self._seats[event.slot]
        match event:
            case Begun():
                self._require_alike(event)
                seat.node, self._failed_starts = event.node, 0
            case Glanced():
                seat.records = event.records if seat.jobs else 0
            case Answered():
                seat.records = 0
                yield self._done(seat.node, seat.take(event.shard), event.answer)
            case Lost():
                yield from self._lost(self._seats.pop(event.slot))

    def _done(self, node: str, shard: Shard, answer: Answer) -> ShardScan:
        if isinstance(answer, bytes):
            return ShardScan(shard, answer)
        if answer.get(FAULT) != HIDDEN:
            raise EngineError(f"node {node}: {answer.get('message')}", advice=answer.get("advice") or _LOOK_AT_NODE)
        if is_seen(shard):
            raise _hidden(node, shard)
        return ShardScan(shard, gap_part(shard, self._settings, GapReason.CHANGED_SINCE_SCAN))

    def _lost(self, seat: _Seat) -> Iterator[ShardScan]:
        """Take back what a lost slot had; only the shard that it was at may be at fault."""
        if not seat.node:
            self._failed_starts += 1
        if seat.jobs:
            seat.jobs[0].losses += 1
            if seat.jobs[0].losses >= MOST_LOSSES:
                shard = seat.jobs.popleft().shard
                yield ShardScan(shard, gap_part(shard, self._settings, GapReason.CRASHED))
        self._waiting.extendleft(reversed(seat.jobs))

    def _require_alike(self, begun: Begun) -> None:
        if differs := difference(self._traits, begun.traits):
            raise UnlikeNodeError(
                f"node {begun.node} would not observe what this machine observes: {differs}",
                advice="Give every node the same container image or the same lock file, then run the command again.",
            )
        for shard in self._probes:
            if shard.number in begun.hidden and is_seen(shard):
                raise _hidden(begun.node, shard)

    def _require_slots(self) -> None:
        if any(seat.node for seat in self._seats.values()):
            self._served_at = time.monotonic()
        elif self._failed_starts >= _MOST_FAILED_STARTS:
            raise NoNodeError("no node of the cluster can run a slot", advice=_LOOK_AT_NODE)
        elif time.monotonic() - self._served_at > self._patience_seconds:
            raise NoNodeError(
                f"the cluster had no room for {self._patience_seconds / 60:.0f} minutes",
                advice="Look at the cluster's nodes and what else runs there. Then run the command again: it resumes.",
            )


_LOOK_AT_NODE = "Run `safehold doctor` on the nodes: Safehold must be installed there, in the same release as here."


def _hidden(node: str, shard: Shard) -> HiddenSourceError:
    return HiddenSourceError(
        f"node {node} does not see {shard.location} as this machine sees it",
        advice="Mount the sources under the same path on every node, or name them by an address that all can read.",
    )
