"""Fingerprints: what stands for an item's bytes in its case, taken as they were received, before anything changed them.

Reviewers decide by them on copies, confirmed ones go to the own bank, and an authority is told them. Digests are made
here and not by the child that opened the bytes: whoever took that over can't say what they were.
"""

from safehold.gateway.media_wire import Observed
from safehold.screening import CLEAR_QUALITY
from safehold.signals import digest
from safehold.vocabulary import Algorithm, Signal

MOST_PRINTS = 128
"""How many prints of a clip are kept, spread over all of it: enough to know a part of it again. A picture has one in
each flavour that lists ask for."""


def digests_of(data: bytes) -> tuple[Signal, ...]:
    """Return the digests of some bytes; none of no bytes, since every empty file has those."""
    if not data:
        return ()
    made = digest(data)
    return (
        Signal(Algorithm.SHA256, made.sha256),
        Signal(Algorithm.SHA1, made.sha1),
        Signal(Algorithm.MD5, made.md5),
    )


def prints_of(observed: Observed) -> tuple[Signal, ...]:
    """Return the prints that are kept of what a child saw: of the item as it is, or of frames spread over a clip.

    Of a clip with more frames than are kept, those go that can't be told apart. Prints of mirrored and turned forms are
    made anew by whoever looks something up.
    """
    prints = [made for form, made in observed.prints if not form]
    if len(prints) <= MOST_PRINTS:
        return tuple(prints)
    clear = [number for number, made in enumerate(prints) if (made.quality or 0) >= CLEAR_QUALITY]
    chosen = clear if len(clear) >= MOST_PRINTS else range(len(prints))
    return tuple(prints[chosen[place * len(chosen) // MOST_PRINTS]] for place in range(MOST_PRINTS))
