"""What is seen of one file, as values that a child can send."""

from dataclasses import dataclass

from safehold.vocabulary import MediaKind, Signal

NO_MEDIA = frozenset({MediaKind.UNKNOWN, MediaKind.TEXT})
"""Kinds that no decoder opens."""


@dataclass(frozen=True, slots=True)
class ObservedMember:
    """One file of a record.

    Attributes:
        name: its name inside the record.
        kind: what its bytes are.
        size_bytes: its length.
        sha256: digest of the stored bytes; likewise sha1 and md5.
        prints: perceptual fingerprints, one a frame, flavour and orientation.
        variants: those of mirrored, turned, cropped... forms of the same frames, each after the form's name.
    """

    name: str
    kind: MediaKind
    size_bytes: int
    sha256: bytes
    sha1: bytes
    md5: bytes
    prints: tuple[Signal, ...] = ()
    variants: tuple[tuple[str, Signal], ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedScore:
    """What a classifier said of one member."""

    concept: str
    value: float
    detector: str
    version: str
    place: str
