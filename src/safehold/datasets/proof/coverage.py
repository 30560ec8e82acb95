"""Coverage: which detector examined how much of what it is for, and what no detector examined, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from safehold.datasets.equipment import Equipment
from safehold.datasets.proof.tally import Tally
from safehold.matching import MOST_HITS
from safehold.screening import VideoFrames
from safehold.vocabulary import HarmClass, MediaKind

POINTER = "pointer"
"""What coverage calls a record that only points at media."""

_NOT_COVERED_OF_VIDEOS = {
    VideoFrames.KEYFRAMES: "Videos are examined by sampled frames; what is between them and their sound were not.",
    VideoFrames.ADAPTIVE: "Longer videos are examined by sampled frames; what is between them and all sound were not.",
    VideoFrames.ALL: "Of videos every frame is examined; their sound was not.",
}


def coverage(tally: Tally, equipment: Equipment) -> list[dict[str, Any]]:
    """Return a row for each detector that is required or chosen and the kind of record that it is for."""
    asked = {(detector, kind.value) for kind, detectors in equipment.policy.required.items() for detector in detectors}
    optional = {(name, MediaKind.IMAGE.value) for name in equipment.classifiers}
    rows = [
        {
            "detector": detector,
            "kind": kind,
            "required": (detector, kind) in asked,
            "examined": tally.examined[detector, kind],
            "of": tally.kinds[kind],
        }
        for detector, kind in sorted(asked | optional, key=lambda pair: (pair[1], pair[0]))
        if tally.kinds[kind]
    ]
    return [*rows, *_lookups_of_pointers(tally)]


def _lookups_of_pointers(tally: Tally) -> list[dict[str, Any]]:
    """Return for records that only point at media how many list a hash that was compared; one of any kind is enough."""
    return [
        {
            "detector": algorithm,
            "kind": POINTER,
            "required": False,
            "examined": tally.looked_up[algorithm],
            "of": tally.pointers,
        }
        for algorithm in sorted(tally.looked_up)
    ]


def not_covered(tally: Tally, equipment: Equipment, classes: Sequence[Mapping[HarmClass, int]]) -> Iterator[str]:
    """Yield what was not examined, a sentence each.

    Args:
        tally: the counts over all decisions.
        equipment: what examined and decided.
        classes: for each bank of the index, how many entries of which class.
    """
    if tally.pointers:
        yield (
            f"Records that only point at media: {tally.pointers:,}. Their listed hashes were compared, their media was "
            "not examined."
        )
    if tally.kinds[MediaKind.AUDIO.value]:
        yield "Audio is compared by cryptographic hash only; what is heard in it was not examined."
    if tally.kinds[MediaKind.VIDEO.value]:
        yield _NOT_COVERED_OF_VIDEOS[equipment.policy.video.frames]
    if tally.capped:
        yield (
            f"Lists have more than {MOST_HITS} hits on one fingerprint of {tally.capped:,} records: only the nearest, "
            "and the nearest of each further bank and class, are stated."
        )
    if unseen := sorted({mapping.column for mapping in equipment.policy.columns} - tally.columns):
        yield f"In these columns, which the policy maps to concepts, no record has a value: {', '.join(unseen)}."
    if tally.kinds[MediaKind.IMAGE.value]:
        yield from _of_pictures(is_scored=bool(equipment.classifiers))
    if not any(counts.keys() - {HarmClass.TEST, HarmClass.BENIGN} for counts in classes):
        yield "No hash list beside the built-in test bank was loaded: known material could not be recognised."
    if any(lexicon.status == "draft" for lexicon in equipment.lexicons):
        yield "Some lexicons are drafts that nobody outside the project has reviewed."
    yield "Material that is on no list, and concepts that no caption, column or classifier names, are not found."


def _of_pictures(*, is_scored: bool) -> Iterator[str]:
    yield "Pictures within a picture's file are compared by hash where they stand whole; no packed one was looked for."
    if is_scored:
        yield (
            "Image classifiers look at the first frame of an animation only; its other frames, and pictures within its "
            "file, are compared by hash."
        )
    else:
        yield "No image classifier ran: concepts were taken from captions and columns alone."
