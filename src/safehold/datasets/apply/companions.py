"""Companions in the cleaned dataset: written again for what stays.

Only the metadata of a folder, whose rows were examined, is linked where nothing of it was dropped. What else stands
beside shards was not examined: what is written is made from what the cleaned shard holds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from safehold.datasets.apply.sides import Side
from safehold.datasets.sources import Companion, CompanionKind, link_file, reemit


@dataclass(slots=True)
class Kept:
    """The keys that stay of what a companion describes, and whether they are all of them.

    Attributes:
        keys: the keys.
        is_all: whether nothing was dropped.
    """

    keys: set[str] = field(default_factory=set)
    is_all: bool = True

    def add(self, keys: Collection[str], records: int) -> None:
        """Count in one output."""
        self.keys.update(keys)
        self.is_all = self.is_all and len(keys) == records


class Companions:
    """The companions of a mix, waiting for what is kept.

    A companion of one output needs that output's keys only; one of a whole source (`metadata.csv` of a folder) needs
    those of every output of the source, which are gathered for such sources alone.
    """

    def __init__(self, companions: Iterable[Companion], sides: tuple[Side, ...]) -> None:
        self._sides = sides
        self._of_output: dict[str, list[Companion]] = defaultdict(list)
        self._of_source: dict[int, list[Companion]] = defaultdict(list)
        self._kept: dict[tuple[int, str], Kept] = defaultdict(Kept)
        for companion in companions:
            if companion.output:
                self._of_output[companion.output].append(companion)
            else:
                self._of_source[companion.source].append(companion)

    def after_output(
        self, root: Path, output: str, *, source: int, kept: dict[str, frozenset[str]], records: int
    ) -> None:
        """Write the companions of an output that was just applied.

        Args:
            root: the output folder.
            output: its name.
            source: which source it belongs to.
            kept: the keys that stay, by side folder.
            records: how many records it had.
        """
        for side in self._sides:
            of_side = Kept()
            of_side.add(kept[side.folder], records)
            for companion in self._of_output[output]:
                _write(companion, root / side.folder, of_side)
            if self._of_source[source]:
                self._kept[source, side.folder].add(kept[side.folder], records)

    def after_all(self, root: Path) -> None:
        """Write the companions of whole sources, once every output is applied."""
        for source, companions in self._of_source.items():
            for side in self._sides:
                for companion in companions:
                    _write(companion, root / side.folder, self._kept[source, side.folder])


def _write(companion: Companion, folder: Path, kept: Kept) -> None:
    destination = folder / companion.name
    if not kept.keys:  # of what no child may have got through, nothing is decoded here
        destination.unlink(missing_ok=True)
        return
    if kept.is_all and companion.kind is CompanionKind.METADATA:  # its rows were examined; of the others nothing was
        link_file(companion.location, destination)
        return
    output = folder / companion.output if companion.output else None
    is_gone = output is not None and not output.exists()
    if is_gone or not reemit(companion, kept.keys.__contains__, destination, output=output):
        destination.unlink(missing_ok=True)
