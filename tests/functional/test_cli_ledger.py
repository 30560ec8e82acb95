"""The ledger, policies, vault and backups through the command line."""

import hashlib
import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def change_an_event(home: Path) -> None:
    with closing(sqlite3.connect(home / "safehold.db")) as database, database:
        database.execute("UPDATE events SET actor = 'somebody-else' WHERE seq = 1")


def test_a_new_home_is_made_ready_at_first_use_and_its_ledger_verifies(call: Call, home: Path) -> None:
    assert call("ledger", "verify").data["verified"] is True
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "safehold.db").stat().st_mode) == 0o600


def test_a_changed_event_is_found(call: Call, home: Path) -> None:
    call("bank", "create", "made-up", "--class", "test")
    call("ledger", "checkpoint")
    change_an_event(home)
    said = call("ledger", "verify")
    assert said.code == 2
    assert "event 1" in said.data["error"]["message"]


def test_a_cut_off_ledger_is_found_against_a_checkpoint_kept_elsewhere(call: Call, home: Path, tmp_path: Path) -> None:
    call("bank", "create", "made-up", "--class", "test")
    kept = tmp_path / "checkpoint.json"
    assert call("ledger", "checkpoint", "--out", kept).code == 0
    assert call("ledger", "verify", "--checkpoint", kept).data["anchored"] is True
    with closing(sqlite3.connect(home / "safehold.db")) as database, database:
        database.execute("DELETE FROM checkpoints")
        database.execute("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")
    assert call("ledger", "verify").code == 0, "without the checkpoint nothing shows it"
    assert call("ledger", "verify", "--checkpoint", kept).code == 2


def test_a_checkpoint_is_taken_as_any_command_or_certificate_stated_it(call: Call, tmp_path: Path) -> None:
    fields = call("ledger", "checkpoint").data["checkpoint"]
    forms = {"answer": {"checkpoint": fields}, "laid out anew": fields, "certificate": {"a": 1, "checkpoint": fields}}
    kept = tmp_path / "kept.json"
    for form, value in forms.items():
        kept.write_text(json.dumps(value, indent=2))
        assert call("ledger", "verify", "--checkpoint", kept).data["anchored"] is True, form
    kept.write_text(json.dumps({**fields, "size": fields["size"] + 1}))
    assert call("ledger", "verify", "--checkpoint", kept).code == 2
    for nothing in ("[1]", '"text"', '{"checkpoint": 3}', "[" * 100_000):
        kept.write_text(nothing)
        assert "not a Safehold checkpoint" in call("ledger", "verify", "--checkpoint", kept).data["error"]["message"]


def test_verifying_without_a_checkpoint_says_what_it_cannot_show(
    call: Call, shown: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoint.json"
    assert "shows only against a checkpoint kept elsewhere" in shown("ledger", "verify")[1]
    call("ledger", "checkpoint", "--out", kept)
    assert "shows only against a checkpoint kept elsewhere" in shown("ledger", "verify")[1]
    assert "shows only against" not in shown("ledger", "verify", "--checkpoint", kept)[1]


def test_an_export_verifies_without_the_home(call: Call, tmp_path: Path) -> None:
    call("bank", "create", "made-up", "--class", "test")
    out = tmp_path / "ledger.jsonl"
    key = call("ledger", "export", "--out", out).data["public_key"]
    assert call("ledger", "verify", "--export", out).data["anchored"] is False
    assert call("ledger", "verify", "--export", out, "--public-key", key).data["anchored"] is True
    out.write_bytes(out.read_bytes().replace(b"made-up", b"made-in"))
    assert call("ledger", "verify", "--export", out).code == 2


def test_a_key_is_rotated_and_the_ledger_goes_on(call: Call) -> None:
    before = call("ledger", "checkpoint").data["public_key"]
    after = call("ledger", "rotate-key").data["public_key"]
    assert before != after
    call("bank", "create", "made-up", "--class", "test")
    assert call("ledger", "checkpoint").data["public_key"] == after
    assert call("ledger", "verify").data["anchored"] is True


def test_a_lost_key_is_replaced(call: Call, home: Path) -> None:
    call("ledger", "checkpoint")
    (home / "keys" / "installation.key").unlink()
    assert call("bank", "list").code == 2
    assert call("ledger", "rotate-key", "--lost").code == 0
    assert call("bank", "list").code == 0


def test_what_is_no_checkpoint_is_refused(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "no-checkpoint"
    path.write_bytes(b"\xff\xfe")
    assert call("ledger", "verify", "--checkpoint", path).code == 2


def test_a_home_comes_back_from_a_backup(call: Call, home: Path, tmp_path: Path) -> None:
    call("bank", "create", "made-up", "--class", "test")
    archive = tmp_path / "backup.tar"
    assert call("backup", archive, "--with-private-keys").data["private_keys"] is True
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    home.rename(tmp_path / "lost")
    restored = call("restore", archive)
    assert (restored.code, restored.data["ledger_verified"]) == (0, True)
    assert [bank["name"] for bank in call("bank", "list").data["banks"]] == ["test", "made-up"]


def test_a_backup_takes_the_settings_along_and_says_what_it_leaves(call: Call, home: Path, tmp_path: Path) -> None:
    call("ledger", "verify")
    register, archive = tmp_path / "own.yaml", tmp_path / "backup.tar"
    register.write_text("entries: []\n")
    settings = f"registers: [{register}]\nactor: amira\n"
    (home / "settings.yaml").write_text(settings)
    made = call("backup", archive, "--with-private-keys").data
    assert (made["settings"], made["elsewhere"]) == (True, [str(register)])
    home.rename(tmp_path / "lost")
    register.unlink()
    assert call("restore", archive).data["missing"] == [str(register)]
    assert (home / "settings.yaml").read_text() == settings


def test_a_backup_holds_no_signing_key_unless_it_is_asked_for(call: Call, home: Path, tmp_path: Path) -> None:
    call("ledger", "checkpoint")
    archive = tmp_path / "backup.tar"
    call("backup", archive)
    assert (home / "keys" / "installation.key").read_bytes() not in archive.read_bytes()


def test_a_restore_never_writes_over_a_home(call: Call, tmp_path: Path) -> None:
    call("bank", "list")
    call("backup", tmp_path / "backup.tar")
    assert call("restore", tmp_path / "backup.tar").code == 2


def test_an_altered_backup_is_refused(call: Call, home: Path, tmp_path: Path) -> None:
    call("bank", "list")
    archive = tmp_path / "backup.tar"
    call("backup", archive)
    data = bytearray(archive.read_bytes())
    data[2000] ^= 1
    archive.write_bytes(data)
    home.rename(tmp_path / "lost")
    assert call("restore", archive).code == 2
    assert not home.exists()


def test_custodians_keys_are_private_files_outside_the_home(call: Call, home: Path, tmp_path: Path) -> None:
    key = tmp_path / "amira.key"
    assert call("vault", "keygen", "amira", "--out", key).data["custodians"] == 1
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert call("vault", "keygen", "jonas", "--out", home / "jonas.key").code == 2
    assert call("vault", "keygen", "jonas", "--out", key).code == 2
    assert call("vault", "list").data["custodians"] == ["amira"]


def kinds_recorded(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "safehold.db")) as database, database:
        return [kind for (kind,) in database.execute("SELECT kind FROM events ORDER BY seq")]


def test_the_number_of_custodians_needed_is_set_and_recorded(call: Call, home: Path, tmp_path: Path) -> None:
    from safehold.vault import Label
    from safehold.wiring import open_workshop

    assert call("vault", "threshold", "1").code == 2, "nobody is registered yet"
    for name in ("amira", "jonas", "wen"):
        call("vault", "keygen", name, "--out", tmp_path / f"{name}.key")
    assert call("vault", "threshold", "3").data == {"needed": 3, "custodians": 3}
    for wrong in ("0", "4", "two"):
        assert call("vault", "threshold", wrong).code == 2
    with open_workshop(home, environment={}) as workshop:
        workshop.vault.put(b"harmless", Label(case="case-1"))
    assert call("vault", "list").data["evidence"][0]["needed"] == 3
    assert kinds_recorded(home).count("vault.threshold_set") == 1


def test_a_custodian_is_retired_unless_too_few_would_be_left(call: Call, home: Path, tmp_path: Path) -> None:
    for name in ("amira", "jonas", "wen"):
        call("vault", "keygen", name, "--out", tmp_path / f"{name}.key")
    assert call("vault", "retire", "wen").data == {"custodian": "wen", "custodians": 2}
    assert call("vault", "list").data["custodians"] == ["amira", "jonas"]
    assert call("vault", "retire", "jonas").code == 2, "two must come together"
    assert call("vault", "retire", "nobody").code == 2
    assert call("vault", "keygen", "wen", "--out", tmp_path / "again.key").code == 2, "a name stays taken"
    assert kinds_recorded(home).count("vault.custodian_retired") == 1


def test_that_one_person_alone_can_open_is_said(
    call: Call, shown: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    call("vault", "keygen", "amira", "--out", tmp_path / "amira.key")
    assert "One person alone" in shown("vault", "threshold", "1")[1]


def test_evidence_is_listed_with_whole_ids_and_opened_by_the_beginning_of_one(
    call: Call, shown: Callable[..., tuple[int, str]], home: Path, tmp_path: Path
) -> None:
    from safehold.vault import Label
    from safehold.wiring import open_workshop

    key = tmp_path / "amira.key"
    call("vault", "keygen", "amira", "--out", key)
    with open_workshop(home, environment={}) as workshop:
        identifier = workshop.vault.put(b"harmless", Label(case="case-1"))
        workshop.vault.put(b"harmless too", Label(case="case-1"))
    assert identifier in shown("vault", "list")[1].splitlines()
    why = ("--key", key, "--purpose", "check", "--case", "case-1")
    opened = call("vault", "open", identifier[:12], *why)
    assert (opened.code, opened.data["id"]) == (0, identifier)
    assert call("vault", "open", identifier[:11], *why).code == 2, "too few digits"
    assert call("vault", "open", "0" * 12, *why).code == 2, "nothing begins so"


def test_evidence_is_erased_with_a_reference_and_once_no_hold_forbids_it(
    call: Call, shown: Callable[..., tuple[int, str]], home: Path, tmp_path: Path
) -> None:
    from safehold.vault import Label
    from safehold.wiring import open_workshop

    call("vault", "keygen", "amira", "--out", tmp_path / "amira.key")
    with open_workshop(home, environment={}) as workshop:
        identifier = workshop.vault.put(b"harmless", Label(case="case-1"))
    erase = ("vault", "erase", identifier[:12])
    assert call(*erase).code == 2, "a reference is asked for"
    placed = call("hold", "place", identifier[:12], "--basis", "a court's order", "--until", "2999-01-01").data["hold"]
    assert (placed["evidence"], placed["active"]) == (identifier, True)
    later = call("hold", "extend", placed["id"], "--until", "2999-02-01").data["hold"]
    assert (later["basis"], later["expires_at"]) == ("a court's order", "2999-02-01T00:00:00+00:00")
    assert call("hold", "extend", "0" * 16, "--until", "2999-02-01").code == 2
    assert call("hold", "place", identifier, "--basis", "x", "--until", "2001-01-01").code == 2, "it has passed"
    assert "hold" in call(*erase, "--counsel", "A-1").data["error"]["message"]
    assert "2999-02-01" in shown("hold", "list")[1]
    for left, one in ((1, placed), (0, later)):
        assert call("hold", "release", one["id"]).data["left"] == left
    assert call("hold", "list").data["holds"] == []
    assert len(call("hold", "list", identifier, "--all").data["holds"]) == 2
    assert call(*erase, "--counsel", "A-1").data == {"id": identifier, "reference": "counsel"}
    assert call("vault", "list").data["evidence"][0]["state"] == "erased"
    assert call("hold", "place", identifier, "--basis", "x").code == 2, "there is nothing to hold"
    assert kinds_recorded(home).count("hold.released") == 2
    assert kinds_recorded(home).count("evidence.erased") == 1


def test_a_custodians_key_under_a_passphrase_opens_nothing_without_it(call: Call, home: Path, tmp_path: Path) -> None:
    from safehold.vault import Label
    from safehold.wiring import open_workshop

    key, words = tmp_path / "amira.key", tmp_path / "words"
    words.write_text("red cube blue ball green tree\n")
    assert call("vault", "keygen", "amira", "--out", key, "--passphrase-file", words).data["encrypted"]
    assert call("vault", "keygen", "jonas", "--out", tmp_path / "j.key", "--passphrase-file", key.parent).code == 2
    with open_workshop(home, environment={}) as workshop:
        identifier = workshop.vault.put(b"harmless", Label(case="case-1"))
    open_it = ("vault", "open", identifier, "--key", key, "--purpose", "check", "--case", "case-1")
    assert "--passphrase-file" in call(*open_it).data["error"]["advice"]
    assert call(*open_it, "--passphrase-file", words).data["bytes"] == 8


def test_an_empty_vault_is_sound(call: Call) -> None:
    assert call("vault", "fsck").data == {"examined": 0, "problems": [], "orphans": 0, "exposed": [], "sound": True}


def test_evidence_is_opened_by_enough_custodians_and_written_only_where_told(
    call: Call, home: Path, tmp_path: Path
) -> None:
    from safehold.vault import Label
    from safehold.wiring import open_workshop

    keys = [tmp_path / f"{name}.key" for name in ("amira", "jonas")]
    for key in keys:
        call("vault", "keygen", key.stem, "--out", key)
    with open_workshop(home, environment={}) as workshop:
        identifier = workshop.vault.put(b"harmless", Label(case="case-1"))
    why = ("--purpose", "check", "--case", "case-1")
    assert call("vault", "open", identifier, "--key", keys[0], *why).code == 2, "one of two is too few"
    both = ("--key", str(keys[0]), "--key", str(keys[1]))
    assert call("vault", "open", identifier, *both).code == 2, "a purpose and a case are asked for"
    sentence = ("--purpose", "a sentence about it", "--case", "case-1")
    assert call("vault", "open", identifier, *both, *sentence).code == 2, "a sentence can't go into the ledger"
    opened = call("vault", "open", identifier, *both, *why)
    assert (opened.code, opened.data["bytes"], opened.data["out"]) == (0, 8, None)
    digests = {hashlib.new(name, b"harmless").hexdigest() for name in ("sha256", "sha1", "md5")}
    assert not any(digest in str(opened) for digest in digests), "a plain digest points to confirmed material"
    assert not any(b"harmless" in path.read_bytes() for path in home.rglob("*") if path.is_file())
    out = tmp_path / "opened"
    assert call("vault", "open", identifier, *both, *why, "--out", out).code == 0
    assert out.read_bytes() == b"harmless"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert call("vault", "open", identifier, *both, *why, "--out", out).code == 2, "nothing is overwritten"
    assert out.read_bytes() == b"harmless"
    assert not (tmp_path / "none").exists()
    refused = call("vault", "open", identifier, "--key", keys[0], *why, "--out", tmp_path / "none")
    assert refused.code == 2
    assert not (tmp_path / "none").exists(), "a refused opening leaves no file"


def test_policies_are_shown_checked_and_compared(call: Call, tmp_path: Path) -> None:
    own = tmp_path / "policy.yaml"
    own.write_text(call("policy", "show", "--source").data["text"].replace("pdq: 31", "pdq: 20"))
    checked = call("policy", "check", own).data
    assert (checked["valid"], checked["unclaimed_concepts"], checked["unknown_detectors"]) == (True, [], [])
    own.write_text(own.read_text().replace("text: [caption-rules]", "text: [caption-rule]"))
    assert call("policy", "check", own).data["unknown_detectors"] == ["caption-rule"]
    own.write_text(own.read_text().replace("text: [caption-rule]", "text: [caption-rules]"))
    (change,) = call("policy", "diff", own).data["changes"]
    assert (change["part"], change["direction"]) == ("thresholds.pdq", "milder")
    own.write_text(own.read_text() + "\nunheard_of: 1\n")
    refused = call("policy", "check", own)
    assert refused.code == 2
    assert "unheard_of" in refused.data["error"]["message"]


@pytest.mark.parametrize("jurisdiction", ["us-provider", "us", "gb", "eu", "de", "other"])
def test_guidance_names_an_authority_and_steps(call: Call, jurisdiction: str) -> None:
    said = call("dataset", "report-guidance", "--jurisdiction", jurisdiction).data
    assert said["authority"]
    assert len(said["steps"]) >= 3
