"""PDQ values as text (64 hexadecimal digits) and in bulk (rows of 32 bytes)."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safehold.vocabulary.signal import MalformedSignalError

PDQ_BYTES = 32

_DIGITS = re.compile(r"[0-9A-Fa-f]{64}")


def parse_pdq(text: str) -> bytes:
    """Read 64 hexadecimal digits, of either case.

    Raises:
        MalformedSignalError: the text is anything else; white space is not skipped.
    """
    if _DIGITS.fullmatch(text) is None:
        raise MalformedSignalError(
            f"a PDQ value has 64 hexadecimal digits; this is not one, and has {len(text)} characters",
            advice="Check that the column or line holds a PDQ value and nothing else.",
        )
    return bytes.fromhex(text)


def format_pdq(value: bytes) -> str:
    """Write 32 bytes as 64 lower-case hexadecimal digits.

    Raises:
        MalformedSignalError: the value has another length.
    """
    if len(value) != PDQ_BYTES:
        raise MalformedSignalError(
            f"a PDQ value has {PDQ_BYTES} bytes, not {len(value)}", advice="Check which algorithm made the value."
        )
    return value.hex()


def rows_from_values(values: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return ``(n, 32) uint8``, one row a value, most significant byte first.

    Raises:
        MalformedSignalError: a value has another length.
    """
    for value in values:
        format_pdq(value)
    return np.frombuffer(b"".join(values), np.uint8).reshape(-1, PDQ_BYTES)


def values_from_rows(rows: NDArray[np.uint8]) -> tuple[bytes, ...]:
    """Return one value a row of ``(n, 32) uint8``.

    Raises:
        MalformedSignalError: rows are not 32 bytes wide.
    """
    if rows.ndim != 2 or rows.shape[1] != PDQ_BYTES:
        raise MalformedSignalError(
            f"PDQ values in bulk are (n, {PDQ_BYTES}), not {rows.shape}",
            advice="Check which algorithm made the values.",
        )
    return tuple(row.tobytes() for row in np.ascontiguousarray(rows, np.uint8))


def parse_pdq_rows(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Read many values at once into ``(n, 32) uint8``.

    Raises:
        MalformedSignalError: a text is not 64 hexadecimal digits.
    """
    return rows_from_values([parse_pdq(text) for text in texts])
