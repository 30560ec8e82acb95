"""What the native extension offers, as types; the extension itself is compiled from the C files beside this module.

Arrays come and go as buffers, contiguous unless said otherwise. Every function checks kinds, sizes and indexes before
it touches memory, raises TypeError or ValueError where they don't fit, and lets other threads run while it works.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Kernels(Protocol):
    """The extension module."""

    def variants(self) -> tuple[str, ...]:
        """Name the variants that this processor can run, the best last."""

    def variant(self) -> str:
        """Name the variant in use."""

    def select(self, name: str, /) -> None:
        """Use a variant, for the whole process; for tests and measurements."""

    def digest_runs(self) -> bool:
        """Whether the processor has the instructions for SHA, and the variant in use may use them.

        Where it has not, the next functions raise ValueError.
        """

    def digest(self, data: bytes | memoryview, whole: object | None = None, /) -> tuple[bytes, bytes, bytes]:
        """Digest bytes with SHA-256, SHA-1 and MD5 at once.

        Args:
            data: any number of bytes.
            whole: from `sha256_open`: takes the same bytes on the way, but for those behind the last multiple of 64.
        """

    def sha256_open(self) -> object:
        """Begin the SHA-256 of a file whose members are digested as well."""

    def sha256_take(self, whole: object, data: bytes | memoryview, /) -> None:
        """Take the next bytes of a file, a multiple of 64 of them."""

    def sha256_close(self, whole: object, data: bytes | memoryview, /) -> bytes:
        """Return the SHA-256 of a file that ends with these bytes; ``whole`` stays as it was."""

    def jpeg_end(self, data: bytes | memoryview, /) -> tuple[int, int]:
        """Return how many bytes a JPEG has, or -1, and where its first late segment is, or 0; rules: `media.appended`.

        Args:
            data: the JPEG, and whatever follows it.
        """

    def tar_run_of_file(
        self, descriptor: int, size: int, at: int, places: NDArray[np.int64], names: NDArray[np.uint8], /
    ) -> tuple[int, int, int]:
        """Walk past as many headers of plain files as follow one another in a tar.

        It stops before whatever has anything to weigh; the rules are those of `datasets.sources.tars.plain`.

        Args:
            descriptor: an open file, read by ranges.
            size: how many bytes it has.
            at: where the first header is.
            places: ``(n, 2)`` int64, filled from its start: where each header begins, and how long the content is.
            names: ``(m,)`` uint8 with m at least 101 n, filled from its start: ASCII, a zero byte behind each.

        Returns:
            How many there are, how many bytes their names take, and where the next header is.
        """

    def tar_run_of_bytes(
        self, data: bytes | memoryview, at: int, places: NDArray[np.int64], names: NDArray[np.uint8], /
    ) -> tuple[int, int, int]:
        """Walk as `tar_run_of_file` does, along a tar in memory."""

    def pdq_axis(
        self, size: int, ends: NDArray[np.int32], places: NDArray[np.int32], weights: NDArray[np.uint32], /
    ) -> object:
        """Prepare the reduction of an axis to 64 samples; what comes back is for `pdq` and `pdq_reduce` only.

        Args:
            size: samples on the axis, 1..65536.
            ends: ``(64,)`` int32; sample s has the places and weights from ``ends[s - 1]`` (0 for the first) up to, not
                including, ``ends[s]``. Each has at least one.
            places: ``(n,)`` int32; rising within a sample, each below ``size``.
            weights: ``(n,)`` uint32, positive; each sample's add up to 65536.
        """

    def pdq(
        self, luma: NDArray[np.uint8], rows: tuple[object, ...], columns: tuple[object, ...], turns: bool, /
    ) -> tuple[tuple[bytes, int], ...]:
        """Fingerprint a plane, once for each pair of axes, in one pass over it.

        Args:
            luma: ``(height, width)`` uint8; the pixels of a row are side by side, rows any distance apart.
            rows: one or two axes of the height.
            columns: as many axes of the width.
            turns: whether all eight turned and mirrored forms are wanted.

        Returns:
            For each pair of axes the prints, 32 bytes each, one or eight of them, and the quality, 0..100.
        """

    def pdq_reduce(
        self,
        luma: NDArray[np.uint8],
        rows: tuple[object, ...],
        columns: tuple[object, ...],
        reduced: NDArray[np.int32],
        /,
    ) -> None:
        """Write the reduced picture of the first pair of axes to ``reduced``, ``(64, 64)`` int32."""

    def pdq_transform(self, reduced: NDArray[np.int32], frequencies: NDArray[np.float64], /) -> None:
        """Write the frequencies of a reduced picture, values 0..65280, to ``frequencies``, ``(16, 16)`` float64."""

    def hamming_open(
        self,
        values: NDArray[np.uint8],
        order: NDArray[np.uint8],
        tables: tuple[NDArray[np.generic], ...] = ...,
        /,
    ) -> object:
        """Hold the arrays of a segment for `hamming_search`; they must not change as long as the result lives.

        Args:
            values: ``(rows, 32)`` uint8, permuted.
            order: ``(256,)`` uint8, the permutation.
            tables: ``starts``, ``rows``, ``next_words``, ``spill_starts``, ``spill_words`` as
                `safehold.matching.searching.tables` says. Without tables, every search compares all rows.
        """

    def hamming_search(
        self, segment: object, values: NDArray[np.uint8], threshold: int, linear_rows: int, pairs: NDArray[np.uint64], /
    ) -> int:
        """Find every pair of a query and a row within the threshold.

        Args:
            segment: from `hamming_open`.
            values: ``(queries, 32)`` uint8, not permuted; at most 65536.
            threshold: 0..256, included.
            linear_rows: a segment of at most so many rows is compared whole.
            pairs: filled from its start, in no order, with ``query << 41 | row << 9 | distance``.

        Returns:
            How many pairs there are; -1 if there is no room for them.

        Raises:
            ValueError: the segment's numbers lead outside of it.
        """

    def hamming_few(
        self, segment: object, values: NDArray[np.uint8], threshold: int, linear_rows: int, /
    ) -> tuple[int, ...] | None:
        """Find what `hamming_search` finds, with fewer detours: pairs, ascending; None if more than 64."""

    def hamming_permute(
        self, values: NDArray[np.uint8], order: NDArray[np.uint8], permuted: NDArray[np.uint8], /
    ) -> None:
        """Write values, ``(n, 32)`` uint8, with their bits in another order to an array of the same shape."""

    def hamming_build(
        self,
        values: NDArray[np.uint8],
        starts: NDArray[np.uint32],
        rows: NDArray[np.uint8],
        next_words: NDArray[np.uint16],
        spill_starts: NDArray[np.uint32],
        spill_words: NDArray[np.uint16],
        /,
    ) -> int:
        """Fill ``rows``, ``next_words`` and ``spill_words``, all zeros before, from permuted values and the starts."""
