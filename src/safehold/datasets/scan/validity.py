"""Validity: what a scan part must be before anything is decided on it, whoever wrote it.

A hostile file may have taken over the child that answers. What that child says can't be checked against the bytes
without opening them again; what can be checked is that nothing in the part would be passed over in silence later: a
missing digest that is never looked up, a word that no rule knows, a score that compares false with every threshold.

    require_valid(*decode_part(data))
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

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
    said = _Said.of(table)
    yield from _unknown_words(table, said)
    yield from _impossible_numbers(table)
    yield from _misshapen_listings(table)
    yield from _contradictions(table, said)
    yield from _missing_prints(table, said, note.settings.flavours)
    yield from _unsaid_ends(table, note)


@dataclass(frozen=True, slots=True)
class _Words:
    """A column of words of which there are few, none of them null.

    Attributes:
        different: each word once.
        places: ``(n,)``; of each row, its word's place in `different`.
    """

    different: list[str]
    places: NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.StringArray) -> Self:
        """Read a column."""
        coded = column.dictionary_encode()
        return cls(coded.dictionary.to_pylist(), coded.indices.to_numpy())

    def where(self, is_so: Callable[[str], bool]) -> _Mask:
        """Return of each row whether its word is so."""
        answers = np.array([is_so(word) for word in self.different], np.bool_)
        mask: _Mask = answers[self.places]
        return mask

    def among(self, known: Collection[str]) -> _Mask:
        """Return of each row whether its word is one of these."""
        return self.where(known.__contains__)


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of a part that several checks read, each column read once.

    Attributes:
        kinds: of each member.
        flavours: of each print of each member.
        profiles: of each record.
        row: ``(members,)``; the record of each member.
    """

    kinds: _Words
    flavours: _Words
    profiles: _Words
    row: NDArray[np.int64]

    @classmethod
    def of(cls, table: pa.Table) -> Self:
        """Read them from a part without nulls."""
        members = _only(table, "members")
        member = members.flatten()
        return cls(
            kinds=_Words.of(member.field("kind")),
            flavours=_Words.of(member.field("prints").flatten().field("flavour")),
            profiles=_Words.of(_only(table, "profile")),
            row=members.value_parent_indices().to_numpy(zero_copy_only=False),
        )

    def profiled(self, is_so: Callable[[_Kinds, _Names], bool]) -> _Mask:
        """Return of each record whether its profile is so."""
        return self.profiles.where(lambda profile: is_so(*parse_profile(profile)))


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


def _unknown_words(table: pa.Table, said: _Said) -> Iterator[str]:
    variant = _only(table, "members").flatten().field("variants").flatten()
    flavours = {flavour.value for flavour in _FLAVOURS}
    words: dict[str, tuple[list[str], Collection[str]]] = {
        "kind": (said.kinds.different, {kind.value for kind in MediaKind}),
        "flavour": (said.flavours.different, flavours),
        "flavour of a variant": (_different(variant.field("flavour")), flavours),
        "variant": (_different(variant.field("variant")), names_of(tuple(Variant)) - {""}),
        "algorithm": (_different(_listed(table).field("algorithm")), {one.value for one in CRYPTOGRAPHIC}),
        "reason": (
            _different(_only(table, "gaps").flatten().field("reason")), {reason.value for reason in GapReason}
        ),
    }  # fmt: skip
    yield from (f"an unknown {name}" for name, (found, known) in words.items() if not set(found) <= set(known))
    try:
        for profile in said.profiles.different:
            parse_profile(profile)
    except ValueError:
        yield "an unknown profile"


def _different(words: pa.StringArray) -> list[str]:
    """Return each word of a column once."""
    different: list[str] = pc.unique(words).to_pylist() if len(words) else []
    return different


def _listed(table: pa.Table) -> pa.StructArray:
    return _only(table, "listed").flatten()


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
    listed = _listed(table)
    algorithm, width = listed.field("algorithm"), pc.binary_length(listed.field("value"))
    names = _different(algorithm)
    for name in names:
        of_algorithm = width if len(names) == 1 else width.filter(pc.equal(algorithm, name))
        if set(pc.min_max(of_algorithm).as_py().values()) != {signal_width_bytes(Algorithm(name))}:
            yield f"a value that is no {name}"


def _contradictions(table: pa.Table, said: _Said) -> Iterator[str]:
    """Yield what a record holds and its profile leaves out: what is required of such media would not be."""
    for one in _MEDIA:
        if not said.profiled(partial(_names, one))[said.row[said.kinds.among({one.value})]].all():
            yield f"{one.value} that its profile leaves out"
    has_text = np.flatnonzero(pc.list_value_length(_only(table, "texts")).to_numpy(zero_copy_only=False))
    if not said.profiled(partial(_names, MediaKind.TEXT))[has_text].all():
        yield "text that its profile leaves out"


def _names(kind: MediaKind, kinds: _Kinds, _: _Names) -> bool:
    return kind in kinds


def _missing_prints(table: pa.Table, said: _Said, flavours: Collection[PdqFlavour]) -> Iterator[str]:
    """Yield the flavours of which a picture or clip has no print, though its profile says that it was examined."""
    is_fingerprinted = said.profiled(lambda _, examined: Algorithm.PDQ.value in examined)
    seen = said.kinds.among({one.value for one in _SEEN}) & is_fingerprinted[said.row]
    prints = _only(table, "members").flatten().field("prints")
    of_member = prints.value_parent_indices().to_numpy(zero_copy_only=False)
    for flavour in _FLAVOURS.intersection(flavours):
        has_print = np.zeros(len(seen), np.bool_)
        has_print[of_member[said.flavours.among({flavour.value})]] = True
        if not has_print[seen].all():
            yield f"an examination without its print ({flavour.value})"


def _unsaid_ends(table: pa.Table, note: "PartNote") -> Iterator[str]:
    """Yield what would make a shard look read to its end that was not."""
    if note.size_bytes < 0:
        yield "a negative size"
    if note.content == "":
        is_whole = not _Words.of(_only(table, "record")).among({""})[_rows_with_gaps(table)].any()
        if is_whole:
            yield "an end that nobody read, without a gap"
    elif not _SHA256.fullmatch(note.content):
        yield "a content digest that is none"


def _rows_with_gaps(table: pa.Table) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = pc.list_value_length(_only(table, "gaps")).to_numpy(zero_copy_only=False)
    return np.flatnonzero(lengths)


def _only(table: pa.Table, name: str) -> pa.Array:
    """Return a column as the one array that it is after its chunks were combined."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks else pa.array([], column.type)
