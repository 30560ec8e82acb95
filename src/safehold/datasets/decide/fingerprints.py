"""Fingerprints: every signal of a scan part as flat matrices, with the record and place that each belongs to.

Looking up a shard at once instead of a record at a time is what keeps matching a small part of a scan.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.signals import Variant, names_of
from safehold.vocabulary import Algorithm, PdqFlavour, signal_width_bytes

_STORED = (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Signals of one algorithm (and flavour) of a whole shard.

    Attributes:
        algorithm: what made them.
        flavour: for PDQ, which pipeline, or UNKNOWN for values that both make; None otherwise.
        values: (n, width) uint8, one signal a row.
        records: (n,) int64, the row of the record that each belongs to.
        places: n strings: the member, or the member and frame.
        variants: for PDQ of variants, n strings: which; None where the signals are the frames' own.
    """

    algorithm: Algorithm
    flavour: PdqFlavour | None
    values: NDArray[np.uint8]
    records: NDArray[np.int64]
    places: pa.StringArray
    variants: pa.StringArray | None = None

    def chosen(self, which: NDArray[np.bool_]) -> "Fingerprints":
        """Return some of the signals."""
        places = self.places.filter(pa.array(which))
        variants = None if self.variants is None else self.variants.filter(pa.array(which))
        return replace(self, values=self.values[which], records=self.records[which], places=places, variants=variants)


def fingerprints_of(part: pa.Table, variants: Collection[Variant] = ()) -> Iterator[Fingerprints]:
    """Yield all signals of a scan part: stored bytes, listed originals, perceptual prints, then those of variants.

    Args:
        part: a table of the observations' schema.
        variants: which are wanted; those that the scan made beyond them are left out.
    """
    members = part.column("members").combine_chunks()
    owner = members.value_parent_indices().to_numpy(zero_copy_only=False)
    member = members.flatten()
    names = member.field("name")
    for algorithm in _STORED:
        values = _matrix(member.field(algorithm.value), signal_width_bytes(algorithm))
        yield Fingerprints(algorithm, None, values, owner, names)
    yield from _listed(part.column("listed").combine_chunks())
    yield from _prints(member.field("prints"), owner, names)
    if variants:
        yield from _prints(member.field("variants"), owner, names, names_of(variants))


def _listed(listed: pa.ListArray) -> Iterator[Fingerprints]:
    owner = listed.value_parent_indices().to_numpy(zero_copy_only=False)
    signal = listed.flatten()
    for algorithm in _STORED:
        chosen = pc.equal(signal.field("algorithm"), algorithm.value)
        values = signal.field("value").filter(chosen)
        if len(values):
            width = signal_width_bytes(algorithm)
            yield Fingerprints(
                algorithm,
                None,
                _matrix(values.cast(pa.binary(width)), width),
                owner[chosen.to_numpy(zero_copy_only=False)],
                pc.binary_join_element_wise("original", signal.field("place").filter(chosen), ":"),
            )


def _prints(
    prints: pa.ListArray, owner: NDArray[np.int64], names: pa.StringArray, wanted: Collection[str] | None = None
) -> Iterator[Fingerprints]:
    """Yield the prints of each flavour; where variants are wanted, of the wanted ones."""
    member = prints.value_parent_indices().to_numpy(zero_copy_only=False)
    made = prints.flatten()
    for flavour in (PdqFlavour.FULL, PdqFlavour.NEAREST_512):
        chosen = pc.equal(made.field("flavour"), flavour.value)
        if wanted is not None:
            chosen = pc.and_(chosen, pc.is_in(made.field("variant"), value_set=pa.array(sorted(wanted), pa.string())))
        values = made.field("value").filter(chosen)
        if len(values):
            of_member = member[chosen.to_numpy(zero_copy_only=False)]
            places = pc.binary_join_element_wise(
                names.take(pa.array(of_member)), made.field("place").filter(chosen), " "
            )
            variants = None if wanted is None else made.field("variant").filter(chosen)
            yield Fingerprints(Algorithm.PDQ, flavour, _matrix(values, 32), owner[of_member], places, variants)


def joined(every: Iterable[Fingerprints]) -> Iterator[Fingerprints]:
    """Yield the same signals; those that have one value in both flavours once, since one look-up finds what two would.

    Pictures of up to 512 x 512 pixels have: most of a training set that was resized.
    """
    full: Fingerprints | None = None
    for one in every:
        if full is not None and one.flavour is PdqFlavour.NEAREST_512 and _is_aligned(full, one):
            yield from _joined(full, one)
            full = None
            continue
        if full is not None:
            yield full
        full = one if one.flavour is PdqFlavour.FULL else None
        if full is None:
            yield one
    if full is not None:
        yield full


def _is_aligned(full: Fingerprints, nearest: Fingerprints) -> bool:
    """Return whether each row of one is of the same frame and variant as that of the other."""
    return (
        np.array_equal(full.records, nearest.records)
        and full.places.equals(nearest.places)
        and (full.variants is nearest.variants is None or _are_equal(full.variants, nearest.variants))
    )


def _are_equal(one: pa.StringArray | None, other: pa.StringArray | None) -> bool:
    return one is not None and other is not None and bool(one.equals(other))


def _joined(full: Fingerprints, nearest: Fingerprints) -> Iterator[Fingerprints]:
    is_same = (full.values == nearest.values).all(axis=1)
    if is_same.all():
        yield replace(full, flavour=PdqFlavour.UNKNOWN)
        return
    yield replace(full.chosen(is_same), flavour=PdqFlavour.UNKNOWN)
    yield full.chosen(~is_same)
    yield nearest.chosen(~is_same)


def _matrix(values: pa.FixedSizeBinaryArray, width: int) -> NDArray[np.uint8]:
    buffer = values.buffers()[1]
    if buffer is None or not len(values):
        return np.empty((0, width), np.uint8)
    content = np.frombuffer(buffer, np.uint8, len(values) * width, values.offset * width)
    return content.reshape(-1, width)
