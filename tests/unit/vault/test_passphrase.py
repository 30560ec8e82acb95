"""A custodian's key under a passphrase."""

from pathlib import Path

import pytest

from safehold.vault import CustodianRefusedError, read_custodian_key
from safehold.vault.custodians import Custodians
from safehold.vault.passphrase import open_secret, read_passphrase, seal_secret

WORDS = b"red cube blue ball"


def test_a_secret_comes_back_with_its_words_and_no_others() -> None:
    sealed = seal_secret(bytes(range(32)), WORDS)
    assert bytes(range(32)) not in sealed
    assert open_secret(sealed, [WORDS]) == bytes(range(32))
    with pytest.raises(CustodianRefusedError, match="no passphrase"):
        open_secret(sealed[:-1] + bytes([sealed[-1] ^ 1]), [WORDS])
    with pytest.raises(CustodianRefusedError):
        open_secret(sealed, [])


@pytest.mark.parametrize("content", [b"", b"too short\n", b"x" * 2000])
def test_words_that_are_none_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "words").write_bytes(content)
    with pytest.raises(CustodianRefusedError):
        read_passphrase(tmp_path / "words")
    with pytest.raises(CustodianRefusedError):
        read_passphrase(tmp_path / "absent")


def test_the_first_line_counts(tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(WORDS + b"\r\nand a note\n")
    assert read_passphrase(tmp_path / "words") == WORDS


def test_keys_without_a_passphrase_are_read_as_ever(tmp_path: Path) -> None:
    custodian = Custodians(tmp_path / "home" / "keys" / "custodians")
    (tmp_path / "home" / "keys").mkdir(parents=True)
    made = custodian.generate("amira", out=tmp_path / "amira.key")
    assert read_custodian_key(tmp_path / "amira.key", [WORDS]).public_key == made.public_key
    (tmp_path / "cut.key").write_bytes(b"safehold-custodian-PRIVATE-KEY-ENCRYPTED:amira:!!")
    with pytest.raises(CustodianRefusedError):
        read_custodian_key(tmp_path / "cut.key", [WORDS])
