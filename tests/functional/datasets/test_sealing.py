"""Confirmed originals reach the custodians before anything is removed, once, and stay readable to nobody else."""

import hashlib
import itertools
from pathlib import Path

import pytest
from tests.functional.datasets.builders import (
    LISTED,
    Place,
    captioned,
    jpeg,
    repeated_events,
    results,
    safeguard,
    write_image_folder,
    write_parquet,
    write_tar,
)
from tests.functional.datasets.conftest import Driver

from safehold.datasets.orders import Outcome
from safehold.datasets.safeguard import decide
from safehold.vault import OpeningRefusedError, read_custodian_key

NAMES = ("amira", "jonas", "li")
SEALED = (LISTED.by_sha256, LISTED.by_md5)


@pytest.fixture
def guarded(place: Place) -> Place:
    """An installation with three custodians, two of whom open together."""
    with place.open() as workshop:
        for name in NAMES:
            workshop.vault.custodians.generate(name, out=place.root / "keys" / f"{name}.key")
        workshop.vault.custodians.require(2)
    return place


@pytest.fixture
def place(tmp_path: Path, place: Place) -> Place:
    (tmp_path / "keys").mkdir()
    return place


def sources(place: Place) -> tuple[Path, ...]:
    """The listed pictures in every format, one of them three times."""
    shard = write_tar(
        place.root / "sources" / "0.tar",
        {
            "a": captioned(11),
            "b": {"jpg": LISTED.by_sha256},
            "c": {"jpg": LISTED.by_md5},
            "d": {"jpg": LISTED.near_pdq},
        },
    )
    images = write_image_folder(shard.parent / "images", {"1.jpg": jpeg(31), "2.jpg": LISTED.by_sha256}, {})
    rows = write_parquet(shard.parent / "rows.parquet", [jpeg(41), LISTED.by_sha256], ["colours", "colours"])
    return shard, images, rows


def opened(place: Place, *names: str) -> set[bytes]:
    """What these custodians find in the vault together."""
    keys = [read_custodian_key(place.root / "keys" / f"{name}.key") for name in names]
    with place.open() as workshop:
        return {workshop.vault.open(one.id, keys, purpose="a-test", case="T-1") for one in workshop.vault.list()}


def sealed_ids(place: Place) -> list[str]:
    with place.open() as workshop:
        report = workshop.vault.fsck()
        assert not report.problems
        assert not report.orphans
        return [one.id for one in workshop.vault.list()]


def places_with(content: bytes, *folders: Path) -> list[Path]:
    """Files that hold a picture's bytes: its middle, so that no wrapping hides it."""
    mark = content[200:-200]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file() and mark in path.read_bytes()]


def test_confirmed_members_are_sealed_once_and_any_two_custodians_open_them(guarded: Place) -> None:
    outcome = safeguard(guarded, sources(guarded), guarded.root / "out")
    assert outcome.summary["disposition"]["sealed"] == 2
    assert len(sealed_ids(guarded)) == 2
    for pair in itertools.combinations(NAMES, 2):
        assert opened(guarded, *pair) == set(SEALED)


def test_what_was_sealed_to_a_lone_custodian_says_so_and_takes_two_once_there_are_two(place: Place) -> None:
    with place.open() as workshop:
        workshop.vault.custodians.generate("amira", out=place.root / "keys" / "amira.key")
    alone = safeguard(place, sources(place), place.root / "out").summary
    assert (alone["disposition"]["sealed_to_one"], alone["run"]["single_operator"]) == (True, True)
    assert opened(place, "amira") == set(SEALED)
    with place.open() as workshop:
        workshop.vault.custodians.generate("jonas", out=place.root / "keys" / "jonas.key")
    assert opened(place, "amira") == set(SEALED), "what is sealed stays as it is"
    two = again(place, place.root / "out").summary
    assert (two["disposition"]["sealed"], two["disposition"]["sealed_to_one"]) == (2, False)
    with pytest.raises(OpeningRefusedError):
        opened(place, "amira")
    assert opened(place, "amira", "jonas") == set(SEALED)


def test_what_is_only_apparent_is_held_and_never_sealed(guarded: Place) -> None:
    safeguard(guarded, sources(guarded), guarded.root / "out")
    assert LISTED.near_pdq not in opened(guarded, *NAMES[:2])


def test_one_custodian_and_the_home_itself_open_nothing(guarded: Place) -> None:
    safeguard(guarded, sources(guarded), guarded.root / "out")
    for names in ((), NAMES[:1]):
        with pytest.raises(OpeningRefusedError):
            opened(guarded, *names)
    keys = [path.read_bytes().rpartition(b":")[2].strip() for path in (guarded.root / "keys").glob("*.key")]
    stored = b"".join(path.read_bytes() for path in guarded.home.rglob("*") if path.is_file())
    assert all(key not in stored for key in keys)


def test_no_plain_copy_of_a_sealed_member_is_anywhere_but_in_the_source(guarded: Place) -> None:
    sources(guarded)
    out, seen = guarded.root / "out", []

    def look(_: str) -> None:
        seen.extend(path for content in SEALED for path in places_with(content, guarded.home, out))

    safeguard(guarded, sources(guarded), out, step=look)
    assert seen == []
    assert {path.name for path in places_with(LISTED.by_sha256, guarded.root)} == {"0.tar", "2.jpg", "rows.parquet"}
    digest = hashlib.sha256(LISTED.by_sha256).hexdigest()
    assert digest.encode() not in (out / "manifest.parquet").read_bytes()


def test_evidence_is_in_the_vault_before_anything_of_its_output_is_written(guarded: Place) -> None:
    shard = sources(guarded)[0]
    out, moments = guarded.root / "out", []

    def look(name: str) -> None:
        if name == "sealed 0":
            moments.append((len(sealed_ids(guarded)), (out / "clean").exists()))

    safeguard(guarded, [shard], out, step=look)
    assert moments == [(2, False)]


@pytest.mark.long
def test_a_kill_between_sealing_and_commit_doubles_no_evidence(guarded: Place, driver: Driver) -> None:
    given, out = sources(guarded), guarded.root / "out"
    steps = ["sealed 0", "written 0", "committed 0", "sealed 1", "sealed 2", "written 2"]
    names = driver.ask(guarded, sources=given, out=guarded.root / "elsewhere")["steps"]
    before = sealed_ids(guarded)
    for name in steps:
        assert driver.ask(guarded, sources=given, out=out, die_at_step=_place(names, name, out))["killed"]
        assert sealed_ids(guarded) == before
    assert "error" not in driver.ask(guarded, sources=given, out=out)
    assert sealed_ids(guarded) == before
    assert opened(guarded, *NAMES[1:]) == set(SEALED)
    assert repeated_events(guarded) == []


def _place(names: list[str], name: str, out: Path) -> int:
    """Where a step comes when the outputs that are committed already are passed over."""
    done = {path.stem.lstrip("0") or "0" for path in (out / ".safehold" / "applied").glob("*.json")}
    skipped = [one for one in names[: names.index(name)] if one.split()[-1] in done and one.split()[0] in _OF_OUTPUTS]
    return names.index(name) + 1 - len(skipped)


_OF_OUTPUTS = ("sealed", "written", "committed")


@pytest.mark.long
def test_a_killed_first_sealing_is_completed_by_the_next_run(guarded: Place, driver: Driver) -> None:
    given, out = sources(guarded), guarded.root / "out"
    for step in range(8, 13):
        assert driver.ask(guarded, sources=given, out=out, die_at_step=step)["killed"]
    assert "error" not in driver.ask(guarded, sources=given, out=out)
    assert len(sealed_ids(guarded)) == 2
    assert repeated_events(guarded) == []


def again(place: Place, out: Path) -> Outcome:
    with place.open() as workshop:
        return decide(out, workshop.equipment(place.policy))


def test_a_held_record_that_a_newer_list_confirms_is_sealed_though_the_cleaned_dataset_stays(guarded: Place) -> None:
    shard, out = sources(guarded)[0], guarded.root / "out"
    safeguard(guarded, [shard], out)
    before = {name: data for name, data in results(out).items() if name.startswith("clean/")}
    guarded.import_list([f"sha256,{hashlib.sha256(LISTED.near_pdq).hexdigest()}"], name="newer-list")
    again(guarded, out)
    assert opened(guarded, *NAMES[:2]) == {*SEALED, LISTED.near_pdq}
    assert {name: data for name, data in results(out).items() if name.startswith("clean/")} == before


def test_custodians_who_come_later_get_what_was_confirmed_before_them(place: Place) -> None:
    shard, out = sources(place)[0], place.root / "out"
    assert safeguard(place, [shard], out).summary["disposition"]["sealed"] == 0
    with place.open() as workshop:
        for name in NAMES:
            workshop.vault.custodians.generate(name, out=place.root / "keys" / f"{name}.key")
    assert again(place, out).summary["disposition"]["sealed"] == 2
    assert opened(place, *NAMES[:2]) == set(SEALED)


def test_a_record_that_was_clean_until_a_newer_list_leaves_no_copy_behind(guarded: Place) -> None:
    shard, out = (
        write_tar(guarded.root / "s" / "0.tar", {"a": captioned(11), "b": {"jpg": jpeg(77)}}),
        guarded.root / "out",
    )
    safeguard(guarded, [shard], out)
    assert places_with(jpeg(77), out)
    guarded.import_list([f"sha256,{hashlib.sha256(jpeg(77)).hexdigest()}"], name="newer-list")
    again(guarded, out)
    assert places_with(jpeg(77), out, guarded.home) == []
    assert opened(guarded, *NAMES[:2]) == {jpeg(77)}
