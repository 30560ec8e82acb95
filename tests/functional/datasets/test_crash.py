"""A run that is killed at any moment and repeated ends byte-identical to one that was never interrupted."""

import random
import shutil
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.functional.datasets.builders import (
    IS_SOAK,
    LISTED,
    Place,
    copy_run,
    leftovers,
    mixed_sources,
    plain_records,
    repeated_events,
    results,
    write_tar,
)
from tests.functional.datasets.conftest import Driver

from safehold.datasets.proof.verify import verify

pytestmark = pytest.mark.long

STRIDE = 1 if IS_SOAK else 11
"""Of the changes of files in a run, every so many-th is tried: with all of them the test takes minutes."""


ENOUGH = 12 if IS_SOAK else 3
"""Kills at random moments in one test."""


def tried(steps: list[str]) -> list[int]:
    """The numbers, from 1, of the steps to die in: all of them, or the first and the last of each kind.

    A kind is what stands before a shard's or an output's number: "sealed 0" and "sealed 4" are one.
    """
    kinds: dict[str, list[int]] = {}
    for number, name in enumerate(steps, start=1):
        kinds.setdefault(name.partition(" ")[0] if name[-1].isdigit() else name, []).append(number)
    if IS_SOAK:
        return list(range(1, len(steps) + 1))
    return sorted({chosen for numbers in kinds.values() for chosen in (numbers[0], numbers[-1])})


def add_custodians(place: Place) -> None:
    with place.open() as workshop:
        for name in ("amira", "jonas"):
            workshop.vault.custodians.generate(name, out=place.root / f"{name}.key")


def finish(driver: Driver, place: Place, **request: Any) -> dict[str, Any]:
    said = driver.ask(place, **request)
    assert not said["killed"]
    assert said.get("error") is None, f"{said['error']}: {said['message']}"
    return said


def living(supervisor: int) -> list[str]:
    """The decoding children of a supervisor, dead or alive, that still run: they carry its id in their environment."""
    mark, found = f"SAFEHOLD_PARENT={supervisor}".encode(), []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


def wait_for_the_end_of(supervisor: int) -> None:
    deadline = time.monotonic() + 5
    while living(supervisor):
        assert time.monotonic() < deadline, "a decoding child outlived its supervisor"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_kill_in_any_commit_step_changes_nothing_of_the_result(place: Place, driver: Driver) -> None:
    add_custodians(place)
    sources = mixed_sources(place.root / "sources")
    reference = place.root / "reference"
    steps = finish(driver, place, sources=sources, out=reference)["steps"]
    expected = results(reference)
    assert len(steps) >= 20
    side_by_side = finish(driver, place, sources=sources, out=place.root / "side by side", workers=2)["steps"]
    assert sorted(side_by_side) == sorted(steps)
    assert side_by_side.index("sealed 1") < side_by_side.index("written 0")
    for number in tried(side_by_side):
        is_after_scan = number > side_by_side.index("concluded")
        out = copy_run(reference, place.root / f"out-{number}", scanned=is_after_scan)
        killed = driver.ask(place, sources=sources, out=out, die_at_step=number, workers=2)
        assert killed["killed"]
        wait_for_the_end_of(killed["pid"])
        finish(driver, place, sources=sources, out=out)
        assert results(out) == expected, side_by_side[number - 1]
        assert not verify(out).differences
        assert leftovers(out, place.home, place.root / "sources") == []
        shutil.rmtree(out)
    assert repeated_events(place) == []
    with place.open() as workshop:
        assert len(workshop.vault.list()) == 2


@pytest.mark.slow
def test_a_kill_before_any_change_of_a_file_changes_nothing_of_the_result(place: Place, driver: Driver) -> None:
    sources = mixed_sources(place.root / "sources")
    reference = place.root / "reference"
    finish(driver, place, sources=sources, out=reference)
    expected = results(reference)
    for number in count(1, STRIDE):
        out = copy_run(reference, place.root / "out", scanned=True)
        if not driver.ask(place, sources=sources, out=out, die_at_change=number)["killed"]:
            break
        finish(driver, place, sources=sources, out=out)
        assert results(out) == expected, number
        assert leftovers(out, place.root / "sources") == []
        shutil.rmtree(out)
    assert number > 10 * STRIDE
    assert repeated_events(place) == []


def test_a_run_killed_while_it_begins_can_be_repeated(place: Place, driver: Driver) -> None:
    shard = write_tar(place.root / "one.tar", plain_records(1))
    out = place.root / "out"
    for number in range(1, 9):
        assert driver.ask(place, sources=[shard], out=out, die_at_change=number)["killed"]
    finish(driver, place, sources=[shard], out=out)
    assert leftovers(out) == []
    assert not verify(out).differences


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["all", "supervisor"])
def test_kills_at_random_moments_lose_and_double_nothing(place: Place, driver: Driver, victim: str) -> None:
    add_custodians(place)
    source = place.root / "shards"
    for number in range(6 if IS_SOAK else 3):
        write_tar(source / f"{number:05d}.tar", plain_records(30, first=100 * number + 100))
    write_tar(source / "00006.tar", {"listed": {"jpg": LISTED.by_sha256}, **plain_records(3)})
    reference, begun = place.root / "reference", time.monotonic()
    finish(driver, place, sources=[source], out=reference, workers=2)
    took, chance, kills = time.monotonic() - begun, random.Random(20261121), 0
    out = copy_run(reference, place.root / "out")
    for attempt in range(12):
        delay = chance.uniform(0.1, 0.7) * took
        said = driver.ask(place, sources=[source], out=out, workers=2, kill_after=delay, victim=victim)
        if not said["killed"]:  # it was faster this time: begin again, and be quicker
            if kills >= 2:
                break
            out, took = copy_run(reference, place.root / f"out-{attempt}"), took / 2
            continue
        kills += 1
        wait_for_the_end_of(said["pid"])
        before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
        time.sleep(0.2)
        assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before, "somebody goes on writing"
        if kills == ENOUGH:
            break
    assert kills >= 2
    finish(driver, place, sources=[source], out=out, workers=2)
    assert results(out) == results(reference)
    assert leftovers(out, place.home, source) == []
    assert repeated_events(place) == []


@pytest.mark.slow
def test_a_decoding_child_killed_from_outside_costs_a_retry_and_nothing_else(place: Place, driver: Driver) -> None:
    source = place.root / "shards"
    for number in range(4 if IS_SOAK else 2):
        write_tar(source / f"{number:05d}.tar", plain_records(60, first=100 * number + 100))
    reference = place.root / "reference"
    finish(driver, place, sources=[source], out=reference, workers=2)
    for number, delay in enumerate((0.3, 0.5, 0.7, 0.9, 1.1, 1.3) if IS_SOAK else (0.5, 0.8)):
        out = copy_run(reference, place.root / f"out-{number}")
        said = finish(driver, place, sources=[source], out=out, workers=2, kill_after=delay, victim="child")
        assert not said["incomplete"]
        assert results(out) == results(reference)


def test_a_decision_killed_in_any_step_ends_like_one_that_was_not(place: Place, driver: Driver) -> None:
    sources = mixed_sources(place.root / "sources")
    reference = place.root / "reference"
    finish(driver, place, sources=sources, out=reference)
    before = place.root / "before"
    shutil.copytree(reference, before)
    place.write_policy(pdq="0")
    steps = finish(driver, place, command="decide", out=reference)["steps"]
    expected = results(reference)
    assert expected != results(before)
    for number in tried(steps):
        out = place.root / f"out-{number}"
        shutil.copytree(before, out)
        assert driver.ask(place, command="decide", out=out, die_at_step=number)["killed"]
        if number < len(steps):
            assert verify(out).differences or results(out) == results(before), "half a decision looks finished"
        finish(driver, place, command="decide", out=out)
        assert results(out) == expected, steps[number - 1]
        shutil.rmtree(out)


def test_a_release_killed_at_any_change_is_recorded_once_and_never_without_its_event(
    place: Place, driver: Driver
) -> None:
    sources, out = mixed_sources(place.root / "sources"), place.root / "out"
    finish(driver, place, sources=sources, out=out)
    request = {"command": "release", "out": out, "records": ["1-shards/00000.tar#c-near"]}
    number = 1
    while driver.ask(place, **request, die_at_change=number)["killed"]:
        freed = (out / ".safehold" / "releases.jsonl").exists()
        assert not freed or count_events(place, "record.released") == 1
        number += 1
    assert number > 3
    assert finish(driver, place, **request)["released"] == 0
    assert count_events(place, "record.released") == 1
    finish(driver, place, command="decide", out=out)
    assert leftovers(out) == []


def count_events(place: Place, kind: str) -> int:
    with place.open() as workshop:
        return sum(one.event.kind == kind for one in workshop.ledger.events())


def test_a_purge_killed_at_any_change_leaves_every_source_file_whole_and_ends_complete(
    place: Place, driver: Driver
) -> None:
    sources, out = mixed_sources(place.root / "sources"), place.root / "out"
    finish(driver, place, sources=sources, out=out)
    shard = sources[0] / "00000.tar"
    original = shard.read_bytes()
    request = {"command": "purge", "out": out, "sources": [str(place.root / "sources")]}
    states, number = set(), 1
    while driver.ask(place, **request, die_at_change=number)["killed"]:
        states.add(shard.read_bytes())
        number += 1 if IS_SOAK else 2
    finish(driver, place, **request)
    states.add(shard.read_bytes())
    assert original in states
    assert len(states) == 2, "old or new, never between"
    assert LISTED.by_sha256 not in shard.read_bytes()
    assert not (sources[1] / "2.jpg").exists()
    assert leftovers(out, place.root / "sources") == []
    assert repeated_events(place) == []
