"""Cryptographic digests: equality with a listed one confirms that the bytes are the listed ones.

SHA-1 and MD5 are here because lists are made with them, not because they are strong.

    digest(data).sha256.hex()

Where the processor has instructions for it, the native extension makes all three side by side, in the time that MD5
takes alone; elsewhere Python's own `hashlib` makes one after the other. The digests are the same.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from safehold.native import Kernels, kernels

AT_ONCE_BYTES = 16 << 20
"""What takes some 25 ms without a sign of life."""
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of some bytes: 32, 20 and 16 bytes."""

    sha256: bytes
    sha1: bytes
    md5: bytes


def silent() -> None:
    """Tell nobody."""


def digesting_kernels() -> Kernels | None:
    """Return the native kernels where they can digest on this processor, else None."""
    native = kernels()
    return native if native is not None and native.digest_runs() else None


def digest(data: bytes | memoryview, *, beat: Callable[[], object] = silent) -> Digests:
    """Digest the bytes with all three algorithms, in one pass over memory.

    Args:
        data: any contiguous bytes; none at all is fine, since the digests of nothing are defined.
        beat: is called once a MiB of what is very long, so that who waits can tell long work from a standstill.
    """
    view = memoryview(data).cast("B")
    if len(view) > AT_ONCE_BYTES:
        return _in_chunks(view, beat)
    native = digesting_kernels()
    return Digests(*native.digest(view)) if native else digest_by_hashlib(view)


def digest_by_hashlib(view: memoryview) -> Digests:
    """Digest bytes without the native extension; the specification of what that does."""
    return Digests(
        hashlib.sha256(view).digest(),
        hashlib.sha1(view, usedforsecurity=False).digest(),
        hashlib.md5(view, usedforsecurity=False).digest(),
    )


def _in_chunks(view: memoryview, beat: Callable[[], object]) -> Digests:
    """Digest what may exceed memory: each part of a mapped file is read once."""
    sha256, sha1, md5 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), hashlib.md5(usedforsecurity=False)
    for start in range(0, len(view), _CHUNK_BYTES):
        chunk = view[start : start + _CHUNK_BYTES]
        sha256.update(chunk)
        sha1.update(chunk)
        md5.update(chunk)
        beat()
    return Digests(sha256.digest(), sha1.digest(), md5.digest())
