"""Variants: what a picture may have been before somebody mirrored, turned, framed or trimmed it, as further queries.

PDQ takes a picture and its mirror image for two different ones, and doesn't bear a border. A list holds the picture as
it was; so the query is undone in the likely ways, and each way is looked up too. A variant is made of the query alone:
what a list holds stays as it was imported.

    for place, made in queries(luma, {PdqFlavour.FULL}, {Variant.MIRRORED}):
        place, made.value           # "" for the picture as it is, then "mirrored"

What each costs and finds is measured by ``python -m benchmarks.variants``.
"""

from collections.abc import Callable, Collection, Iterator
from enum import Enum
from functools import lru_cache
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from safehold.signals.bars import without_bars
from safehold.signals.pdq_operator import LONGEST_SIDE
from safehold.signals.pdq_prints import SHORTEST_SIDE, Print, Turn, dihedral, pdq
from safehold.vocabulary import PdqFlavour

_Luma = NDArray[np.uint8]


class Variant(Enum):
    """A way in which a query is undone. The order is that of cost."""

    UNLETTERBOXED = "unletterboxed"
    """What is inside uniform bars, if there are any."""

    MIRRORED = "mirrored"
    """The mirror image; with TURNED also its turned forms."""

    TURNED = "turned"
    """Turned by 90, 180 and 270 degrees."""

    EXTENDED = "extended"
    """With its border lines repeated outwards: for a picture that lost a little on each side."""

    CROPPED = "cropped"
    """The middle: for a picture that got a border that is not uniform."""


_CROPS_PER_MILLE = (20, 40, 60, 80)
"""What is trimmed of each side. PDQ bears about 1 %, so that steps of 2 % leave no gap; measured, as above."""

_EXTENSIONS_PER_MILLE = (25, 40)
"""What was lost on each side. Beyond 4 % too much of the picture is invented; measured, as above."""

_TURNS = {
    Turn.NONE: ("", frozenset()),
    Turn.MIRRORED: ("mirrored", frozenset({Variant.MIRRORED})),
    Turn.QUARTER: ("turned 90", frozenset({Variant.TURNED})),
    Turn.HALF: ("turned 180", frozenset({Variant.TURNED})),
    Turn.THREE_QUARTERS: ("turned 270", frozenset({Variant.TURNED})),
    Turn.TRANSPOSED: ("mirrored turned 90", frozenset({Variant.MIRRORED, Variant.TURNED})),
    Turn.UPSIDE_DOWN: ("mirrored turned 180", frozenset({Variant.MIRRORED, Variant.TURNED})),
    Turn.ANTITRANSPOSED: ("mirrored turned 270", frozenset({Variant.MIRRORED, Variant.TURNED})),
}
"""What each form is called, anticlockwise, and which ways it takes."""


def queries(
    luma: _Luma, flavours: Collection[PdqFlavour], variants: Collection[Variant]
) -> Iterator[tuple[str, Print]]:
    """Yield the prints of a picture and of its variants, each with the variant's name.

    The picture itself comes first, with the name "". A variant that is too small or too long to fingerprint is left
    out, and so is one that changes nothing.

    Args:
        luma: ``(height, width)`` uint8.
        flavours: as for `pdq`.
        variants: which to make.

    Raises:
        UnhashablePictureError: the picture itself is too small or too long.
    """
    yield from _turned("", luma, flavours, variants)
    if Variant.UNLETTERBOXED in variants and (inside := without_bars(luma)) is not None:
        yield from _turned("unletterboxed", inside, flavours, variants)
    for name, other in _resized(luma, variants):
        for made in pdq(other, flavours):
            yield name, made


def names_of(variants: Collection[Variant]) -> frozenset[str]:
    """Return every name that `queries` may give for these variants, "" included."""
    turns = {name for name, ways in _TURNS.values() if ways <= set(variants)}
    inside = {f"unletterboxed {turn}".rstrip() for turn in turns if Variant.UNLETTERBOXED in variants}
    shares = {
        _percent(variant, share) for variant, shares in _SHARES.items() if variant in variants for share in shares
    }
    return frozenset(turns | inside | shares)


def _turned(
    name: str, luma: _Luma, flavours: Collection[PdqFlavour], variants: Collection[Variant]
) -> Iterator[tuple[str, Print]]:
    turns, names = _forms(name, tuple(variants))
    made = pdq(luma, flavours) if len(turns) == 1 else dihedral(luma, flavours, turns)
    return zip(cycle(names), made, strict=False)  # the names come once for each flavour


@lru_cache(maxsize=64)
def _forms(name: str, variants: tuple[Variant, ...]) -> tuple[tuple[Turn, ...], tuple[str, ...]]:
    """Return the forms that a picture of this name takes, and their names; worked out once, not a picture."""
    forms = {turn: form for turn, (form, ways) in _TURNS.items() if ways <= set(variants)}
    turns = tuple(turn for turn in Turn if turn in forms)
    return turns, tuple(f"{name} {forms[turn]}".strip() for turn in turns)


def _resized(luma: _Luma, variants: Collection[Variant]) -> Iterator[tuple[str, _Luma]]:
    """Yield the pictures of other sizes, with their names; those that change nothing or have no print left out."""
    for variant, shares in _SHARES.items():
        if variant in variants:
            for share in shares:
                other = _RESIZE[variant](luma, share)
                if other.shape != luma.shape and min(other.shape) >= SHORTEST_SIDE and max(other.shape) <= LONGEST_SIDE:
                    yield _percent(variant, share), other


def _percent(variant: Variant, per_mille: int) -> str:
    return f"{variant.value} {per_mille / 10:g} %"


def _cropped(luma: _Luma, per_mille: int) -> _Luma:
    height, width = luma.shape
    down, across = _share(height, per_mille), _share(width, per_mille)
    return luma[down : height - down, across : width - across]


def _extended(luma: _Luma, per_mille: int) -> _Luma:
    """Undo the loss of a share of each side: what is left is 1 - 2 shares of what there was."""
    height, width = luma.shape
    down, across = (_share(side, per_mille * 1000 / (1000 - 2 * per_mille)) for side in luma.shape)
    whole = np.empty((height + 2 * down, width + 2 * across), np.uint8)  # np.pad takes several times as long
    middle = whole[down : down + height]
    middle[:, across : across + width] = luma
    middle[:, :across], middle[:, across + width :] = luma[:, :1], luma[:, -1:]
    whole[:down], whole[down + height :] = middle[0], middle[-1]
    return whole


def _share(side: int, per_mille: float) -> int:
    return round(side * per_mille / 1000)


_SHARES = {Variant.EXTENDED: _EXTENSIONS_PER_MILLE, Variant.CROPPED: _CROPS_PER_MILLE}
_RESIZE: dict[Variant, Callable[[_Luma, int], _Luma]] = {Variant.EXTENDED: _extended, Variant.CROPPED: _cropped}
