"""Listed videos of an index: which entries are frames of which video, and how many frames each has.

Read from the banks' parts the first time that an entry of the bank is asked about; parts without frames are told by
their files' statistics and never read for this. Withdrawn entries are no frames.

    videos = ListedVideos(contents)
    videos.of_bank(bank).videos_of(entries)      # places in of_bank(bank).frames, -1 for what is no frame of a video
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from safehold.matching.banks.catalogue import BankContents
from safehold.matching.listings.videos import FIRST_NOTE, LAST_NOTE
from safehold.matching.parts.part import FilePart, Part, PartKind
from safehold.matching.parts.rows import Rows
from safehold.vocabulary import Algorithm

NO_VIDEO = -1


@dataclass(frozen=True, slots=True, eq=False)
class BankVideos:
    """The listed videos of one bank.

    Attributes:
        entries: (n,) int64, ascending: the numbers of the entries that are frames.
        video: (n,) int64, for each of them a place in `frames`.
        frames: (videos,) int64, how many entries each video has; repeated values of a video are one entry.
        first: (videos,) int64, each video's lowest entry number, by which findings name it.
    """

    entries: NDArray[np.int64]
    video: NDArray[np.int64]
    frames: NDArray[np.int64]
    first: NDArray[np.int64]

    def videos_of(self, entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each entry the place of its video, or NO_VIDEO."""
        if not len(self.entries):
            return np.full(len(entries), NO_VIDEO, np.int64)
        place = np.minimum(np.searchsorted(self.entries, entries), len(self.entries) - 1)
        return np.where(self.entries[place] == entries, self.video[place], NO_VIDEO)


class ListedVideos:
    """The listed videos of banks.

    Args:
        contents: the banks, in the order that hits count them in.
    """

    def __init__(self, contents: Sequence[BankContents]) -> None:
        self._contents = tuple(contents)
        self._known: dict[int, BankVideos] = {}
        self._is_any: bool | None = None

    def of_bank(self, bank: int) -> BankVideos:
        """Return a bank's videos.

        Raises:
            PartDamagedError: a file is missing or altered.
        """
        if bank not in self._known:
            self._known[bank] = _videos_of(self._contents[bank].parts)
        return self._known[bank]

    def __bool__(self) -> bool:
        if self._is_any is None:
            self._is_any = any(_may_list_videos(part) for one in self._contents for part in one.parts)
        return self._is_any


def _videos_of(parts: Sequence[Part]) -> BankVideos:
    read = [part.rows(Algorithm.PDQ) for part in parts if _may_list_videos(part)]
    frames = [_is_frame(rows) for rows in read]
    entries = [rows.entry[is_frame] for rows, is_frame in zip(read, frames, strict=True)]
    names = [rows.source_id.filter(pa.array(is_frame)) for rows, is_frame in zip(read, frames, strict=True)]
    return _grouped(
        np.concatenate([np.zeros(0, np.int64), *entries]),
        pa.concat_arrays([pa.array([], pa.large_string()), *names]),
        _withdrawn(parts),
    )


def _grouped(entries: NDArray[np.int64], names: pa.LargeStringArray, withdrawn: NDArray[np.int64]) -> BankVideos:
    order = np.argsort(entries)
    order = order[~np.isin(entries[order], withdrawn)]
    coded = names.take(pa.array(order)).dictionary_encode()
    entries, video = entries[order], coded.indices.to_numpy().astype(np.int64)
    _, first = np.unique(video, return_index=True)
    return BankVideos(entries, video, np.bincount(video), entries[first])


def _withdrawn(parts: Sequence[Part]) -> NDArray[np.int64]:
    taken = [part for part in parts if part.kind is PartKind.WITHDRAW and part.counts.get(Algorithm.PDQ)]
    return np.concatenate([np.zeros(0, np.int64), *(part.rows(Algorithm.PDQ).entry for part in taken)])


def _may_list_videos(part: Part) -> bool:
    if part.kind is not PartKind.IMPORT or not part.counts.get(Algorithm.PDQ):
        return False
    return _notes_overlap(part) if isinstance(part, FilePart) else bool(_is_frame(part.rows(Algorithm.PDQ)).any())


def _is_frame(rows: Rows) -> NDArray[np.bool_]:
    is_frame: NDArray[np.bool_] = pc.starts_with(rows.note, FIRST_NOTE).to_numpy(zero_copy_only=False)
    return is_frame


def _notes_overlap(part: FilePart) -> bool:
    """Return whether notes of frames may be in a part's file, by its statistics; they may where it has none."""
    try:
        facts = pq.read_metadata(part.path)
    except (OSError, pa.ArrowException):
        return True  # reading its rows will say what is wrong
    note = facts.schema.names.index("note")
    for group in range(facts.num_row_groups):
        said = facts.row_group(group).column(note).statistics
        if said is None or not said.has_min_max or (said.min <= LAST_NOTE and said.max >= FIRST_NOTE):
            return True
    return False
