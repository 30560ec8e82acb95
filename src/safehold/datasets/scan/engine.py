"""Engines: who runs the scan of shards. The seam where a distributed engine comes in.

An engine takes shards and gives back parts, in any order; it commits nothing. One shard scanned twice gives the same
part, so a retry or a second worker on the same shard does no harm.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from safehold.datasets.scan.child import CHILD_MODULE, TASK
from safehold.datasets.scan.part import PartNote, encode_part, scan_digest, unread_part
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Shard
from safehold.media.sandbox import NETWORK_VARIABLE, Outcome, Pool, module_argv
from safehold.vocabulary import GapReason


@dataclass(frozen=True, slots=True)
class ShardScan:
    """A scanned shard.

    Attributes:
        shard: which one.
        part: its encoded part; not validated yet.
    """

    shard: Shard
    part: bytes


def quietly(_records: int) -> None:
    """Take no notice of how far the work is."""


class Engine(Protocol):
    """Run `scan_shard` over shards somewhere."""

    def submit(
        self, shards: Sequence[Shard], settings: ScanSettings, *, tick: Callable[[int], object] = quietly
    ) -> Iterator[ShardScan]:
        """Yield every shard's scan, in the order in which they end.

        Args:
            shards: what to scan.
            settings: how.
            tick: is told now and then how many records are done in the shards under work.
        """
        ...


@dataclass(frozen=True, slots=True)
class ProcessEngine:
    """Decoding children on this machine.

    Attributes:
        workers: how many at a time.
        source_environment: variables for children that read sources behind an address; None keeps the network from
            them, and every variable.
        argv: the children's program.
    """

    workers: int
    source_environment: Mapping[str, str] | None = field(default=None, repr=False)
    argv: tuple[str, ...] = field(default_factory=lambda: module_argv(CHILD_MODULE))

    def submit(
        self, shards: Sequence[Shard], settings: ScanSettings, *, tick: Callable[[int], object] = quietly
    ) -> Iterator[ShardScan]:
        """Yield every shard's scan, in the order in which they end."""
        requests = (request_of(shard, settings) for shard in shards)
        environment = child_environment(self.source_environment)
        with Pool(self.argv, settings.limits, size=self.workers, environment=environment, tick=tick) as pool:
            for outcome in pool.run(TASK, requests):
                shard = shards[outcome.number]
                yield ShardScan(shard, part_of(shard, settings, outcome))


def request_of(shard: Shard, settings: ScanSettings) -> dict[str, Any]:
    """Return what a decoding child is asked."""
    return {"shard": shard.to_json(), "settings": settings.to_json()}


def child_environment(source_environment: Mapping[str, str] | None) -> dict[str, str]:
    """Return the variables of a child that reads sources behind an address; None is for one that reads files."""
    return {} if source_environment is None else {**source_environment, NETWORK_VARIABLE: "1"}


def part_of(shard: Shard, settings: ScanSettings, outcome: Outcome) -> bytes:
    """Return the part of a shard as a child made it, or the one that stands for a failure."""
    return outcome.data if outcome.failure is None else gap_part(shard, settings, outcome.failure.reason)


def gap_part(shard: Shard, settings: ScanSettings, reason: GapReason) -> bytes:
    """Return the part of a shard that no child could get through: one row, one gap."""
    return encode_part((unread_part(reason),), PartNote(scan_digest(shard, settings), settings, "", 0))
