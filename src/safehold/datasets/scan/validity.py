"""Validity: what a scan part must be before anything is decided on it, whoever wrote it.

A hostile file may have taken over the child that answers. What that child says can't be checked against the bytes
without opening them again; what can be checked is that nothing in the part would be passed over in silence later: a
missing digest that is never looked up, a word that no rule knows, a score that compares false with every threshold.

    require_valid(*decode_part(data))
"""

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.scan.observation import parse_profile
from safehold.signals import Variant, names_of
from safehold.vocabulary import CRYPTOGRAPHIC, Algorithm, GapReason, MediaKind, PdqFlavour, signal_width_bytes

if TYPE_CHECKING:
    from safehold.datasets.scan.part import PartNote

_Mask = NDArray[np.bool_]
_Kinds = frozenset[MediaKind]
_Names = frozenset[str]
_MEDIA = (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO)
_SEEN = (MediaKind.IMAGE, MediaKind.VIDEO)
_FLAVOURS = frozenset({PdqFlavour.FULL, PdqFlavour.NEAREST_512})
_MAY_BE_NULL = frozenset({"url"})
_SHA256 = re.compile("[0-9a-f]{64}")


def require_valid(part: pa.Table, note: "PartNote") -> None:
    """Refuse a part in which something would be passed over in silence.

    Args:
        part: a table of the observations' schema.
        note: what it says of itself.

    Raises:
        DamagedStateError: it is such a part; nothing in it is to be believed.
    """
    table = part.combine_chunks()
    fault = next(_faults(table, note), None)
    if fault is not None:
        raise DamagedStateError(
            f"a scan part is none that an examination makes: {fault}",
            advice="Run the scan again: it redoes this shard.",
        )


def _faults(table: pa.Table, note: "PartNote") -> Iterator[str]:
    """Yield what is wrong, cheapest first; each check may count on those before it."""
    yield from (f"{name} is missing" for name in _nulls(table))
    yield from _unknown_words(table)
    yield from _impossible_numbers(table)
    yield from _misshapen_listings(table)
    yield from _contradictions(table)
    yield from _missing_prints(table, note.settings.flavours)
    yield from _unsaid_ends(table, note)


def _nulls(table: pa.Table) -> Iterator[str]:
    """Yield every column and field that has a null: of an absent digest, a look-up would make a wrong one."""
    for name in table.schema.names:
        if name not in _MAY_BE_NULL:
            yield from _nulls_in(name, _only(table, name))


def _nulls_in(name: str, values: pa.Array) -> Iterator[str]:
    if values.null_count:
        yield name
    elif pa.types.is_list(values.type):
        yield from _nulls_in(name, values.flatten())
    elif pa.types.is_struct(values.type):
        for field, column in zip(values.type, values.flatten(), strict=True):
            yield from _nulls_in(f"{name}.{field.name}", column)


def _unknown_words(table: pa.Table) -> Iterator[str]:
    member = _only(table, "members").flatten()
    variant = member.field("variants").flatten()
    words: dict[str, tuple[pa.Array, Collection[str]]] = {
        "kind": (member.field("kind"), {kind.value for kind in MediaKind}),
        "flavour": (member.field("prints").flatten().field("flavour"), {flavour.value for flavour in _FLAVOURS}),
        "flavour of a variant": (variant.field("flavour"), {flavour.value for flavour in _FLAVOURS}),
        "variant": (variant.field("variant"), names_of(tuple(Variant)) - {""}),
        "algorithm": (_only(table, "listed").flatten().field("algorithm"), {one.value for one in CRYPTOGRAPHIC}),
        "reason": (_only(table, "gaps").flatten().field("reason"), {reason.value for reason in GapReason}),
    }
    for name, (said, known) in words.items():
        if not set(pc.unique(said).to_pylist()) <= set(known):
            yield f"an unknown {name}"
    try:
        for profile in pc.unique(_only(table, "profile")).to_pylist():
            parse_profile(profile)
    except ValueError:
        yield "an unknown profile"


def _impossible_numbers(table: pa.Table) -> Iterator[str]:
    member = _only(table, "members").flatten()
    score = _only(table, "scores").flatten().field("value").to_numpy(zero_copy_only=False)
    label = _only(table, "labels").flatten().field("value").to_numpy(zero_copy_only=False)
    quality = member.field("prints").flatten().field("quality").to_numpy(zero_copy_only=False)
    size = member.field("bytes").to_numpy(zero_copy_only=False)
    if not ((score >= 0) & (score <= 1)).all():  # false of what is no number
        yield "a score beyond 0 to 1"
    if not np.isfinite(label).all():
        yield "a label that is no number"
    if not ((quality >= 0) & (quality <= 100)).all():
        yield "a quality beyond 0 to 100"
    if not (size >= 0).all():
        yield "a negative size"


def _misshapen_listings(table: pa.Table) -> Iterator[str]:
    listed = _only(table, "listed").flatten()
    algorithm, width = listed.field("algorithm"), pc.binary_length(listed.field("value"))
    names = pc.unique(algorithm).to_pylist()
    for name in names:
        of_algorithm = width if len(names) == 1 else width.filter(pc.equal(algorithm, name))
        if set(pc.min_max(of_algorithm).as_py().values()) != {signal_width_bytes(Algorithm(name))}:
            yield f"a value that is no {name}"


def _contradictions(table: pa.Table) -> Iterator[str]:
    """Yield what a record holds and its profile leaves out: what is required of such media would not be."""
    members = _only(table, "members")
    kind, row = members.flatten().field("kind"), members.value_parent_indices().to_numpy(zero_copy_only=False)
    for one in _MEDIA:
        if not _profiled(table, row[_among(kind, {one.value})], partial(_names, one)).all():
            yield f"{one.value} that its profile leaves out"
    has_text = np.flatnonzero(pc.list_value_length(_only(table, "texts")).to_numpy(zero_copy_only=False))
    if not _profiled(table, has_text, partial(_names, MediaKind.TEXT)).all():
        yield "text that its profile leaves out"


def _names(kind: MediaKind, kinds: _Kinds, _: _Names) -> bool:
    return kind in kinds


def _missing_prints(table: pa.Table, flavours: Collection[PdqFlavour]) -> Iterator[str]:
    """Yield the flavours of which a picture or clip has no print, though its profile says that it was examined."""
    members = _only(table, "members")
    member, row = members.flatten(), members.value_parent_indices().to_numpy(zero_copy_only=False)
    seen = np.flatnonzero(_among(member.field("kind"), {one.value for one in _SEEN}))
    seen = seen[_profiled(table, row[seen], lambda _, examined: Algorithm.PDQ.value in examined)]
    for flavour in _FLAVOURS.intersection(flavours):
        if not _has_print(member.field("prints"), flavour)[seen].all():
            yield f"an examination without its print ({flavour.value})"


def _profiled(table: pa.Table, rows: NDArray[np.int64], is_so: Callable[[_Kinds, _Names], bool]) -> _Mask:
    """Return of each of these rows whether its profile is so."""
    column = _only(table, "profile")
    is_every = len(rows) == len(column) and bool((rows == np.arange(len(rows))).all())
    profiles = (column if is_every else column.take(pa.array(rows))).dictionary_encode()
    answers = np.array([is_so(*parse_profile(profile)) for profile in profiles.dictionary.to_pylist()], np.bool_)
    answer: _Mask = answers[profiles.indices.to_numpy()]
    return answer


def _has_print(prints: pa.ListArray, flavour: PdqFlavour) -> _Mask:
    """Return which members have a print of a flavour."""
    has: _Mask = np.zeros(len(prints), np.bool_)
    of_member = prints.value_parent_indices().to_numpy(zero_copy_only=False)
    has[of_member[_among(prints.flatten().field("flavour"), {flavour.value})]] = True
    return has


def _unsaid_ends(table: pa.Table, note: "PartNote") -> Iterator[str]:
    """Yield what would make a shard look read to its end that was not."""
    if note.size_bytes < 0:
        yield "a negative size"
    if note.content == "":
        is_whole = not _among(_only(table, "record"), {""})[_rows_with_gaps(table)].any()
        if is_whole:
            yield "an end that nobody read, without a gap"
    elif not _SHA256.fullmatch(note.content):
        yield "a content digest that is none"


def _rows_with_gaps(table: pa.Table) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = pc.list_value_length(_only(table, "gaps")).to_numpy(zero_copy_only=False)
    return np.flatnonzero(lengths)


def _among(words: pa.StringArray, known: Collection[str]) -> _Mask:
    is_known: _Mask = pc.is_in(words, value_set=pa.array(sorted(known), pa.string())).to_numpy(zero_copy_only=False)
    return is_known


def _only(table: pa.Table, name: str) -> pa.Array:
    """Return a column as the one array that it is after its chunks were combined."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)
