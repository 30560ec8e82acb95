"""Examine one record: every member of it, and what its source says beside them.

This runs in a decoding child. It takes values and returns values; what goes wrong with one member becomes a Gap of
its record.
"""

from collections.abc import Callable, Sequence

from safehold.classification import Classifier
from safehold.datasets.scan.observation import Observation
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Member, Record
from safehold.examination import NO_MEDIA, Examiner, Notes, ObservedMember
from safehold.vocabulary import GapReason, MediaKind


def examine(
    record: Record,
    settings: ScanSettings,
    *,
    classifiers: Sequence[Classifier] = (),
    poison: GapReason | None = None,
    beat: Callable[[], object] = lambda: None,
) -> Observation:
    """Return everything that can be seen of a record.

    Args:
        record: what the source read.
        settings: how to examine.
        classifiers: the loaded image classifiers.
        poison: why an earlier attempt at this record killed its child: it is fingerprinted but not opened again.
        beat: is called now and then while a large member is read.
    """
    notes = Notes(beat, gaps=list(record.gaps))
    if not record.members:  # a record that only points at media: what can be looked up is what it lists
        notes.examined |= {signal.algorithm.value for signal in record.listed}
    examiner = Examiner(settings, classifiers, poison)
    members = [
        examiner.examine(
            member.data, member.name, notes, is_inert=_is_inert(member, settings), digests=member.digests(notes.beat)
        )
        for member in record.members
    ]
    return Observation(
        record=record.key,
        kinds=_kinds(record, members, settings),
        examined=frozenset(notes.examined - {gap.detector for gap in notes.gaps}),
        url=record.url,
        texts=tuple((text.place, text.text) for text in record.texts),
        labels=tuple(record.labels.items()),
        scores=tuple(notes.scores),
        listed=record.listed,
        members=tuple(members),
        gaps=tuple(notes.gaps),
    )


def _kinds(record: Record, members: Sequence[ObservedMember], settings: ScanSettings) -> frozenset[MediaKind]:
    """Return the kinds that the policy's requirements are about; media under an inert name is no inert member."""
    kinds = {
        seen.kind
        for member, seen in zip(record.members, members, strict=True)
        if seen.kind not in NO_MEDIA or not _is_inert(member, settings)
    }
    return frozenset(kinds | {MediaKind.TEXT} if record.texts else kinds)


def _is_inert(member: Member, settings: ScanSettings) -> bool:
    """Return whether the policy says that members of such a name need nothing but hashing."""
    return member.extension in settings.inert
