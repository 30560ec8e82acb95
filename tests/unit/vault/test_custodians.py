import os
import stat
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from safehold.vault import (
    CustodianKey,
    CustodianRefusedError,
    Custodians,
    NoCustodiansError,
    Quorum,
    read_custodian_key,
)


@pytest.fixture
def custodians(tmp_path: Path) -> Custodians:
    return Custodians(tmp_path / "home" / "keys" / "custodians")


def _public_key() -> bytes:
    return bytes(PrivateKey.generate().public_key)


def test_the_private_half_leaves_in_a_file_for_its_owner_alone(custodians: Custodians, tmp_path: Path) -> None:
    out = tmp_path / "amira.key"
    umask = os.umask(0)
    try:
        public = custodians.generate("amira", out=out)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    key = read_custodian_key(out)
    assert (key.name, key.public_key) == ("amira", public.public_key)
    assert custodians.list() == (public,)


def test_the_private_half_is_nowhere_in_the_home(custodians: Custodians, tmp_path: Path) -> None:
    custodians.generate("amira", out=tmp_path / "amira.key")
    secret_text = (tmp_path / "amira.key").read_text().split(":")[2].strip()
    for path in (tmp_path / "home").rglob("*"):
        assert not path.is_file() or secret_text not in path.read_text()


def test_a_private_key_is_never_written_into_the_home(custodians: Custodians, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "door").symlink_to(tmp_path / "home")
    for out in (tmp_path / "home" / "amira.key", tmp_path / "door" / "amira.key"):
        with pytest.raises(CustodianRefusedError, match="inside the home"):
            custodians.generate("amira", out=out)
    assert custodians.list() == ()


def test_a_private_key_file_is_never_overwritten(custodians: Custodians, tmp_path: Path) -> None:
    out = tmp_path / "amira.key"
    out.write_text("precious")
    with pytest.raises(CustodianRefusedError, match="never overwritten"):
        custodians.generate("amira", out=out)
    assert out.read_text() == "precious"
    assert custodians.list() == ()


def test_a_private_key_file_in_no_folder_is_refused_and_nobody_is_registered(
    custodians: Custodians, tmp_path: Path
) -> None:
    with pytest.raises(CustodianRefusedError, match="can't be written"):
        custodians.generate("amira", out=tmp_path / "absent" / "amira.key")
    assert custodians.list() == ()


@pytest.mark.parametrize("name", ["", "Amira", "../a", "a/b", "-a", ".a", "a" * 64, "a\n", "ä", "a:b"])
def test_a_name_that_could_be_more_than_a_name_is_refused(custodians: Custodians, name: str) -> None:
    with pytest.raises(CustodianRefusedError, match="can't name"):
        custodians.register(name, _public_key())


def test_a_custodians_key_is_never_replaced_in_place(custodians: Custodians) -> None:
    custodians.register("amira", _public_key())
    with pytest.raises(CustodianRefusedError, match="already"):
        custodians.register("amira", _public_key())


def test_one_person_is_not_two_custodians(custodians: Custodians) -> None:
    key = _public_key()
    custodians.register("amira", key)
    with pytest.raises(CustodianRefusedError, match="not a new"):
        custodians.register("amira-again", key)


def test_a_key_of_another_width_is_refused(custodians: Custodians) -> None:
    with pytest.raises(CustodianRefusedError):
        custodians.register("amira", b"short")


def test_there_are_at_most_64_custodians(custodians: Custodians) -> None:
    for number in range(64):
        custodians.register(f"c{number}", _public_key())
    with pytest.raises(CustodianRefusedError, match="64"):
        custodians.register("one-more", _public_key())


def test_nobody_is_no_quorum(custodians: Custodians) -> None:
    with pytest.raises(NoCustodiansError, match="0 custodians"):
        custodians.quorum()


@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (2, 2), (3, 2), (5, 2)])
def test_two_act_together_unless_there_is_only_one(custodians: Custodians, count: int, threshold: int) -> None:
    for number in range(count):
        custodians.register(f"c{number}", _public_key())
    quorum = custodians.quorum()
    assert (len(quorum.custodians), quorum.threshold) == (count, threshold)
    assert quorum.is_single_operator is (count == 1)


def test_the_threshold_can_be_set_up_to_the_number_of_custodians(custodians: Custodians) -> None:
    for name in ("amira", "jonas", "wen"):
        custodians.register(name, _public_key())
    custodians.require(3)
    assert custodians.quorum().threshold == 3
    for impossible in (0, 4):
        with pytest.raises(NoCustodiansError):
            custodians.require(impossible)
    assert custodians.quorum().threshold == 3


def test_nothing_more_is_sealed_to_a_retired_custodian_and_nobody_takes_the_name(custodians: Custodians) -> None:
    for name in ("amira", "jonas", "wen"):
        custodians.register(name, _public_key())
    custodians.retire("jonas")
    assert [custodian.name for custodian in custodians.quorum().custodians] == ["amira", "wen"]
    with pytest.raises(CustodianRefusedError, match="already"):
        custodians.register("jonas", _public_key())
    with pytest.raises(CustodianRefusedError, match="no custodian"):
        custodians.retire("jonas")


@pytest.mark.parametrize("is_set", [True, False])
def test_retiring_never_weakens_a_quorum_silently(custodians: Custodians, *, is_set: bool) -> None:
    for name in ("amira", "jonas"):
        custodians.register(name, _public_key())
    if is_set:
        custodians.require(2)
    with pytest.raises(NoCustodiansError):
        custodians.retire("jonas")
    assert custodians.quorum().threshold == 2
    custodians.require(1)
    custodians.retire("jonas")
    assert custodians.quorum().is_single_operator


def test_one_alone_opens_nothing_while_several_are_registered_whatever_is_set(custodians: Custodians) -> None:
    for name in ("amira", "jonas", "wen"):
        custodians.register(name, _public_key())
        custodians.require(1)
    assert custodians.quorum().threshold == 2


def test_the_last_custodian_is_not_retired(custodians: Custodians) -> None:
    custodians.register("amira", _public_key())
    with pytest.raises(NoCustodiansError):
        custodians.retire("amira")


def test_a_damaged_threshold_is_never_read_as_a_weaker_one(custodians: Custodians, tmp_path: Path) -> None:
    custodians.register("amira", _public_key())
    (tmp_path / "home/keys/custodians/threshold").write_bytes(b"\xff\n")
    with pytest.raises(CustodianRefusedError, match="threshold"):
        custodians.quorum()


def test_a_quorum_of_more_than_there_are_is_refused() -> None:
    with pytest.raises(NoCustodiansError):
        Quorum((), 0)


@pytest.mark.parametrize(
    "text",
    ["", "x", "a:b:c", "safehold-custodian:amira:AAAA", "safehold-custodian-PRIVATE-KEY:amira:!!!!", "\N{SNOWMAN}"],
)
def test_a_file_that_is_no_private_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CustodianRefusedError, match="not a readable"):
        read_custodian_key(path)


def test_a_missing_private_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CustodianRefusedError):
        read_custodian_key(tmp_path / "absent")


def test_a_damaged_public_key_stops_sealing_instead_of_dropping_its_custodian(
    custodians: Custodians, tmp_path: Path
) -> None:
    custodians.register("amira", _public_key())
    (tmp_path / "home/keys/custodians/jonas.pub").write_text("half a li")
    with pytest.raises(CustodianRefusedError):
        custodians.quorum()


def test_a_secret_is_not_part_of_any_representation() -> None:
    key = CustodianKey("amira", b"s" * 32)
    assert "ssss" not in repr(key)
    assert "ssss" not in str(key)
