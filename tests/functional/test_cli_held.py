"""What a person is told after a run: held records, sealing, waivers, signers, slices, jurisdictions."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safehold.signals import digest

Call = Callable[..., Any]
Shown = Callable[..., tuple[int, str]]


def png(seed: int) -> bytes:
    out = io.BytesIO()
    tiles = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(tiles).resize((96, 96), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """One shard: a harmless picture, and three records that can't be read."""
    path = tmp_path / "00000.tar"
    with tarfile.open(path, "w") as tar:
        for name, data in {"0.png": png(0), **{f"{number}.png": png(number)[:150] for number in (1, 2, 3)}}.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return path


def list_as_known(call: Call, tmp_path: Path, data: bytes) -> None:
    """Put a harmless picture on a made-up list that is trusted, so that a policy treats it like confirmed material."""
    hashes = tmp_path / "hashes.csv"
    hashes.write_text(f"algorithm,value\nsha256,{digest(data).sha256.hex()}\n")
    call("bank", "import", "made-up", hashes, "--class", "csam", "--legal-basis", "made-up")


def test_held_records_are_listed_with_what_holds_them(call: Call, shown: Shown, shard: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("dataset", "scan", shard, "--out", out)
    said = call("dataset", "held", out)
    assert (said.code, said.data["held"]) == (0, 3)
    assert [one["record"] for one in said.data["records"]] == [f"00000.tar#{number}" for number in (1, 2, 3)]
    assert all(one["gaps"] for one in said.data["records"])
    text = shown("dataset", "held", out)[1]
    assert "00000.tar#2" in text
    assert "3 records held" in text
    call("dataset", "release", out, "00000.tar#2", "--reason", "seen: a tree")
    assert call("dataset", "held", out).data["held"] == 2


def test_a_limit_shows_fewer_records_and_counts_them_all(call: Call, shown: Shown, shard: Path, tmp_path: Path) -> None:
    call("dataset", "scan", shard, "--out", tmp_path / "out")
    said = call("dataset", "held", tmp_path / "out", "--limit", "1")
    assert (said.data["held"], len(said.data["records"])) == (3, 1)
    assert "2 more than shown" in shown("dataset", "held", tmp_path / "out", "--limit", "1")[1]
    assert call("dataset", "held", tmp_path).code == 2, "no output folder"


def test_a_scan_names_the_command_that_lists_what_is_held(shown: Shown, shard: Path, tmp_path: Path) -> None:
    text = shown("dataset", "scan", shard, "--out", tmp_path / "out")[1]
    assert f"safehold dataset held {tmp_path / 'out'}" in text


def test_that_confirmed_matches_are_not_sealed_is_said_and_mended_by_making_keys(
    call: Call, shown: Shown, shard: Path, tmp_path: Path
) -> None:
    list_as_known(call, tmp_path, png(0))
    out = tmp_path / "out"
    text = shown("dataset", "scan", shard, "--out", out)[1]
    assert "not sealed: there are no custodians' keys" in text
    assert "safehold vault keygen" in text
    for name in ("amira", "jonas"):
        call("vault", "keygen", name, "--out", tmp_path / f"{name}.key")
    text = shown("dataset", "decide", out)[1]
    assert "sealed to the custodians: 1 piece of evidence" in text
    assert "not sealed" not in text


def test_a_dry_run_says_that_it_seals_nothing(call: Call, shown: Shown, shard: Path, tmp_path: Path) -> None:
    list_as_known(call, tmp_path, png(0))
    text = shown("dataset", "scan", shard, "--out", tmp_path / "out", "--dry-run")[1]
    assert "not sealed: a dry run" in text


def test_a_waiver_is_of_an_entry_that_there_is_and_in_a_name(
    call: Call, shown: Shown, home: Path, shard: Path, tmp_path: Path
) -> None:
    from safehold.wiring import open_workshop

    out = tmp_path / "out"
    unknown = call("dataset", "scan", shard, "--out", out, "--waive", "foo", "--waive-reason", "because")
    assert unknown.code == 2
    assert "foo" in unknown.data["error"]["message"]
    assert not out.exists()
    with open_workshop(home, environment={}) as workshop:
        entry = workshop.equipment(None).register.entries[0].id
        actor = workshop.actor
    waive = ("--waive", entry, "--waive-reason", "counsel has agreed")
    said = call("dataset", "scan", shard, "--out", out, *waive)
    assert said.data["waivers"] == [{"entry": entry, "reason": "counsel has agreed", "name": actor}]
    text = shown("dataset", "scan", shard, "--out", tmp_path / "other", *waive, "--waive-name", "Amira")[1]
    assert f"waived: {entry}, by Amira: counsel has agreed" in text


def test_a_malformed_public_key_is_a_usage_error_and_a_good_one_is_named(
    call: Call, shown: Shown, shard: Path, tmp_path: Path
) -> None:
    out, export = tmp_path / "out", tmp_path / "ledger.jsonl"
    call("dataset", "scan", shard, "--out", out)
    key = call("ledger", "export", "--out", export).data["public_key"]
    for wrong in ("safehold-ed25519:AAAA", "xxx"):
        for command in (("dataset", "verify", out), ("ledger", "verify", "--export", export)):
            said = call(*command, "--public-key", wrong)
            assert said.code == 2
            assert said.data["error"]["message"] == "that is not a public key"
    for command in (("dataset", "verify", out), ("ledger", "verify", "--export", export)):
        code, text = shown(*command, "--public-key", key)
        assert code == 0
        assert f"signed by {key}" in text


def test_a_time_is_told_to_people_without_fractions_of_seconds(
    call: Call, shown: Shown, shard: Path, tmp_path: Path
) -> None:
    call("dataset", "scan", shard, "--out", tmp_path / "out")
    assert " UTC says" in shown("dataset", "verify", tmp_path / "out")[1]


@pytest.mark.parametrize("option", ["--num-shards", "--shard-index"])
def test_one_of_the_two_numbers_of_a_slice_is_not_enough(call: Call, shard: Path, tmp_path: Path, option: str) -> None:
    said = call("dataset", "scan", shard, "--out", tmp_path / "out", option, "1")
    assert said.code == 2
    assert "go together" in said.data["error"]["message"]


def test_guidance_is_given_for_known_jurisdictions_only(call: Call) -> None:
    said = call("dataset", "report-guidance", "--jurisdiction", "mars")
    assert said.code == 2
    assert "us-provider, us, gb, eu, de, other" in said.data["error"]["advice"]
    british = call("dataset", "report-guidance", "--jurisdiction", "UK").data
    assert (british["jurisdiction"], british["authority"]) == ("gb", "National Crime Agency")


def test_a_list_of_removals_is_not_written_over_a_file(call: Call, shard: Path, tmp_path: Path) -> None:
    call("dataset", "scan", shard, "--out", tmp_path / "out")
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("mine")
    assert call("dataset", "removals", tmp_path / "out", "--out", thesis).code == 2
    assert thesis.read_text() == "mine"
