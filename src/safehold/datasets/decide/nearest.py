"""The nearest frame: one finding for all frames of a clip that are near to one listed picture or video.

A clip of a thousand frames would otherwise have a thousand findings that say the same. The one that is kept leads to
what each of them would lead to, and says how many more there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from safehold.datasets.decide.clips import FRAME, Placed, is_frame
from safehold.matching import Index
from safehold.matching.videos import NO_VIDEO
from safehold.vocabulary import Algorithm, Finding

_Key = tuple[int, str, str, str, int, bool]


def folded(found: Iterable[Placed], part: pa.Table, index: Index) -> Iterator[Placed]:
    """Yield one finding for all frames of a clip that are near to one listed picture or video, and the others as given.

    Args:
        found: matches of a shard's records.
        part: the shard's observations.
        index: what they were found in.
    """
    names = _clip_names(part)
    numbers = {bank.reference: number for number, bank in enumerate(index.banks)}
    nearest: dict[_Key, tuple[Finding, set[str]]] = {}
    for row, finding in found:
        shown = _frame_of(finding, names.get(row, ()))
        if shown is None:
            yield row, finding
            continue
        member, frame = shown
        key = (row, member, finding.subject, *_listed(finding, index, numbers))
        known, frames = nearest.setdefault(key, (finding, set()))
        frames.add(frame)
        if (finding.distance or 0) < (known.distance or 0):
            nearest[key] = (finding, frames)
    for (row, *_), (finding, frames) in nearest.items():
        more = f" and {len(frames) - 1} more" if len(frames) > 1 else ""
        yield row, replace(finding, place=finding.place + more)


def _clip_names(part: pa.Table) -> dict[int, list[str]]:
    """Return the names of each record's members that have frames."""
    members = part.column("members").combine_chunks()
    prints = members.flatten().field("prints")
    of_frames = is_frame(prints.flatten()).to_numpy(zero_copy_only=False)
    numbers = np.unique(prints.value_parent_indices().to_numpy(zero_copy_only=False)[of_frames])
    rows = members.value_parent_indices().to_numpy(zero_copy_only=False)[numbers].tolist()
    names: dict[int, list[str]] = defaultdict(list)
    for row, name in zip(rows, members.flatten().field("name").take(pa.array(numbers)).to_pylist(), strict=True):
        names[row].append(name)
    return names


def _frame_of(finding: Finding, names: Iterable[str]) -> tuple[str, str] | None:
    """Return the clip and the frame of which a finding tells; None if it is of no frame."""
    if finding.detector == Algorithm.PDQ.value:
        for name in names:
            shown = FRAME.fullmatch(finding.place[len(name) + 1 :])
            if shown is not None and finding.place.startswith(f"{name} "):
                return name, shown[1]
    return None


def _listed(finding: Finding, index: Index, numbers: dict[str, int]) -> tuple[str, int, bool]:
    """Return what tells listed things apart: the bank, and the video or else the entry."""
    reference, _, entry = finding.reference.rpartition("#")
    number = np.array([int(entry)], np.int64)
    (video,) = index.videos.of_bank(numbers[reference]).videos_of(number).tolist() if index.videos else (NO_VIDEO,)
    return (reference, int(entry), False) if video == NO_VIDEO else (reference, video, True)
