"""Cryptographic digests: equality with a listed one confirms that the bytes are the listed ones.

SHA-1 and MD5 are here because lists are made with them, not because they are strong.

    digest(data).sha256.hex()
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of some bytes: 32, 20 and 16 bytes."""

    sha256: bytes
    sha1: bytes
    md5: bytes


def _silent() -> None:
    """Tell nobody."""


def digest(data: bytes | memoryview, *, beat: Callable[[], object] = _silent) -> Digests:
    """Digest the bytes with all three algorithms, in one pass over memory.

    Args:
        data: any contiguous bytes; none at all is fine, since the digests of nothing are defined.
        beat: is called once a MiB of what is longer, so that who waits can tell long work from a standstill.
    """
    view = memoryview(data).cast("B")
    if len(view) <= _CHUNK_BYTES:
        return Digests(
            hashlib.sha256(view).digest(),
            hashlib.sha1(view, usedforsecurity=False).digest(),
            hashlib.md5(view, usedforsecurity=False).digest(),
        )
    sha256, sha1, md5 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    for start in range(0, len(view), _CHUNK_BYTES):  # mapped files may exceed memory: read them once
        chunk = view[start : start + _CHUNK_BYTES]
        sha256.update(chunk)
        sha1.update(chunk)
        md5.update(chunk)
        beat()
    return Digests(sha256.digest(), sha1.digest(), md5.digest())
