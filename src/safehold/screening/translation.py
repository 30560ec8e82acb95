"""Translation: the words that policies of every form share become the frozen values that screening obeys."""

import json

from pydantic import BaseModel

from safehold.screening import wire
from safehold.screening.policy import MediaLimits, Rule, VideoRules
from safehold.vocabulary import Action, Fraction, Seconds


def canonical(file: BaseModel) -> str:
    """Return the one text of a policy that its digest is of: defaults filled in, keys sorted, no spaces."""
    return json.dumps(file.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def rule(file: wire.RuleFile) -> Rule:
    """Return one of `rules`."""
    return Rule(
        id=file.id,
        kind=file.kind,
        action=Action(file.action),
        reason=file.reason,
        detectors=frozenset(file.detectors),
        subjects=frozenset(file.subjects),
        tiers=frozenset(file.tiers),
        confirmed=file.confirmed,
    )


def scores(file: dict[str, dict[str, float]]) -> dict[str, dict[str, Fraction]]:
    """Return `thresholds.scores`."""
    return {
        detector: {concept: Fraction(line) for concept, line in concepts.items()} for detector, concepts in file.items()
    }


def limits(file: wire.LimitsFile) -> MediaLimits:
    """Return `limits`."""
    return MediaLimits(file.pixels, file.frames, file.clip_pixels, Seconds(file.seconds), file.memory_bytes)


def video(file: wire.VideoFile) -> VideoRules:
    """Return `video`."""
    return VideoRules(file.frames, Seconds(file.short_seconds))
