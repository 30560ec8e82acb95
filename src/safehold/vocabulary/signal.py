"""Signals: typed fingerprints of content."""

from dataclasses import dataclass
from enum import Enum

from safehold.vocabulary.errors import UsageError


class Algorithm(Enum):
    """A fingerprint algorithm. The value is the name used in files, policies and on the command line."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5 = "md5"
    PDQ = "pdq"


CRYPTOGRAPHIC = frozenset({Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5})
"""Algorithms whose equality confirms that the bytes are the listed ones."""

_WIDTH_BYTES = {Algorithm.SHA256: 32, Algorithm.SHA1: 20, Algorithm.MD5: 16, Algorithm.PDQ: 32}


DIGESTS_OF_NOTHING = {
    Algorithm.SHA256: bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    Algorithm.SHA1: bytes.fromhex("da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    Algorithm.MD5: bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e"),
}
"""What every empty file has: listed by mistake, it would accuse all of them, so it is never looked up.

Source: FIPS 180-4 and RFC 1321, of the empty message.
"""


def signal_width_bytes(algorithm: Algorithm) -> int:
    """Return how many bytes a value of this algorithm has."""
    return _WIDTH_BYTES[algorithm]


class PdqFlavour(Enum):
    """Which of the two published pipelines made a PDQ value; they differ by up to 28 bits on large pictures.

    Source: `pdqhash` and the Java reference filter at full resolution; the C++ reference `pdqio.cpp` first
    resamples to 512 x 512 by nearest neighbour.
    """

    FULL = "full"
    NEAREST_512 = "nearest512"
    UNKNOWN = "unknown"


class MalformedSignalError(UsageError):
    """A signal value does not have the shape of its algorithm."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A fingerprint of content.

    Attributes:
        algorithm: what made it.
        value: its bytes, most significant first; its width is fixed by the algorithm.
        flavour: for PDQ, which pipeline; None for every other algorithm.
        quality: for PDQ, 0..100 (below 50 the picture has too little structure to be told apart); else None.
        place: which part of the content it is of: "" for the whole, or for instance "frame 12 @ 3.200 s".
    """

    algorithm: Algorithm
    value: bytes
    flavour: PdqFlavour | None = None
    quality: int | None = None
    place: str = ""

    def __post_init__(self) -> None:
        if len(self.value) != signal_width_bytes(self.algorithm):
            raise MalformedSignalError(
                f"a {self.algorithm.value} value has {signal_width_bytes(self.algorithm)} bytes, not {len(self.value)}",
                advice="Check which algorithm made the value.",
            )
