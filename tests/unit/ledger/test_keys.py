import copy
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from safehold.ledger import BadSignatureError, MalformedKeyError, SigningKey, verify
from safehold.ledger.keys import key_path, public_key_from_hex, public_key_hex

SEED = bytes(range(32))
KEY = SigningKey(SEED)


def test_a_signature_is_verified_with_the_public_key_alone() -> None:
    verify(KEY.public_key, b"data", KEY.sign(b"data"))


@pytest.mark.parametrize(
    ("public_key", "data", "signature"),
    [
        (KEY.public_key, b"other", KEY.sign(b"data")),
        (KEY.public_key, b"data", KEY.sign(b"data")[:-1] + b"\x00"),
        (KEY.public_key, b"data", b""),
        (KEY.public_key, b"data", bytes(64)),
        (SigningKey(bytes(32)).public_key, b"data", KEY.sign(b"data")),
    ],
)
def test_other_bytes_keys_or_signatures_fail(public_key: str, data: bytes, signature: bytes) -> None:
    with pytest.raises(BadSignatureError):
        verify(public_key, data, signature)


def test_the_key_pair_is_that_of_the_published_vector() -> None:
    """Source: RFC 8032 (2017) section 7.1, test 1."""
    key = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert public_key_hex(key.public_key) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a")


def test_a_private_key_shows_nothing_of_itself() -> None:
    shown = repr(KEY) + str(KEY) + f"{KEY}" + repr([KEY]) + repr(vars(type(KEY)))
    for secret in (SEED.hex(), SEED.decode("latin-1"), repr(SEED), "AAECAwQFBgcI"):
        assert secret not in shown
    assert KEY.public_key in repr(KEY)


@pytest.mark.parametrize("copying", [copy.copy, copy.deepcopy, lambda key: key.__reduce_ex__(2)])
def test_a_private_key_is_not_copied_or_serialised(copying: object) -> None:
    assert callable(copying)
    with pytest.raises(TypeError):
        copying(KEY)


def test_a_key_is_made_once_and_then_loaded(tmp_path: Path) -> None:
    first = SigningKey.load_or_create(tmp_path, "installation")
    assert SigningKey.load_or_create(tmp_path, "installation").public_key == first.public_key
    assert SigningKey.load_or_create(tmp_path, "other").public_key != first.public_key
    assert stat.S_IMODE(key_path(tmp_path, "installation").stat().st_mode) == 0o600


def test_several_makers_at_once_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: SigningKey.load_or_create(tmp_path, "installation"), range(8)))
    assert len({key.public_key for key in keys}) == 1


def test_a_key_file_open_to_others_is_closed(tmp_path: Path) -> None:
    KEY.save(tmp_path / "a.key")
    (tmp_path / "a.key").chmod(0o644)
    assert SigningKey.load(tmp_path / "a.key").public_key == KEY.public_key
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"safehold-ed25519-private:AAAA", KEY.public_key.encode(), b"\xff" * 40]
)
def test_a_spoilt_key_file_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    key_path(tmp_path, "installation").write_bytes(content)
    with pytest.raises(MalformedKeyError):
        SigningKey.load_or_create(tmp_path, "installation")
    assert key_path(tmp_path, "installation").read_bytes() == content


def test_a_public_key_has_one_text_and_one_hexadecimal_form() -> None:
    assert public_key_from_hex(public_key_hex(KEY.public_key)) == KEY.public_key


@pytest.mark.parametrize("digits", ["", "zz", "ab", "ab" * 33])
def test_other_digits_are_no_key(digits: str) -> None:
    with pytest.raises(MalformedKeyError):
        public_key_from_hex(digits)


@pytest.mark.parametrize("text", ["", "safehold-ed25519:", KEY.public_key + "=", KEY.public_key[:-2] + "B=", "ü"])
def test_other_text_is_no_key(text: str) -> None:
    with pytest.raises(MalformedKeyError):
        verify(text, b"", bytes(64))
