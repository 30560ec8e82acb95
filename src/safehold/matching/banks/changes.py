"""Changes: what an import or a withdrawal adds to a bank, worked out from what the bank holds. Pure but for reading.

Rules: an entry is known by its algorithm, value and source id; a known one is not added again, so that applying a list
twice equals once. A withdrawal by value also covers entries that other sources give for the value, now and later; one
by source id covers only what that source has listed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.matching.banks.featureless import stands_for_nothing
from safehold.matching.errors import NotListedError
from safehold.matching.listings import Listing
from safehold.matching.parts.order import first_of_equals
from safehold.matching.parts.part import Part, PartKind
from safehold.matching.parts.rows import Rows, class_of, concatenated
from safehold.vocabulary import Algorithm, HarmClass

_EVERY_SOURCE = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a new part will hold.

    Attributes:
        kind: what it will do.
        groups: its rows by algorithm; none where nothing changes.
        known: how many rows were already in the bank.
        withdrawn: how many rows were left out because they were withdrawn before.
        featureless: how many of the new and the known rows stand for nothing in particular: see `stands_for_nothing`.
    """

    kind: PartKind
    groups: Mapping[Algorithm, Rows]
    known: int = 0
    withdrawn: int = 0
    featureless: int = 0

    def __len__(self) -> int:
        return sum(map(len, self.groups.values()))


def import_change(parts: Sequence[Part], listing: Listing) -> Change:
    """Return what a list adds to the parts of a bank."""
    groups, known, withdrawn, featureless = {}, 0, 0, 0
    next_entry = sum(sum(part.counts.values()) for part in parts if part.kind is PartKind.IMPORT)
    for algorithm, rows in listing.groups.items():
        is_new = _is_new(parts, rows)
        was_withdrawn = _was_withdrawn(parts, rows)
        added = rows.taken(np.flatnonzero(is_new & ~was_withdrawn))
        known += int(np.count_nonzero(~is_new & ~was_withdrawn))
        withdrawn += int(np.count_nonzero(was_withdrawn))
        featureless += int(np.count_nonzero(stands_for_nothing(algorithm, rows.values) & ~was_withdrawn))
        if len(added):
            groups[algorithm] = added.numbered(next_entry)
            next_entry += len(added)
    return Change(PartKind.IMPORT, groups, known, withdrawn, featureless)


def other_classes(listing: Listing, harm_class: HarmClass) -> dict[HarmClass, int]:
    """Return how many rows of a list state another class than that of the bank, by class."""
    counted = Counter(class_of(code) for rows in listing.groups.values() for code in rows.harm_class.tolist())
    return {stated: count for stated, count in counted.items() if stated is not None and stated is not harm_class}


def withdraw_change(parts: Sequence[Part], values: Sequence[str], source_ids: Sequence[str], reason: str) -> Change:
    """Return what takes these entries back.

    Args:
        parts: of the bank.
        values: hexadecimal.
        source_ids: what the source calls entries.
        reason: why, for the record.

    Raises:
        NotListedError: one of them is not in the bank; nothing is withdrawn then.
    """
    wanted, sources = {text.strip().lower() for text in values}, set(source_ids)
    groups, found, before = {}, set(), 0
    for algorithm in Algorithm:
        listed = _rows_of(parts, PartKind.IMPORT, algorithm)
        if listed is None:
            continue
        texts = [value.tobytes().hex() for value in listed.values]
        labels = listed.source_id.to_pylist()
        by_value = np.array([text in wanted for text in texts], np.bool_)
        by_source = np.array([bool(label) and label in sources for label in labels], np.bool_)
        found |= wanted & set(texts) | sources & set(labels)
        chosen = listed.taken(np.flatnonzero(by_value | by_source))
        is_whole = by_value[by_value | by_source]
        left = _still_listed(parts, chosen, is_whole)
        before += len(chosen) - len(left)
        if len(left):
            groups[algorithm] = left.explained(reason)
    _require_all(len(wanted | sources), len(found & (wanted | sources)))
    return Change(PartKind.WITHDRAW, groups, withdrawn=before)


def _require_all(wanted: int, found: int) -> None:
    if found < wanted:
        raise NotListedError(
            f"{wanted - found} of {wanted} values or source ids are not in the bank; nothing was withdrawn",
            advice="Check them with: safehold bank show NAME. Values are given in hexadecimal.",
        )


def _is_new(parts: Sequence[Part], rows: Rows) -> NDArray[np.bool_]:
    """Return which rows the bank doesn't hold, withdrawn or not."""
    held = _rows_of(parts, PartKind.IMPORT, rows.algorithm)
    if held is None:
        return np.ones(len(rows), np.bool_)
    both = concatenated([held, rows])
    is_new = np.zeros(len(both), np.bool_)
    is_new[first_of_equals(both.values, both.source_id)] = True
    return is_new[len(held) :]


def _was_withdrawn(parts: Sequence[Part], rows: Rows) -> NDArray[np.bool_]:
    """Return which rows have a value, or a value of that source, that was taken back."""
    taken_back = _withdrawn_keys(parts, rows.algorithm)
    if not taken_back:
        return np.zeros(len(rows), np.bool_)
    pairs = zip((value.tobytes() for value in rows.values), rows.source_id.to_pylist(), strict=True)
    return np.fromiter(
        ((value, _EVERY_SOURCE) in taken_back or (value, label) in taken_back for value, label in pairs),
        np.bool_,
        len(rows),
    )


def _withdrawn_keys(parts: Sequence[Part], algorithm: Algorithm) -> set[tuple[bytes, str | None]]:
    rows = _rows_of(parts, PartKind.WITHDRAW, algorithm)
    if rows is None:
        return set()
    return set(zip((value.tobytes() for value in rows.values), rows.source_id.to_pylist(), strict=True))


def _still_listed(parts: Sequence[Part], chosen: Rows, is_whole: NDArray[np.bool_]) -> Rows:
    """Return the chosen rows that were not taken back before; those chosen by value lose their source id."""
    before = _rows_of(parts, PartKind.WITHDRAW, chosen.algorithm)
    sources = zip(is_whole, chosen.source_id.to_pylist(), strict=True)
    labels = pa.array([_EVERY_SOURCE if whole else source for whole, source in sources], pa.large_string())
    is_left = np.ones(len(chosen), np.bool_) if before is None else ~np.isin(chosen.entry, before.entry)
    return chosen.labelled(labels).taken(np.flatnonzero(is_left))


def _rows_of(parts: Sequence[Part], kind: PartKind, algorithm: Algorithm) -> Rows | None:
    found = [part.rows(algorithm) for part in parts if part.kind is kind and part.counts.get(algorithm)]
    return concatenated(found) if found else None


def withdrawn_entries(parts: Sequence[Part], algorithm: Algorithm) -> frozenset[int]:
    """Return the numbers of the entries that were taken back."""
    rows = _rows_of(parts, PartKind.WITHDRAW, algorithm)
    return frozenset() if rows is None else frozenset(rows.entry.tolist())
