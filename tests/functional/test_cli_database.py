"""The command line with its tables on a server: one variable, and everything else as ever."""

import json
import shutil
from pathlib import Path

import pytest
from tests.functional.conftest import Call
from tests.postgresql import Server


def test_a_home_moves_to_a_server_and_back_by_backup_and_restore(
    call: Call, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_server: Server
) -> None:
    address = postgresql_server.place()
    call("bank", "create", "made-up", "--class", "ncii", "--legal-basis", "made up", "--pdq-threshold", "3")
    call("ledger", "checkpoint", "--out", tmp_path / "kept.json")
    call("backup", tmp_path / "a.tar", "--with-private-keys")
    shutil.move(home, tmp_path / "old")

    monkeypatch.setenv("SAFEHOLD_DATABASE", address.render_as_string(hide_password=False))
    moved = call("restore", tmp_path / "a.tar")
    assert (moved.code, moved.data["ledger_verified"]) == (0, True)
    assert not (home / "safehold.db").exists()
    assert "made-up" in json.dumps(call("bank", "list").data)
    assert call("restore", tmp_path / "a.tar").code == 2
    call("backup", tmp_path / "b.tar", "--with-private-keys")
    shutil.move(home, tmp_path / "on-server")

    monkeypatch.setenv("SAFEHOLD_DATABASE", "sqlite")
    back = call("restore", tmp_path / "b.tar")
    assert (back.code, back.data["ledger_verified"]) == (0, True)
    assert call("ledger", "verify", "--checkpoint", tmp_path / "kept.json").code == 0
    postgresql_server.take_back(address)


def test_a_server_that_does_not_answer_is_told_with_code_3_and_without_the_password(
    call: Call, monkeypatch: pytest.MonkeyPatch, postgresql_server: Server
) -> None:
    address = postgresql_server.address.set(port=1, password="canary")  # noqa: S106 - nobody's
    monkeypatch.setenv("SAFEHOLD_DATABASE", address.render_as_string(hide_password=False))
    said = call("bank", "list")
    assert said.code == 3
    assert "canary" not in f"{said.data}{said.errors}"
    assert "SAFEHOLD_DATABASE" in str(said.data)
