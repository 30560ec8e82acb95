"""A fault costs what it is a fault of: one record, one shard; the rest is examined, and nothing faulty passes."""

import io
import os
import sys
import tarfile
from pathlib import Path

import pytest
from tests.functional.datasets.builders import (
    LISTED,
    Place,
    captioned,
    jpeg,
    leftovers,
    plain_records,
    rows_of,
    safeguard,
    write_parquet,
    write_tar,
)
from tests.vectors import media

from safehold.datasets.errors import ChangedSourceError
from safehold.datasets.proof.verify import verify
from safehold.datasets.safeguard import decide
from safehold.datasets.scan.engine import ProcessEngine
from safehold.datasets.single_files import check_files
from safehold.vocabulary import Action, GapReason

CHILD = Path(__file__).with_name("hostile_child.py")


def hostile(*arguments: str, workers: int = 1) -> ProcessEngine:
    return ProcessEngine(workers, argv=(sys.executable, "-P", str(CHILD), *arguments))


def tar_with(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))
    return path


def names_in(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        return {name.partition(".")[0] for name in tar.getnames()}


@pytest.mark.long
@pytest.mark.slow
def test_a_record_that_ends_its_child_costs_itself_alone_and_is_matched_all_the_same(place: Place) -> None:
    place.write_policy(seconds="1")
    records = {
        "a-plain": captioned(11),
        "b-kill": captioned(12),
        "c-plain": captioned(13),
        "d-hang": captioned(14),
        "e-swell": captioned(15),
        "f-raise": captioned(16),
        "g-kill-listed": {"jpg": LISTED.by_sha256},
        "h-plain": captioned(17),
    }
    shard = write_tar(place.root / "shards" / "0.tar", records)
    write_tar(shard.with_name("1.tar"), plain_records(4))
    outcome = safeguard(place, [shard.parent], place.root / "out", engine=hostile(workers=2))
    rows = rows_of(place.root / "out")
    assert outcome.found
    assert outcome.incomplete
    assert {key: row["gaps"] for key, row in rows.items() if row["gaps"]} == {
        "b-kill": {("pdq", "crashed")},
        "d-hang": {("pdq", "timed_out")},
        "e-swell": {("pdq", "over_limit")},
        "f-raise": {("pdq", "detector_failed")},
        "g-kill-listed": {("pdq", "crashed")},
    }
    actions = {key: row["action"] for key, row in rows.items()}
    assert {key for key, action in actions.items() if action == "hold"} == {"b-kill", "d-hang", "e-swell", "f-raise"}
    assert actions["g-kill-listed"] == "deny"
    assert rows["g-kill-listed"]["confirmed"]
    assert all(rows[key]["hashes"][0]["sha256"] for key in ("b-kill", "d-hang", "e-swell", "f-raise"))
    assert names_in(place.root / "out" / "clean" / "0.tar") == {"a-plain", "c-plain", "h-plain"}
    assert len(names_in(place.root / "out" / "clean" / "1.tar")) == 4


def test_a_child_that_answers_nonsense_has_examined_nothing(place: Place) -> None:
    shard = write_tar(place.root / "0.tar", plain_records(2))
    outcome = safeguard(place, [shard], place.root / "out", engine=hostile("nonsense"))
    assert outcome.incomplete
    assert {reason for _, reason in rows_of(place.root / "out")[""]["gaps"]} == {"crashed"}
    assert not (place.root / "out" / "clean" / "0.tar").exists()


def test_a_single_file_of_which_a_child_says_nonsense_is_held(place: Place) -> None:
    (place.root / "1.jpg").write_bytes(jpeg(11))
    with place.open() as workshop:
        equipment = workshop.equipment(place.policy)
        (checked,) = check_files([place.root / "1.jpg"], equipment, engine=hostile("nonsense"))
    assert checked.decision.action is Action.HOLD
    assert {gap.reason for gap in checked.decision.gaps} == {GapReason.CRASHED}


def test_a_shard_that_could_not_be_read_is_tried_again_by_the_next_scan(place: Place) -> None:
    shard, out = write_tar(place.root / "0.tar", plain_records(2)), place.root / "out"
    safeguard(place, [shard], out, engine=hostile("nonsense"))
    outcome = safeguard(place, [shard], out)
    assert not outcome.incomplete
    assert (out / "clean" / "0.tar").read_bytes() == shard.read_bytes()


def test_hostile_records_become_gaps_and_the_others_stay(place: Place) -> None:
    records = {
        "a-plain": captioned(11),
        "b-bomb": {"png": media.png_that_unpacks_to_pixels(20_000)},
        "c-empty": {"jpg": b"", "txt": b"colours"},
        "d-png-as-jpg": {"jpg": media.encoded(media.picture(96, 96), "PNG")},
        "e-no-picture": {"jpg": b"this is no picture at all"},
        "f-unknown": captioned(12, xyz=b"\x00\x01\x02"),
        "g-inert": captioned(13, cls=b"7"),
        "h-not-text": {"jpg": jpeg(14), "txt": b"\xff\xfe\xfa caption"},
        "i-truncated": {"jpg": jpeg(15)[:-300]},
        "j-listed-as-other": {"xyz": LISTED.by_sha256},
        "k-text-bomb": {"png": media.png_with_text_that_unpacks()},
        "z-plain": captioned(16),
    }
    shard, out = write_tar(place.root / "0.tar", records), place.root / "out"
    outcome = safeguard(place, [shard], out, engine=None)
    rows = rows_of(out)
    assert outcome.incomplete
    assert {key: {reason for _, reason in row["gaps"]} for key, row in rows.items() if row["gaps"]} == {
        "b-bomb": {"over_limit"},
        "c-empty": {"empty"},
        "e-no-picture": {"unknown_kind"},
        "f-unknown": {"unknown_kind"},
        "h-not-text": {"not_text", "unknown_kind"},
        "i-truncated": {"truncated"},
        "k-text-bomb": {"over_limit"},
    }
    assert rows["j-listed-as-other"]["action"] == "deny"
    kept = {key for key, row in rows.items() if row["action"] == "allow"}
    assert kept == {"a-plain", "d-png-as-jpg", "g-inert", "z-plain"}
    assert names_in(out / "clean" / "0.tar") == kept


def test_unsafe_and_doubled_members_are_held_and_nothing_leaves_the_folder(place: Place) -> None:
    link = tarfile.TarInfo("c-link.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    shard = tar_with(
        place.root / "0.tar",
        (tarfile.TarInfo("a-plain.jpg"), jpeg(11)),
        (tarfile.TarInfo("../b-outside.jpg"), jpeg(12)),
        (link, b""),
        (tarfile.TarInfo("d-twice.jpg"), jpeg(13)),
        (tarfile.TarInfo("e-plain.jpg"), jpeg(14)),
        (tarfile.TarInfo("d-twice.jpg"), jpeg(15)),
    )
    out = place.root / "out"
    outcome = safeguard(place, [shard], out)
    rows = rows_of(out)
    assert outcome.incomplete
    assert {key: row["action"] for key, row in rows.items()} == {
        "a-plain": "allow", "../b-outside": "hold", "c-link": "hold", "d-twice": "hold", "e-plain": "allow",
    }  # fmt: skip
    assert names_in(out / "clean" / "0.tar") == {"a-plain", "e-plain"}
    assert not list(place.root.glob("**/b-outside.jpg"))


@pytest.mark.parametrize("fault", ["garbage", "empty", "first half", "unreadable"])
def test_a_shard_that_cannot_be_read_is_a_gap_and_the_others_are_done(place: Place, fault: str) -> None:
    source, out = place.root / "shards", place.root / "out"
    bad = write_tar(source / "1.tar", plain_records(4))
    whole = bad.read_bytes()
    bad.write_bytes(
        {"garbage": os.urandom(4096), "empty": b"", "first half": whole[: len(whole) // 2]}.get(fault, whole)
    )
    if fault == "unreadable":
        if os.geteuid() == 0:
            pytest.skip("root reads everything")
        bad.chmod(0)
    good = write_tar(source / "0.tar", plain_records(2, first=500))
    outcome = safeguard(place, [source], out, engine=None)
    assert outcome.incomplete
    assert (out / "clean" / "0.tar").read_bytes() == good.read_bytes()
    if fault == "first half":
        assert 1 <= len(names_in(out / "clean" / "1.tar")) < 4
    else:
        assert not (out / "clean" / "1.tar").exists()
    assert not verify(out).differences


def test_a_shard_that_changes_between_scan_and_apply_stops_the_run_with_nothing_half_written(place: Place) -> None:
    source, out = place.root / "shards", place.root / "out"
    first = write_tar(source / "0.tar", plain_records(2))
    second = write_tar(source / "1.tar", plain_records(2, first=500))

    def change(name: str) -> None:
        if name == "concluded":
            write_tar(second, plain_records(3, first=600))

    with pytest.raises(ChangedSourceError) as caught:
        safeguard(place, [source], out, step=change)
    assert "1.tar" in str(caught.value)
    assert "dataset scan" in caught.value.advice
    assert (out / "clean" / "0.tar").read_bytes() == first.read_bytes()
    assert not (out / "clean" / "1.tar").exists()
    assert not (out / "certificate.json").exists()
    assert leftovers(out) == []
    safeguard(place, [source], out)
    assert (out / "clean" / "1.tar").read_bytes() == second.read_bytes()
    assert not verify(out).differences


@pytest.mark.parametrize("loss", ["changed", "gone"])
def test_a_source_that_changed_after_the_scan_is_not_decided_on(place: Place, loss: str) -> None:
    shard, out = write_tar(place.root / "s" / "0.tar", plain_records(2)), place.root / "out"
    safeguard(place, [shard], out)
    if loss == "gone":
        shard.unlink()
    else:
        write_tar(shard, plain_records(3))
    with place.open() as workshop, pytest.raises(ChangedSourceError):
        decide(out, workshop.equipment(place.policy))


def test_a_damaged_end_of_a_table_costs_the_end_and_what_was_confirmed_before_it_is_sealed(place: Place) -> None:
    with place.open() as workshop:
        workshop.vault.custodians.generate("amira", out=place.root / "amira.key")
    pictures = [LISTED.by_sha256, *[jpeg(42, side=64)] * 299, jpeg(43), jpeg(44)]
    captions = ["colours"] * len(pictures)
    table, out = write_parquet(place.root / "rows.parquet", pictures, captions, row_group=300), place.root / "out"
    data = bytearray(table.read_bytes())
    start = data.index(jpeg(43)[700:800]) - 700
    data[start - 16 : start] = bytes(16)  # the end of the page header
    table.write_bytes(data)
    outcome = safeguard(place, [table], out)
    assert outcome.found
    assert outcome.incomplete
    assert outcome.summary["disposition"]["sealed"] == 1
    assert not verify(out).differences


def test_what_the_sources_no_longer_hold_leaves_the_cleaned_dataset(place: Place) -> None:
    source, out = place.root / "pictures", place.root / "out"
    source.mkdir()
    for seed in (31, 32):
        (source / f"{seed}.jpg").write_bytes(jpeg(seed))
    safeguard(place, [source], out)
    assert (out / "clean" / "32.jpg").exists()
    (source / "32.jpg").unlink()
    safeguard(place, [source], out)
    assert [path.name for path in (out / "clean").iterdir()] == ["31.jpg"]
    assert not verify(out).differences
