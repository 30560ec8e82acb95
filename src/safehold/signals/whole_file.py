"""The SHA-256 of a whole file that goes along while its members are digested: one reading serves both.

    whole = WholeFile(memoryview(mapped))
    for start, stop in members:
        whole.member(start, stop).md5
    whole.sha256().hex()  # as `sha256sum` prints it

A member goes along if it begins a multiple of 64 bytes into the file, as all members of a tar do, and the native
extension digests. Whatever doesn't is read twice, and the digests are the same.
"""

import hashlib
from collections.abc import Callable

from safehold.signals.digests import AT_ONCE_BYTES, Digests, digest, digesting_kernels, silent

_BLOCK = 64
"""Bytes that SHA-256 takes at a time. Source: FIPS 180-4, section 1."""


class WholeFile:
    """A file in memory, or mapped into it, on the way through its digest."""

    def __init__(self, data: memoryview) -> None:
        self._data = data.cast("B")
        self._native = digesting_kernels()
        self._state = self._native.sha256_open() if self._native else None
        self._at = 0

    def member(self, start: int, stop: int, *, beat: Callable[[], object] = silent) -> Digests:
        """Digest a part of the file.

        Args:
            start: its first byte.
            stop: the byte after its last one.
            beat: as for `digest`.
        """
        data = self._data[start:stop]
        if self._native is None or start < self._at or start % _BLOCK or not 0 < len(data) <= AT_ONCE_BYTES:
            return digest(data, beat=beat)
        self._take_until(start, beat)
        made = self._native.digest(data, self._state)
        self._at += len(data) // _BLOCK * _BLOCK
        return Digests(*made)

    def sha256(self, *, beat: Callable[[], object] = silent) -> bytes:
        """Return the digest of the whole file; what no member took along is read now."""
        if self._native is None:
            return hashlib.sha256(self._data).digest()
        self._take_until(len(self._data) // _BLOCK * _BLOCK, beat)
        return self._native.sha256_close(self._state, self._data[self._at :])

    def _take_until(self, stop: int, beat: Callable[[], object]) -> None:
        """Take the bytes up to a multiple of a block."""
        if self._native is not None:
            while self._at < stop:
                step = min(stop - self._at, AT_ONCE_BYTES)
                self._native.sha256_take(self._state, self._data[self._at : self._at + step])
                self._at += step
                beat()
