"""Datasets, single files and the doctor through the command line, on a handful of harmless records."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from safehold.media.signature_picture import test_signature_png
from safehold.signals import digest

Call = Callable[..., Any]


def png(seed: int) -> bytes:
    out = io.BytesIO()
    tiles = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(tiles).resize((96, 96), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def write_shard(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return path


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """One shard: two ordinary records, the exact test signature, and one that can't be read."""
    return write_shard(
        tmp_path / "00000.tar",
        {
            "0.png": png(1),
            "0.txt": b"a tree",
            "1.png": png(2),
            "1.txt": b"a house",
            "2.png": test_signature_png(),
            "3.png": png(3)[:200],
        },
    )


@pytest.fixture
def clean_shard(tmp_path: Path) -> Path:
    return write_shard(tmp_path / "clean.tar", {f"{number}.png": png(number) for number in range(3)})


def actions(out: Path) -> dict[str, str]:
    rows = pq.read_table(out / "manifest.parquet").to_pylist()
    return {row["record"].partition("#")[2]: row["action"] for row in rows}


def test_a_scan_keeps_holds_and_removes_and_exits_1(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = call("dataset", "scan", shard, "--out", out)
    assert (said.code, said.data["found"], said.data["incomplete"]) == (1, True, True)
    assert actions(out) == {"0": "allow", "1": "allow", "2": "deny", "3": "hold"}
    with tarfile.open(out / "clean" / "00000.tar") as tar:
        assert tar.getnames() == ["0.png", "0.txt", "1.png", "1.txt"]
    for name in ("manifest", "summary", "card", "certificate"):
        assert Path(said.data["files"][name]).is_file()


def test_a_clean_dataset_exits_0_and_an_unexamined_record_4(call: Call, clean_shard: Path, tmp_path: Path) -> None:
    assert call("dataset", "scan", clean_shard, "--out", tmp_path / "clear").code == 0
    broken = write_shard(tmp_path / "broken.tar", {"0.png": png(1)[:100]})
    assert call("dataset", "scan", broken, "--out", tmp_path / "incomplete").code == 4


def test_repeating_a_scan_changes_nothing(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("dataset", "scan", shard, "--out", out)
    before = {path: path.read_bytes() for path in sorted((out / "clean").rglob("*")) if path.is_file()}
    manifest = (out / "manifest.parquet").read_bytes()
    assert call("dataset", "scan", shard, "--out", out).code == 1
    assert {path: path.read_bytes() for path in sorted((out / "clean").rglob("*")) if path.is_file()} == before
    assert (out / "manifest.parquet").read_bytes() == manifest


def test_a_relative_source_and_out_work_from_any_folder(
    call: Call, shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("dataset", "scan", shard.name, "--out", "out").data["records"]["total"] == 4
    monkeypatch.chdir("/")
    assert call("dataset", "decide", tmp_path / "out").code == 1


def test_a_dry_run_writes_no_dataset(call: Call, shard: Path, tmp_path: Path) -> None:
    said = call("dataset", "scan", shard, "--out", tmp_path / "out", "--dry-run")
    assert (said.code, said.data["files"]) == (1, {})
    assert not (tmp_path / "out" / "clean").exists()


def test_a_foreign_output_folder_is_refused_and_left_alone(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    said = call("dataset", "scan", shard, "--out", out)
    assert said.code == 2
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("kind", ["missing", "empty", "not-a-dataset"])
def test_an_unusable_source_exits_2_before_anything_is_written(call: Call, tmp_path: Path, kind: str) -> None:
    source = tmp_path / kind
    if kind != "missing":
        source.mkdir()
    if kind == "not-a-dataset":
        (source / "notes.docx").write_bytes(b"nothing")
    said = call("dataset", "scan", source, "--out", tmp_path / "out")
    assert said.code == 2
    assert said.data["error"]["advice"]
    assert not (tmp_path / "out").exists()


def test_an_unknown_policy_key_exits_2_before_anything_is_written(call: Call, shard: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(call("policy", "show", "--source").data["text"] + "\nunheard_of: 1\n")
    said = call("dataset", "scan", shard, "--out", tmp_path / "out", "--policy", policy)
    assert said.code == 2
    assert "unheard_of" in said.data["error"]["message"]
    assert not (tmp_path / "out").exists()


def test_slices_are_scanned_apart_and_decided_together(call: Call, tmp_path: Path) -> None:
    for number in range(2):
        write_shard(tmp_path / f"{number:05d}.tar", {f"{number}.png": png(number)})
    sources, out = str(tmp_path / "{00000..00001}.tar"), tmp_path / "out"
    slice_of_two = ("--num-shards", "2", "--shard-index")
    assert call("dataset", "scan", sources, "--out", out, *slice_of_two, "0").code == 0
    assert call("dataset", "decide", out).code == 2, "a slice is missing"
    assert call("dataset", "scan", sources, "--out", out, *slice_of_two, "1").code == 0
    assert call("dataset", "decide", out).data["records"]["allow"] == 2
    assert call("dataset", "scan", sources, "--out", out, *slice_of_two, "2").code == 2


def test_a_release_before_anything_is_decided_says_so(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("dataset", "scan", shard, "--out", out, "--shard-index", "0", "--num-shards", "2").code == 0
    said = call("dataset", "release", out, "00000.tar#3", "--reason", "seen")
    assert (said.code, said.data["error"]["message"]) == (2, "the dataset is not decided")


def test_newer_lists_are_decided_on_without_decoding_again(call: Call, clean_shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert call("dataset", "scan", clean_shard, "--out", out).code == 0
    hashes = tmp_path / "hashes.csv"
    hashes.write_text(f"algorithm,value\nmd5,{digest(png(1)).md5.hex()}\n")
    call("bank", "import", "made-up", hashes, "--class", "test", "--legal-basis", "made-up")
    said = call("dataset", "decide", out)
    assert (said.code, actions(out)) == (1, {"0": "allow", "1": "deny", "2": "allow"})


def test_a_decision_without_a_policy_takes_the_one_that_the_dataset_was_last_decided_under(
    call: Call, shard: Path, tmp_path: Path
) -> None:
    out, policy = tmp_path / "out", tmp_path / "policy.yaml"
    policy.write_text(call("policy", "show", "--source").data["text"].replace("pdq: 31", "pdq: 20"))
    scanned = call("dataset", "scan", shard, "--out", out, "--policy", policy)
    again = call("dataset", "decide", out)
    assert again.data["policy"] == scanned.data["policy"]
    default = tmp_path / "default.yaml"
    default.write_text(call("policy", "show", "--source").data["text"])
    other = call("dataset", "decide", out, "--policy", default)
    assert other.data["policy"]["digest"] != scanned.data["policy"]["digest"]
    assert call("dataset", "decide", out).data["policy"] == other.data["policy"]


def test_a_person_frees_a_held_record_and_nothing_else(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("dataset", "scan", shard, "--out", out)
    assert call("dataset", "release", out, "00000.tar#2", "--reason", "no").code == 2, "removed, not held"
    assert call("dataset", "release", out, "00000.tar#9", "--reason", "no").code == 2, "not there"
    assert call("dataset", "release", out, "00000.tar#3").code == 2, "a reason is asked for"
    said = call("dataset", "release", out, "00000.tar#3", "--reason", "seen: a broken picture of a tree")
    assert said.data["released"] == 1
    assert actions(out)["3"] == "allow"
    with tarfile.open(out / "clean" / "00000.tar") as tar:
        assert "3.png" in tar.getnames()


def test_verification_says_exactly_what_differs(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("dataset", "scan", shard, "--out", out)
    key = call("ledger", "checkpoint").data["public_key"]
    alone = call("dataset", "verify", out)
    assert (alone.code, alone.data["trust"]) == (0, "self-consistent only")
    trusted = call("dataset", "verify", out, "--public-key", key)
    assert (trusted.code, trusted.data["verified"]) == (0, True)
    (out / "clean" / "00000.tar").write_bytes(b"something else")
    (out / "clean" / "extra.tar").write_bytes(b"")
    found = call("dataset", "verify", out, "--public-key", key)
    assert found.code == 1
    problems = {(one["name"].rpartition("/")[2], one["problem"]) for one in found.data["differences"]}
    assert problems == {("00000.tar", "altered"), ("extra.tar", "extra")}


def test_a_certificate_of_somebody_else_is_refused(call: Call, shard: Path, tmp_path: Path) -> None:
    from safehold.ledger import SigningKey

    call("dataset", "scan", shard, "--out", tmp_path / "out")
    found = call("dataset", "verify", tmp_path / "out", "--public-key", SigningKey.generate().public_key)
    assert (found.code, found.data["verified"]) == (1, False)


def test_verification_needs_no_home(call: Call, home: Path, shard: Path, tmp_path: Path) -> None:
    call("dataset", "scan", shard, "--out", tmp_path / "out")
    home.rename(tmp_path / "elsewhere")
    assert call("dataset", "verify", tmp_path / "out").code == 0
    assert not home.exists()


def test_a_source_is_purged_only_with_a_receipt_or_counsels_reference(call: Call, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("amira", "jonas"):
        call("vault", "keygen", name, "--out", tmp_path / f"{name}.key")
    call("dataset", "scan", shard, "--out", out)
    before = shard.read_bytes()
    assert call("dataset", "purge-source", out).code == 2
    assert call("dataset", "purge-source", out, "--receipt", "r", "--counsel", "c").code == 2
    assert shard.read_bytes() == before
    said = call("dataset", "purge-source", out, "--counsel", "reference-17")
    assert (said.code, said.data["records"]) == (0, 1)
    with tarfile.open(shard) as tar:
        assert "2.png" not in tar.getnames()
        assert "3.png" in tar.getnames(), "held records stay: nobody has decided on them"


def test_single_files_go_the_same_way_as_a_dataset(call: Call, tmp_path: Path) -> None:
    files = {"plain.png": png(1), "signature.png": test_signature_png(), "broken.png": png(2)[:150]}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    plain = call("check", "file", tmp_path / "plain.png")
    assert (plain.code, plain.data["files"][0]["action"]) == (0, "allow")
    broken = call("check", "file", tmp_path / "broken.png")
    assert (broken.code, broken.data["files"][0]["action"]) == (4, "hold")
    (tmp_path / "unknown.bin").write_bytes(bytes(range(200)))
    unknown = call("check", "file", tmp_path / "unknown.bin")
    assert (unknown.code, unknown.data["files"][0]["action"]) == (4, "hold")
    every = call("check", "file", *(tmp_path / name for name in files))
    assert every.code == 1
    assert [one["action"] for one in every.data["files"]] == ["allow", "deny", "hold"]
    assert every.data["files"][1]["confirmed"] is True


def test_a_pipe_is_refused_as_a_single_file_instead_of_waited_for(call: Call, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    said = call("check", "file", tmp_path / "pipe.png")
    assert (said.code, "no regular file" in said.data["error"]["message"]) == (2, True)


def test_a_single_file_whose_name_is_no_text_is_examined_as_any_other(call: Call, tmp_path: Path) -> None:
    name = tmp_path / os.fsdecode(b"\xff\xfe.png")
    name.write_bytes(png(1))
    said = call("check", "file", name)
    assert (said.code, said.data["files"][0]["action"], said.data["files"][0]["file"]) == (0, "allow", str(name))


def test_the_doctor_sends_the_test_signature_through_the_real_path(call: Call) -> None:
    said = call("doctor")
    assert (said.code, said.data["healthy"]) == (0, True)
    parts = {part["part"]: part["health"] for part in said.data["parts"]}
    for name in ("sha256", "sha1", "md5", "pdq", "verdict", "examined"):
        assert parts[f"test signature: {name}"] == "good"


def test_the_doctor_writes_the_test_signature(call: Call, tmp_path: Path) -> None:
    assert call("doctor", "--write-test-signature", tmp_path / "signature.png").code == 0
    assert (tmp_path / "signature.png").read_bytes() == test_signature_png()


def test_the_doctor_says_so_when_the_ledger_was_altered(call: Call, home: Path) -> None:
    import sqlite3

    call("bank", "create", "made-up", "--class", "test")
    call("ledger", "checkpoint")
    with closing(sqlite3.connect(home / "safehold.db")) as database, database:
        database.execute("UPDATE events SET actor = 'somebody-else' WHERE seq = 1")
    said = call("doctor")
    assert (said.code, said.data["healthy"]) == (5, False)


def test_the_doctor_says_what_to_do_about_a_damaged_vault(call: Call, home: Path, shard: Path, tmp_path: Path) -> None:
    for name in ("amira", "jonas"):
        call("vault", "keygen", name, "--out", tmp_path / f"{name}.key")
    assert call("dataset", "scan", shard, "--out", tmp_path / "out").data["disposition"]["sealed"] == 1
    next((home / "vault" / "objects").iterdir()).unlink()
    said = call("doctor")
    notes = {part["part"]: part["note"] for part in said.data["parts"] if part["health"] == "failed"}
    assert (said.code, set(notes)) == (5, {"vault"})
    assert "safehold vault fsck" in notes["vault"]


def test_a_classifier_that_does_not_load_stops_the_start(
    call: Call, shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAFEHOLD_CLASSIFIERS", "unheard-of")
    said = call("dataset", "scan", shard, "--out", tmp_path / "out")
    assert said.code == 2
    assert "unheard-of" in said.data["error"]["message"]
    assert not (tmp_path / "out").exists()


def test_an_unknown_setting_is_refused_in_file_and_environment(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("bank", "list")
    (home / "settings.yaml").write_text("wrokers: 3\n")
    assert "wrokers" in call("bank", "list").data["error"]["message"]
    (home / "settings.yaml").write_text("workers: 3\n")
    assert call("bank", "list").code == 0
    monkeypatch.setenv("SAFEHOLD_WROKERS", "3")
    assert call("bank", "list").code == 2


def test_neither_ledger_nor_card_names_a_file_or_caption(call: Call, tmp_path: Path) -> None:
    canary = "canary-9f3a"
    members = {f"{canary}.png": test_signature_png(), f"{canary}.txt": canary.encode()}
    source = write_shard(tmp_path / f"{canary}.tar", members)
    out = tmp_path / "out"
    call("dataset", "scan", source, "--out", out)
    call("ledger", "export", "--out", tmp_path / "ledger.jsonl")
    assert canary not in (tmp_path / "ledger.jsonl").read_text()
    assert canary not in (out / "card.html").read_text()
    assert canary not in json.dumps(json.loads((out / "summary.json").read_text()))
