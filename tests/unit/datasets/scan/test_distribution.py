"""Whatever becomes of a cluster's slots, each shard comes back once: as its part, or as a gap; unlike nodes stop it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.datasets.made_up import SETTINGS, shard

from safehold.datasets.errors import EngineError, HiddenSourceError, NoNodeError, UnlikeNodeError
from safehold.datasets.scan.distribution import AHEAD, MOST_LOSSES, Answered, Begun, Distribution, Event, Glanced, Lost
from safehold.datasets.scan.engine import ShardScan, quietly
from safehold.datasets.scan.likeness import traits_of
from safehold.datasets.scan.part import decode_part
from safehold.datasets.scan.slot import Answer
from safehold.datasets.sources import Shard, current_fingerprint

TRAITS = traits_of(SETTINGS)


def part(one: Shard) -> bytes:
    return f"part of {one.number}".encode()


@dataclass
class SimulatedCluster:
    """A cluster that can misbehave: `fates` says, event by event, whether the slot that is next is lost instead."""

    size: int = 2
    fates: Sequence[bool] = ()
    answer: Callable[[Shard], Answer] = part
    begun: Callable[[Begun], Event] = lambda event: event
    slots: dict[int, deque[Shard]] = field(default_factory=dict)
    pending: deque[Event] = field(default_factory=deque)
    most: int = 0
    count: int = 0

    def room(self) -> int:
        return self.size

    def begin(self, _probes: Sequence[Shard]) -> int:
        self.count += 1
        self.slots[self.count] = deque()
        self.pending.append(self.begun(Begun(self.count, f"node-{self.count}", TRAITS)))
        return self.count

    def give(self, slot: int, one: Shard) -> None:
        self.slots[slot].append(one)
        self.most = max(self.most, len(self.slots[slot]))

    def events(self, _seconds: float) -> Sequence[Event]:
        if self.pending:
            return self._noted([self.pending.popleft()])
        busy = [slot for slot, shards in self.slots.items() if shards]
        if not busy:
            return []
        slot = busy[self.count % len(busy)]
        fate, *self.fates = self.fates or (False,)
        if fate:
            return self._noted([Lost(slot)])
        done = self.slots[slot].popleft()
        return [Glanced(slot, 5), Answered(slot, done.number, self.answer(done))]

    def _noted(self, events: list[Event]) -> list[Event]:
        for event in events:
            if isinstance(event, Lost):
                del self.slots[event.slot]
        return events


def run(cluster: SimulatedCluster, shards: Sequence[Shard], slots: int | None = None) -> list[ShardScan]:
    ticks: list[int] = []
    return list(Distribution(cluster, shards, SETTINGS, slots=slots).run(ticks.append))


def gaps_of(scan: ShardScan) -> list[str]:
    table, note = decode_part(scan.part)
    assert note.content == "", "such a shard is scanned again by the next run"
    return [gap["reason"] for row in table.column("gaps").to_pylist() for gap in row]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 12), st.integers(1, 4), st.lists(st.booleans(), max_size=40))
def test_every_shard_comes_back_once_whatever_slots_are_lost(count: int, size: int, fates: list[bool]) -> None:
    shards = [shard(number) for number in range(count)]
    cluster = SimulatedCluster(size, fates)
    scans = run(cluster, shards)
    assert sorted(scan.shard.number for scan in scans) == list(range(count))
    for scan in scans:
        assert scan.part == part(scan.shard) or gaps_of(scan) == ["crashed"]
    assert cluster.most <= AHEAD
    if sum(fates) < MOST_LOSSES:
        assert all(scan.part == part(scan.shard) for scan in scans)


def test_a_shard_that_loses_three_slots_is_a_gap_and_the_next_one_is_scanned() -> None:
    scans = run(SimulatedCluster(1, [True] * MOST_LOSSES), [shard(0), shard(1)])
    assert [scan.shard.number for scan in scans] == [0, 1]
    assert gaps_of(scans[0]) == ["crashed"]
    assert scans[1].part == part(shard(1))


def test_no_more_slots_are_asked_for_than_there_are_shards_or_than_was_said() -> None:
    cluster = SimulatedCluster(50)
    run(cluster, [shard(number) for number in range(3)])
    assert cluster.count == 3
    cluster = SimulatedCluster(50)
    run(cluster, [shard(number) for number in range(9)], slots=2)
    assert cluster.count == 2


def test_a_cluster_that_grows_gets_more_slots() -> None:
    cluster = SimulatedCluster(1)

    def grow(one: Shard) -> bytes:
        cluster.size = 3
        return part(one)

    cluster.answer = grow
    run(cluster, [shard(number) for number in range(9)])
    assert cluster.count == 3


@pytest.mark.parametrize("trait", sorted(TRAITS))
def test_a_node_that_differs_in_any_trait_stops_the_scan(trait: str) -> None:
    def unlike(event: Begun) -> Begun:
        return replace(event, traits={**TRAITS, trait: "other"})

    with pytest.raises(UnlikeNodeError, match=f"{trait} other instead of"):
        run(SimulatedCluster(begun=unlike), [shard(0)])


def test_a_node_that_says_too_little_stops_the_scan() -> None:
    with pytest.raises(UnlikeNodeError):
        run(SimulatedCluster(begun=lambda event: replace(event, traits={})), [shard(0)])


def there(folder: Path) -> Shard:
    file = folder / "0.tar"
    file.write_bytes(b"an input")
    made = replace(shard(0), location=str(file))
    return replace(made, fingerprint=current_fingerprint(made))


def test_a_node_that_does_not_see_a_source_stops_the_scan(tmp_path: Path) -> None:
    cluster = SimulatedCluster(begun=lambda event: replace(event, hidden=(0,)))
    with pytest.raises(HiddenSourceError, match=r"node-1 does not see .*0\.tar"):
        run(cluster, [there(tmp_path)])


def test_a_node_that_sees_another_file_than_this_machine_stops_the_scan(tmp_path: Path) -> None:
    with pytest.raises(HiddenSourceError):
        run(SimulatedCluster(answer=lambda _: {"fault": "hidden"}), [there(tmp_path)])


def test_a_shard_that_changed_for_everybody_is_a_gap(tmp_path: Path) -> None:
    one = there(tmp_path)
    Path(one.location).write_bytes(b"something else")
    (scan,) = run(SimulatedCluster(answer=lambda _: {"fault": "hidden"}), [one])
    assert gaps_of(scan) == ["changed_since_scan"]


def test_a_node_that_cannot_start_children_stops_the_scan_with_its_words() -> None:
    fault = {"fault": "no child", "message": "a decoding child did not start", "advice": "Run doctor."}
    with pytest.raises(EngineError, match="node-1: a decoding child did not start") as caught:
        run(SimulatedCluster(answer=lambda _: fault), [shard(0)])
    assert caught.value.advice == "Run doctor."


def test_a_cluster_on_which_no_slot_can_begin_ends_the_scan() -> None:
    with pytest.raises(NoNodeError, match="no node of the cluster can run a slot"):
        run(SimulatedCluster(begun=lambda event: Lost(event.slot)), [shard(0)])


def test_a_cluster_without_room_is_waited_for_no_longer_than_stated() -> None:
    cluster = SimulatedCluster(begun=lambda event: Glanced(event.slot, 0))
    with pytest.raises(NoNodeError, match="no room"):
        list(Distribution(cluster, [shard(0)], SETTINGS, patience_seconds=0.0).run(quietly))
