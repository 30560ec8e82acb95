import hashlib

import pytest

from safehold.signals import WholeFile, digest
from safehold.signals.digests import AT_ONCE_BYTES

# Source: FIPS 180-4 examples ("abc") for SHA-256 and SHA-1; RFC 1321 A.5 for MD5.
ABC = (
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "a9993e364706816aba3e25717850c26c9cd0d89d",
    "900150983cd24fb0d6963f7d28e17f72",
)


def test_digests_are_those_that_the_standards_publish() -> None:
    digests = digest(b"abc")
    assert (digests.sha256.hex(), digests.sha1.hex(), digests.md5.hex()) == ABC


@pytest.mark.parametrize("size", [0, 1, 1 << 20, AT_ONCE_BYTES, AT_ONCE_BYTES + 1])
def test_chunks_change_nothing(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    digests = digest(data)
    assert digests.sha256 == hashlib.sha256(data).digest()
    assert digests.sha1 == hashlib.sha1(data).digest()  # noqa: S324  lists are made with it
    assert digests.md5 == hashlib.md5(data).digest()  # noqa: S324  lists are made with it


def test_a_view_of_bytes_has_the_digests_of_the_bytes() -> None:
    data = b"red cube, blue ball"
    assert digest(memoryview(data)[4:8]) == digest(b"cube")
    assert digest(memoryview(b"\0" * 8).cast("I")) == digest(b"\0" * 8)


def test_long_work_gives_signs_of_life() -> None:
    beats: list[None] = []
    file = memoryview(bytes(2 * AT_ONCE_BYTES + 100))
    digest(file, beat=lambda: beats.append(None))
    assert len(beats) > 2 * AT_ONCE_BYTES >> 20


def test_the_digest_of_a_file_goes_along_with_its_members() -> None:
    file = bytes(range(256)) * 40
    whole = WholeFile(memoryview(file))
    assert whole.member(512, 5000) == digest(file[512:5000])
    assert whole.member(512, 5000) == digest(file[512:5000])  # once more, behind what was taken
    assert whole.member(5633, 6000) == digest(file[5633:6000])  # not at a block
    assert whole.sha256() == whole.sha256() == hashlib.sha256(file).digest()


def test_a_member_too_long_to_go_along_changes_nothing() -> None:
    file = bytes(AT_ONCE_BYTES + 4096)
    whole = WholeFile(memoryview(file))
    assert whole.member(64, len(file)) == digest(file[64:])
    assert whole.sha256() == hashlib.sha256(file).digest()
