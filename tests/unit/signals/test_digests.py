import hashlib

import pytest

from safehold.signals import digest

# Source: FIPS 180-4 examples ("abc") for SHA-256 and SHA-1; RFC 1321 A.5 for MD5.
ABC = (
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "a9993e364706816aba3e25717850c26c9cd0d89d",
    "900150983cd24fb0d6963f7d28e17f72",
)


def test_digests_are_those_that_the_standards_publish() -> None:
    digests = digest(b"abc")
    assert (digests.sha256.hex(), digests.sha1.hex(), digests.md5.hex()) == ABC


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 * (1 << 20) + 17])
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
