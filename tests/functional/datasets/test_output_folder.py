"""The output folder: full, read-only, foreign, busy, or filled by several slices at once."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.functional.datasets.builders import (
    IS_SOAK,
    Place,
    captioned,
    copy_run,
    leftovers,
    mixed_sources,
    plain_records,
    repeated_events,
    results,
    safeguard,
    write_tar,
)
from tests.functional.datasets.conftest import Driver

from safehold.datasets.errors import ForeignOutputError, IncompleteScanError, OutputBusyError
from safehold.datasets.orders import ScanOrder
from safehold.datasets.proof.verify import verify
from safehold.datasets.safeguard import decide, scan
from safehold.datasets.scan.stage import Slice


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of our own, almost without room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or mount("-t", "tmpfs", "-o", "size=48k", "tmpfs", str(folder)):
        pytest.skip("this machine lets nobody mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


def mount(*arguments: str) -> int:
    return subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode  # noqa: S607


@pytest.mark.long
@pytest.mark.slow
def test_a_full_disk_stops_the_run_cleanly_and_the_next_one_goes_on_from_there(
    place: Place, driver: Driver, disk: Path
) -> None:
    sources = mixed_sources(place.root / "sources")
    reference = place.root / "reference"
    safeguard(place, sources, reference)
    out, stops, size = copy_run(reference, disk / "out"), [], 48
    while "error" in (said := driver.ask(place, sources=sources, out=out)):
        assert said["error"] == "OutputFullError", said
        assert "Free space" in said["advice"]
        assert leftovers(out) == []
        assert not (out / "certificate.json").exists()
        stops.append(len(said["steps"]))
        size += 24 if IS_SOAK else 36
        assert mount("-o", f"remount,size={size}k", str(disk)) == 0
    assert len(set(stops)) >= 4, "the disk was full in too few places"
    assert results(out) == results(reference)
    assert not verify(out).differences
    assert repeated_events(place) == []


@pytest.mark.long
def test_a_file_bigger_than_allowed_stops_the_run_cleanly(place: Place, driver: Driver) -> None:
    source = place.root / "shards"
    write_tar(source / "0.tar", {"a-held": captioned(63, "a red cube beside a blue ball"), **plain_records(12)})
    reference = place.root / "reference"
    safeguard(place, [source], reference)
    out = copy_run(reference, place.root / "out")
    said = driver.ask(place, sources=[source], out=out, file_bytes=30_000)
    assert said["error"] == "OutputFullError"
    assert leftovers(out) == []
    assert not (out / "clean" / "0.tar").exists()
    assert "error" not in driver.ask(place, sources=[source], out=out)
    assert results(out) == results(reference)


def test_a_read_only_folder_is_refused_and_the_message_says_what_to_do(
    place: Place, driver: Driver, disk: Path
) -> None:
    shard = write_tar(place.root / "0.tar", plain_records(1))
    assert mount("-o", "remount,size=4m", str(disk)) == 0
    assert "error" not in driver.ask(place, sources=[shard], out=disk / "made before")
    assert mount("-o", "remount,ro", str(disk)) == 0
    for out in (disk / "new", disk / "made before"):
        said = driver.ask(place, sources=[shard], out=out)
        assert said["error"] == "UnwritableOutputError"
        assert "--out" in said["advice"]


@pytest.mark.parametrize("foreign", ["a file", "a full folder", "another run", "other files beside state"])
def test_a_foreign_output_is_refused_and_left_as_it_is(place: Place, foreign: str) -> None:
    shard, out = write_tar(place.root / "0.tar", plain_records(1)), place.root / "out"
    match foreign:
        case "a file":
            out.write_text("mine")
        case "another run":
            safeguard(place, [write_tar(place.root / "other.tar", plain_records(1))], out)
        case _:
            (out / (".safehold" if foreign.startswith("other") else "inner")).mkdir(parents=True)
            (out / "thesis.txt").write_text("mine")
    before = {path: path.read_bytes() for path in (out, *out.rglob("*")) if path.is_file()}
    with pytest.raises(ForeignOutputError) as caught:
        safeguard(place, [shard], out)
    assert caught.value.advice
    assert {path: path.read_bytes() for path in (out, *out.rglob("*")) if path.is_file()} == before


def test_parts_of_a_scan_without_its_run_are_refused(place: Place) -> None:
    """They may have been made so that a shard is taken for scanned."""
    shard, out = write_tar(place.root / "0.tar", plain_records(1)), place.root / "out"
    safeguard(place, [shard], out)
    for path in (*filter(Path.is_file, out.iterdir()), out / ".safehold" / "run.json"):
        path.unlink()
    shutil.rmtree(out / "clean")
    with pytest.raises(ForeignOutputError, match="no run that it is of"):
        safeguard(place, [shard], out)
    shutil.rmtree(out)
    (out / ".safehold").mkdir(parents=True)
    (out / ".safehold" / ".run.json.0f.tmp").write_text("{")
    safeguard(place, [shard], out)
    assert not verify(out).differences
    assert leftovers(out) == []


def test_a_second_writer_is_refused_while_the_first_one_works(place: Place, driver: Driver) -> None:
    shard, out = write_tar(place.root / "0.tar", plain_records(1)), place.root / "out"
    seen = []

    def intrude(name: str) -> None:
        if name in ("begun", "concluded"):
            seen.append(driver.ask(place, sources=[shard], out=out)["error"])
            seen.append(driver.ask(place, command="decide", out=out)["error"])
            seen.append(driver.ask(place, sources=[shard], out=out, slice=(0, 2))["error"])

    safeguard(place, [shard], out, step=intrude)
    assert seen == ["OutputBusyError"] * 6
    assert not verify(out).differences


def test_the_same_slice_is_refused_twice_and_another_is_welcome(place: Place, driver: Driver) -> None:
    source, out, said = place.root / "shards", place.root / "out", []
    for number in range(2):
        write_tar(source / f"{number}.tar", plain_records(1))

    def intrude(name: str) -> None:
        if name == "begun":
            asked = [driver.ask(place, sources=[source], out=out, slice=(index, 2)) for index in (0, 1)]
            said.extend(answer.get("error") for answer in asked)

    with place.open() as workshop:
        order = ScanOrder((str(source),), out, slice=Slice(0, 2))
        scan(order, workshop.equipment(place.policy), step=intrude)
    assert said == [OutputBusyError.__name__, None]


def shards(place: Place, count: int = 5) -> Path:
    source = place.root / "shards"
    for number in range(count):
        write_tar(source / f"{number}.tar", plain_records(2, first=100 * number + 100))
    write_tar(source / f"{count}.tar", {"cube": captioned(61, "a red cube"), "ball": captioned(62, "a blue ball")})
    return source


@pytest.mark.long
def test_slices_side_by_side_give_what_one_run_gives(place: Place, driver: Driver, second_driver: Driver) -> None:
    source, reference = shards(place), place.root / "reference"
    safeguard(place, [source], reference)
    out = copy_run(reference, place.root / "out")
    for index, one in enumerate((driver, second_driver)):
        one.tell(place, sources=[source], out=out, slice=(index, 3))
    for one in (driver, second_driver):
        assert "error" not in one.hear()
    assert not (out / "clean").exists()
    with place.open() as workshop, pytest.raises(IncompleteScanError) as caught:
        decide(out, workshop.equipment(place.policy))
    assert "2 of 6 shards" in str(caught.value)
    assert "error" not in driver.ask(place, sources=[source], out=out, slice=(2, 3))
    assert "error" not in driver.ask(place, command="decide", out=out)
    assert results(out) == results(reference)
    assert leftovers(out) == []


@pytest.mark.long
def test_slices_that_begin_at_the_same_moment_share_one_run(
    place: Place, driver: Driver, second_driver: Driver
) -> None:
    source, out = shards(place, count=1), place.root / "out"
    for index, one in enumerate((driver, second_driver)):
        one.tell(place, sources=[source], out=out, slice=(index, 2))
    assert all("error" not in one.hear() for one in (driver, second_driver))
    assert "error" not in driver.ask(place, command="decide", out=out)
    assert not verify(out).differences


@pytest.mark.long
def test_slices_under_different_settings_are_not_decided_on(place: Place, driver: Driver) -> None:
    source, out = shards(place), place.root / "out"
    driver.ask(place, sources=[source], out=out, slice=(0, 2))
    place.write_policy(pixels="50000000")
    driver.ask(place, sources=[source], out=out, slice=(1, 2))
    said = driver.ask(place, command="decide", out=out)
    assert said["error"] == "IncompleteScanError"
    assert "same settings" in said["message"]
    assert "error" not in driver.ask(place, sources=[source], out=out)
    assert not verify(out).differences


def test_slices_of_different_versions_of_a_source_are_not_decided_on(place: Place, driver: Driver) -> None:
    source, out = shards(place), place.root / "out"
    driver.ask(place, sources=[source], out=out, slice=(0, 2))
    write_tar(source / "0.tar", plain_records(3, first=900))
    driver.ask(place, sources=[source], out=out, slice=(1, 2))
    said = driver.ask(place, command="decide", out=out)
    assert said["error"] == "IncompleteScanError"
    assert "1 of 6 shards" in said["message"]


def test_a_shard_that_came_between_two_slices_makes_none_of_their_parts_another_shards(
    place: Place, driver: Driver
) -> None:
    source, out = shards(place), place.root / "out"
    driver.ask(place, sources=[source], out=out, slice=(0, 2))
    write_tar(source / "00.tar", plain_records(1, first=900))
    driver.ask(place, sources=[source], out=out, slice=(1, 2))
    assert driver.ask(place, command="decide", out=out)["error"] == "IncompleteScanError"


def test_a_policy_that_no_longer_splits_the_mix_takes_the_second_dataset_away(place: Place, driver: Driver) -> None:
    source, out = shards(place, count=1), place.root / "out"
    apart = place.policy.read_text()
    place.policy.write_text(apart.replace("remove: blue_ball", "remove: two_outputs"))
    assert "error" not in driver.ask(place, sources=[source], out=out)
    assert (out / "clean-blue_ball" / "1.tar").exists()
    assert not verify(out).differences
    place.policy.write_text(apart)
    assert "error" not in driver.ask(place, command="decide", out=out)
    assert sorted(path.name for path in out.glob("clean*")) == ["clean"]
    assert not verify(out).differences


def test_deciding_back_and_forth_is_told_in_full(place: Place, driver: Driver) -> None:
    source, out = shards(place, count=1), place.root / "out"
    policies = [place.policy.read_text(), place.policy.read_text().replace("pdq: 31", "pdq: 20")]
    driver.ask(place, sources=[source], out=out)
    for number in (1, 0, 0):
        place.policy.write_text(policies[number])
        assert "error" not in driver.ask(place, command="decide", out=out)
    with place.open() as workshop:
        kinds = [one.event.kind for one in workshop.ledger.events()]
    assert kinds.count("dataset.certified") == 3
    assert repeated_events(place) == []
