"""Say what changed between two policies, and whether each change is stricter or milder.

A reviewer reads this instead of two files. "Other" is a change whose effect depends on the data: read it twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import TypeVar

from safehold.screening.policy import (
    ColumnMapping,
    Disposition,
    PairAcrossMix,
    PairWithinRecord,
    Policy,
    Removal,
    Rule,
    SeparationRules,
    SourceAction,
    VideoFrames,
)
from safehold.vocabulary import Action

_PairT = TypeVar("_PairT", PairWithinRecord, PairAcrossMix)


class Direction(Enum):
    """Which way a change goes."""

    STRICTER = "stricter"
    MILDER = "milder"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        part: which part of the policy.
        before: what it said; "" if it wasn't there.
        after: what it says; "" if it is gone.
        direction: stricter, milder or other.
    """

    part: str
    before: str
    after: str
    direction: Direction

    def __str__(self) -> str:
        """Return one line for a person."""
        return f"{self.direction.value:8} {self.part}: {self.before or '(absent)'} -> {self.after or '(absent)'}"


def diff(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return the differences, in the order of a policy file; empty if and only if nothing but comments differs."""
    changes = (
        *_plain(before, after),
        *_thresholds(before, after),
        *_detectors(before, after),
        *_rules(before.rules, after.rules),
        *_separation("separation", before.separation, after.separation),
        *_separation("text_only.separation", before.text_separation, after.text_separation),
        *_columns(before.columns, after.columns),
        *_names("inert_extensions", before.inert_extensions, after.inert_extensions, added=Direction.MILDER),
        *_limits(before, after),
        *_video(before, after),
        *_variants(before, after),
        *_disposition(before, after),
    )
    if not changes and before.digest != after.digest:
        return (Change("order or wording", before.digest[:12], after.digest[:12], Direction.OTHER),)
    return changes


def _compare(part: str, before: object, after: object, direction: Direction = Direction.OTHER) -> Iterator[Change]:
    if before != after:
        yield Change(part, _text(before), _text(after), direction)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, frozenset | tuple):
        return "[" + ", ".join(sorted(map(_text, value))) + "]"
    return str(value)


def _toward(is_stricter: bool) -> Direction:
    return Direction.STRICTER if is_stricter else Direction.MILDER


def _opposite(direction: Direction) -> Direction:
    return {Direction.STRICTER: Direction.MILDER, Direction.MILDER: Direction.STRICTER}.get(direction, direction)


def _plain(before: Policy, after: Policy) -> Iterator[Change]:
    yield from _compare("name", before.name, after.name)
    yield from _compare("version", before.version, after.version)
    yield from _compare("reviewed_by", before.reviewed_by, after.reviewed_by)
    yield from _compare(
        "single_operator", before.single_operator, after.single_operator, _toward(before.single_operator)
    )
    refuses_now = after.source_action is SourceAction.REFUSE
    yield from _compare("sources.known_risk", before.source_action, after.source_action, _toward(refuses_now))


def _thresholds(before: Policy, after: Policy) -> Iterator[Change]:
    old, new = before.thresholds, after.thresholds
    yield from _compare("thresholds.pdq", old.pdq, new.pdq, _toward(new.pdq > old.pdq))
    quality = (old.pdq_quality_reported_below, new.pdq_quality_reported_below)
    yield from _compare("thresholds.pdq_quality_reported_below", *quality)
    fewer = new.video_share < old.video_share
    yield from _compare("thresholds.video_share", old.video_share, new.video_share, _toward(fewer))
    old_scores, new_scores = _flat(old.scores), _flat(new.scores)
    for name in sorted(old_scores.keys() | new_scores.keys()):
        was, now = old_scores.get(name), new_scores.get(name)
        # A score without a threshold is held, so that setting one is milder.
        lower = now is None or (was is not None and now < was)
        yield from _compare(f"thresholds.scores.{name}", was, now, _toward(lower))


def _flat(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{detector}.{concept}": line for detector, lines in scores.items() for concept, line in lines.items()}


def _detectors(before: Policy, after: Policy) -> Iterator[Change]:
    for kind in sorted(before.required.keys() | after.required.keys(), key=lambda kind: kind.value):
        old, new = (policy.required.get(kind, frozenset()) for policy in (before, after))
        yield from _names(f"detectors.required.{kind.value}", old, new, added=Direction.STRICTER)
    old, new = before.required_of_pointers, after.required_of_pointers
    # One of these suffices: more names are milder, unless there were none.
    direction = Direction.STRICTER if not old or (new and new < old) else Direction.MILDER
    direction = direction if (old <= new or new <= old) else Direction.OTHER
    yield from _compare("detectors.required_of_pointers", old, new, direction)


def _names(part: str, old: frozenset[str], new: frozenset[str], *, added: Direction) -> Iterator[Change]:
    for name in sorted(new - old):
        yield Change(part, "", name, added)
    for name in sorted(old - new):
        yield Change(part, name, "", _opposite(added))


def _rules(before: tuple[Rule, ...], after: tuple[Rule, ...]) -> Iterator[Change]:
    old, new = ({rule.id: rule for rule in rules} for rules in (before, after))
    for name in [*old, *(name for name in new if name not in old)]:
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            yield _rule_that_came_or_went(name, was, now)
            continue
        yield from _compare(f"rules.{name}.action", was.action, now.action, _toward(now.action > was.action))
        for field in fields(Rule):
            if field.name not in {"id", "action"}:
                yield from _compare(f"rules.{name}.{field.name}", getattr(was, field.name), getattr(now, field.name))


def _rule_that_came_or_went(name: str, was: Rule | None, now: Rule | None) -> Change:
    """A finding that no rule names is held: a new allowing rule is milder, a new denying one stricter."""
    rule = now or was
    action = rule.action if rule else Action.HOLD
    came = {Action.DENY: Direction.STRICTER, Action.ALLOW: Direction.MILDER}.get(action, Direction.OTHER)
    before, after = ("", action.value) if was is None else (action.value, "")
    return Change(f"rules.{name}", before, after, came if was is None else _opposite(came))


def _separation(part: str, before: SeparationRules, after: SeparationRules) -> Iterator[Change]:
    old_pairs, new_pairs = _by_pair(before.within_record), _by_pair(after.within_record)
    for pair in sorted(old_pairs.keys() | new_pairs.keys()):
        was, now = old_pairs.get(pair), new_pairs.get(pair)
        severity = [Action.ALLOW if entry is None else entry.action for entry in (was, now)]
        actions = [None if entry is None else entry.action for entry in (was, now)]
        yield from _compare(f"{part}.within_record.{pair}", actions[0], actions[1], _toward(severity[1] > severity[0]))
    old_mix, new_mix = _by_pair(before.across_mix), _by_pair(after.across_mix)
    for pair in sorted(old_mix.keys() | new_mix.keys()):
        was_mix, now_mix = (mix.get(pair) for mix in (old_mix, new_mix))
        yield from _compare(
            f"{part}.across_mix.{pair}", _kept(was_mix), _kept(now_mix), _mix_direction(was_mix, now_mix)
        )


def _by_pair(pairs: tuple[_PairT, ...]) -> dict[str, _PairT]:
    return {"+".join(sorted(pair.between)): pair for pair in pairs}


def _kept(pair: PairAcrossMix | None) -> str | None:
    if pair is None:
        return None
    return f"remove {pair.removed}" if pair.removed is not None else pair.remove.value


def _mix_direction(was: PairAcrossMix | None, now: PairAcrossMix | None) -> Direction:
    separated = [pair is not None and pair.remove is not Removal.NOTHING for pair in (was, now)]
    if separated[0] == separated[1]:
        return Direction.OTHER
    return _toward(separated[1])


def _columns(before: tuple[ColumnMapping, ...], after: tuple[ColumnMapping, ...]) -> Iterator[Change]:
    old, new = ({f"{entry.column}.{entry.concept}": entry for entry in entries} for entries in (before, after))
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is None or now is None:
            yield from _compare(f"columns.{name}", _span(was), _span(now), _toward(was is None))
        else:
            yield from _compare(f"columns.{name}", _span(was), _span(now), _wider(was, now))
            yield from _compare(f"columns.{name}.required", was.required, now.required, _toward(now.required))


def _span(mapping: ColumnMapping | None) -> str | None:
    if mapping is None:
        return None
    if mapping.contains_any:
        return "any of " + ", ".join(sorted(mapping.contains_any))
    parts = [f">= {mapping.at_least}"] if mapping.at_least is not None else []
    return " and ".join(parts + ([f"<= {mapping.at_most}"] if mapping.at_most is not None else []))


def _wider(was: ColumnMapping, now: ColumnMapping) -> Direction:
    if was.contains_any or now.contains_any:
        old, new = set(was.contains_any), set(now.contains_any)
        is_comparable = bool(old and new) and (old <= new or new <= old)
        return _toward(old <= new) if is_comparable else Direction.OTHER
    low = [float("-inf") if entry.at_least is None else entry.at_least for entry in (was, now)]
    high = [float("inf") if entry.at_most is None else entry.at_most for entry in (was, now)]
    if low[1] <= low[0] and high[1] >= high[0]:
        return Direction.STRICTER
    return Direction.MILDER if low[1] >= low[0] and high[1] <= high[0] else Direction.OTHER


def _limits(before: Policy, after: Policy) -> Iterator[Change]:
    for field in fields(before.limits):
        yield from _compare(f"limits.{field.name}", *(getattr(policy.limits, field.name) for policy in (before, after)))


def _video(before: Policy, after: Policy) -> Iterator[Change]:
    old, new, ranks = before.video, after.video, list(VideoFrames)
    more = ranks.index(new.frames) > ranks.index(old.frames)
    yield from _compare("video.frames", old.frames, new.frames, _toward(more))
    longer = new.short_seconds > old.short_seconds
    yield from _compare("video.short_seconds", old.short_seconds, new.short_seconds, _toward(longer))


def _variants(before: Policy, after: Policy) -> Iterator[Change]:
    old, new = (frozenset(variant.value for variant in policy.variants) for policy in (before, after))
    yield from _names("signals.pdq.variants", old, new, added=Direction.STRICTER)


_REPORTS = frozenset({Disposition.REPORT_AND_PRESERVE, Disposition.REPORT_AND_DESTROY})
_KEEPS = frozenset({Disposition.REPORT_AND_PRESERVE, Disposition.HOLD_FOR_COUNSEL})


def _disposition_direction(was: Disposition | None, now: Disposition | None) -> Direction:
    """Who stops telling an authority, or keeping evidence, is milder; who trades one for the other is neither."""
    if was is None or now is None:
        return Direction.OTHER
    steps = {(now in duties) - (was in duties) for duties in (_REPORTS, _KEEPS)} - {0}
    return _toward(steps == {1}) if len(steps) == 1 else Direction.OTHER


def _disposition(before: Policy, after: Policy) -> Iterator[Change]:
    yield from _compare("disposition.jurisdiction", before.jurisdiction, after.jurisdiction)
    for key in sorted(before.dispositions.keys() | after.dispositions.keys()):
        was, now = before.dispositions.get(key), after.dispositions.get(key)
        yield from _compare(f"disposition.choices.{key}", was, now, _disposition_direction(was, now))
    yield from _compare("disposition.sealed", before.sealed_subjects, after.sealed_subjects)
