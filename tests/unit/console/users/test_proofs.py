"""What people prove themselves by: codes of an app, recovery codes, the sealed secret, the picture."""

import datetime as dt
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from safehold.console.users.errors import SecretKeyError
from safehold.console.users.proofs import Sealing, user_key
from safehold.console.users.proofs.picture import picture_of
from safehold.console.users.proofs.recovery import COUNT, new_codes, normal_code
from safehold.console.users.proofs.totp import address_of, code_at, new_secret, step_of, used_step, written_secret

_RFC_SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        *((59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924")),
        *((2000000000, "279037"), (20000000000, "353130")),
    ],
)
def test_codes_are_those_that_the_standard_publishes(seconds: int, code: str) -> None:
    """Source: RFC 6238, appendix B, SHA1, the last six of its eight digits."""
    now = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert code_at(_RFC_SECRET, step_of(now)) == code
    assert used_step(_RFC_SECRET, code, now=now, after=0) == step_of(now)


def test_a_code_counts_half_a_minute_early_or_late_and_no_more() -> None:
    now = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    middle = step_of(now)
    taken = [used_step(_RFC_SECRET, code_at(_RFC_SECRET, middle + away), now=now, after=0) for away in range(-2, 3)]
    assert taken == [None, middle - 1, middle, middle + 1, None]


def test_a_code_that_was_used_or_is_older_than_a_used_one_counts_no_more() -> None:
    now = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
    middle = step_of(now)
    for after, taken in ((middle - 1, middle), (middle, None), (middle + 1, None)):
        assert used_step(_RFC_SECRET, code_at(_RFC_SECRET, middle), now=now, after=after) == taken


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "1234567", "abcdef", "\N{ARABIC-INDIC DIGIT ONE}" * 6, "-12345", "123456" * 1000, "12 34\n56", "\0"],
)
def test_what_is_no_code_is_refused_whatever_it_is(typed: str) -> None:
    assert used_step(_RFC_SECRET, typed, now=dt.datetime(2026, 11, 22, tzinfo=dt.UTC), after=0) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    now = dt.datetime.fromtimestamp(59, dt.UTC)
    assert used_step(_RFC_SECRET, "287 082", now=now, after=0) is not None


def test_the_picture_says_the_apps_address_and_holds_no_script_style_or_link() -> None:
    address = address_of(new_secret(), "amira")
    assert address.startswith("otpauth://totp/Safehold:amira?secret=")
    shown = picture_of(address, title='For "amira" <&>')
    root = ET.fromstring(shown)  # noqa: S314 - our own
    names = {one.tag.rpartition("}")[2] for one in root.iter()}
    attributes = {name for one in root.iter() for name in one.attrib}
    assert names == {"svg", "title", "g", "path"}
    assert attributes == {"width", "height", "class", "transform", "fill", "stroke", "d"}
    assert root[0].text == 'For "amira" <&>'


def test_an_apps_secret_can_be_typed() -> None:
    assert written_secret(_RFC_SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


def test_recovery_codes_are_read_however_they_are_typed_and_differ() -> None:
    codes = new_codes()
    assert len(set(codes)) == COUNT
    for code in codes:
        assert normal_code(f" {code.upper()} ") == normal_code(code.replace("-", " ")) == code.replace("-", "")
    assert [normal_code(one) for one in ("", "abc", codes[0] + "a", "x" * 10_000)] == [""] * 4


def test_a_sealed_secret_opens_in_its_own_place_and_with_its_own_key_alone() -> None:
    sealing = Sealing(b"k" * 32)
    sealed = sealing.seal(b"secret", "app_1")
    assert sealing.open(sealed, "app_1") == b"secret"
    assert b"secret" not in sealed
    for key, owner, changed in (
        (b"l", "app_1", sealed),
        (b"k", "app_2", sealed),
        (b"k", "app_1", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(SecretKeyError):
            Sealing(key * 32).open(changed, owner)
    for none in (b"", b"x", b"\0" * 24):
        with pytest.raises(SecretKeyError):
            sealing.open(none, "app_1")


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = user_key(tmp_path)
    assert user_key(tmp_path) == key
    assert len(key) == 32
    assert (tmp_path / "users.key").stat().st_mode & 0o077 == 0
    for wrong in ("", "xyz", "00" * 31):
        (tmp_path / "users.key").write_text(wrong)
        with pytest.raises(SecretKeyError):
            user_key(tmp_path)
