"""The native digests against `hashlib`, and whatever is done with them against digesting everything anew."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safehold.native import Kernels, kernels
from safehold.signals import WholeFile, digest
from safehold.signals.digests import digest_by_hashlib

BLOCK = 64


@pytest.fixture
def native() -> Kernels:
    found = kernels()
    if found is None or not found.digest_runs():
        pytest.skip("no native extension, or a processor without instructions for SHA")
    return found


@given(st.binary(max_size=1000), st.integers(0, 70))
def test_bytes_have_the_digests_of_hashlib_wherever_they_lie(data: bytes, before: int) -> None:
    assert digest(memoryview(b"x" * before + data)[before:]) == digest_by_hashlib(memoryview(data))


@given(st.data())
def test_a_file_has_its_digest_whatever_of_it_was_digested_before(data: st.DataObject) -> None:
    file = data.draw(st.binary(max_size=2000))
    whole = WholeFile(memoryview(file))
    for start, stop in data.draw(st.lists(st.tuples(st.integers(0, 2100), st.integers(0, 2100)))):
        aligned = start // BLOCK * BLOCK if data.draw(st.booleans()) else start
        assert whole.member(aligned, stop) == digest_by_hashlib(memoryview(file[aligned:stop]))
    assert whole.sha256() == hashlib.sha256(file).digest()


def test_every_length_of_a_last_block_is_padded_rightly(native: Kernels) -> None:
    data = bytes(range(256))
    for length in range(3 * BLOCK):
        known = digest_by_hashlib(memoryview(data[:length]))
        assert native.digest(data[:length]) == (known.sha256, known.sha1, known.md5)


def test_a_file_takes_whole_blocks_alone(native: Kernels) -> None:
    file = native.sha256_open()
    with pytest.raises(ValueError, match="64 bytes"):
        native.sha256_take(file, b"x" * 65)
    native.sha256_take(file, b"")
    assert native.sha256_close(file, b"abc") == hashlib.sha256(b"abc").digest()


def test_what_is_no_file_or_no_bytes_is_refused(native: Kernels) -> None:
    with pytest.raises(ValueError, match="PyCapsule"):
        native.digest(b"abc", object())
    with pytest.raises(ValueError, match="PyCapsule"):
        native.sha256_take(native.hamming_open, b"")
    with pytest.raises(TypeError):
        native.digest("abc")  # type: ignore[arg-type]


def test_the_baseline_leaves_digesting_to_hashlib(native: Kernels) -> None:
    before = native.variant()
    native.select("baseline")
    try:
        assert not native.digest_runs()
        with pytest.raises(ValueError, match="no instructions"):
            native.digest(b"abc")
        file = b"abc" * 100
        whole = WholeFile(memoryview(file))
        assert whole.member(64, 128) == digest(file[64:128])
        assert whole.sha256() == hashlib.sha256(file).digest()
    finally:
        native.select(before)
