"""Records: what a shard yields, one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from safehold.signals import Digests, digest
from safehold.vocabulary import Gap, GapReason, Signal

DETECTOR = "reading"
"""The detector that a gap found while reading names."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text to be screened, and the member, field or column it comes from."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """Bytes to be hashed and, where they are media, examined.

    Attributes:
        name: its name in the dataset; never shown outward.
        extension: everything after the first dot of the name, in lower case: "jpg", "seg.png"; "" for none. For
            a column, the column's name.
        data: the bytes as stored; a view of the shard where that saves a copy.
        taken_along: digests them while the digest of the shard goes along; None where that can't be.
    """

    name: str
    extension: str
    data: bytes | memoryview
    taken_along: Callable[..., Digests] | None = field(default=None, compare=False, repr=False)

    def digests(self, beat: Callable[[], object]) -> Digests:
        """Return the digests of the bytes; `beat` is as for `signals.digest`."""
        return digest(self.data, beat=beat) if self.taken_along is None else self.taken_along(beat=beat)


@dataclass(frozen=True, slots=True)
class Record:
    """One sample of a dataset.

    Attributes:
        key: names it within its output; two records have the same key only if both carry a DUPLICATE_KEY gap.
        members: media and unknown members in order, also those that a gap concerns, where there are bytes at all.
        texts: captions.
        url: the address it came from, or None.
        labels: numbers that a policy may map to concepts, by name in lower case.
        listed: hashes of the original bytes that a sidecar or column states.
        gaps: what could not be read; a gap's place is the member's extension or the column's name.
    """

    key: str
    members: tuple[Member, ...] = ()
    texts: tuple[Text, ...] = ()
    url: str | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    listed: tuple[Signal, ...] = ()
    gaps: tuple[Gap, ...] = ()


def gap(reason: GapReason, place: str = "") -> Gap:
    """Return a gap of reading."""
    return Gap(DETECTOR, reason, place)
