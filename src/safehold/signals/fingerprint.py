"""The port for fingerprint algorithms: content in, signals out.

An algorithm takes either bytes as they were received or one 8-bit luma plane. It never answers with nothing: what it
can't fingerprint it refuses, and the caller turns the refusal into a Gap.

    PdqFingerprint({PdqFlavour.FULL}).signals(luma, place="frame 12 @ 3.200 s")
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from safehold.signals.digests import digest
from safehold.signals.errors import UnhashablePictureError
from safehold.signals.pdq_prints import pdq
from safehold.vocabulary import Algorithm, GapReason, PdqFlavour, Signal

Examined_contra = TypeVar("Examined_contra", contravariant=True)


class Fingerprint(Protocol[Examined_contra]):
    """Make the signals of one kind of content."""

    @property
    def algorithms(self) -> frozenset[Algorithm]:
        """Which algorithms the signals are of."""
        ...

    def signals(self, examined: Examined_contra, *, place: str = "") -> tuple[Signal, ...]:
        """Return at least one signal for each of the algorithms; the same content always has the same ones.

        Args:
            examined: the content.
            place: which part of the record it is; every signal carries it.

        Raises:
            UnhashablePictureError: there is no fingerprint of this content.
        """
        ...


@dataclass(frozen=True, slots=True)
class DigestFingerprint:
    """SHA-256, SHA-1 and MD5 of bytes."""

    @property
    def algorithms(self) -> frozenset[Algorithm]:
        """All three."""
        return frozenset({Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5})

    def signals(self, examined: bytes | memoryview, *, place: str = "") -> tuple[Signal, ...]:
        """Return the three digests."""
        digests = digest(examined)
        return (
            Signal(Algorithm.SHA256, digests.sha256, place=place),
            Signal(Algorithm.SHA1, digests.sha1, place=place),
            Signal(Algorithm.MD5, digests.md5, place=place),
        )


@dataclass(frozen=True, slots=True)
class PdqFingerprint:
    """PDQ of a luma plane, in the flavours that the banks in use were made with."""

    flavours: Collection[PdqFlavour]

    @property
    def algorithms(self) -> frozenset[Algorithm]:
        """PDQ alone."""
        return frozenset({Algorithm.PDQ})

    def signals(self, examined: NDArray[np.uint8], *, place: str = "") -> tuple[Signal, ...]:
        """Return one signal per flavour."""
        prints = pdq(examined, self.flavours)
        return tuple(Signal(Algorithm.PDQ, own.value, own.flavour, own.quality, place) for own in prints)


@dataclass(frozen=True, slots=True)
class SandboxFingerprint:
    """A made-up algorithm for tests and demonstrations: it answers as listed, or refuses when told to.

    Attributes:
        answers: what it answers, whatever the content.
        refusal: why it refuses everything; None to answer.
    """

    answers: Sequence[Signal]
    refusal: GapReason | None = None

    @property
    def algorithms(self) -> frozenset[Algorithm]:
        """Those of its answers."""
        return frozenset(answer.algorithm for answer in self.answers)

    def signals(self, examined: object, *, place: str = "") -> tuple[Signal, ...]:  # noqa: ARG002  the port's shape
        """Return the listed answers."""
        if self.refusal is not None:
            raise UnhashablePictureError("the sandbox was told to refuse", reason=self.refusal)
        return tuple(Signal(own.algorithm, own.value, own.flavour, own.quality, place) for own in self.answers)
