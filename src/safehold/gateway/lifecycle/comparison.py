"""Say what changed between two gateway policies, and whether each change is stricter or milder.

The same words and the same rule as for datasets' policies (`safehold.screening.diff`): "other" is a change whose effect
depends on what is asked, to be read twice. Both policies are compared in their canonical form, part by part, so that
nothing that counts for the digest can change unseen.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from safehold.gateway.policy import GatewayPolicy
from safehold.screening import Change, Direction
from safehold.vocabulary import Action

_Parts = dict[str, Any]
"""Path to value, as `_parts` flattens a canonical policy."""

_FRAMES = {"keyframes": 0, "adaptive": 1, "all": 2}
_SEVERITY = {action.value: action.rank for action in Action}


def compare_policies(before: GatewayPolicy, after: GatewayPolicy) -> tuple[Change, ...]:
    """Return the differences by part; empty if and only if nothing but comments and layout differs."""
    old, new = _parts(before), _parts(after)
    changes = tuple(
        _change(part, old.get(part), new.get(part)) for part in dict.fromkeys([*old, *new]) if _differs(part, old, new)
    )
    if not changes and before.digest != after.digest:
        return (Change("order or wording", before.digest[:12], after.digest[:12], Direction.OTHER),)
    return changes


def _differs(part: str, old: _Parts, new: _Parts) -> bool:
    return (part in old, old.get(part)) != (part in new, new.get(part))


def _change(part: str, was: Any, now: Any) -> Change:  # noqa: ANN401  JSON values
    return Change(part, _text(was), _text(now), _direction(part, was, now))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _parts(policy: GatewayPolicy) -> _Parts:
    """Return a policy as flat parts: lists of names become one part a name, rules are found by their id."""
    tree = json.loads(policy.canonical)
    parts: _Parts = {}
    for name, value in tree.items():
        _flatten(name, value, parts)
    return parts


def _flatten(path: str, value: Any, parts: _Parts) -> None:  # noqa: ANN401  JSON values
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _flatten(f"{path}.{name}", inner, parts)
    elif path == "pairs":
        for pair in value:
            for item in pair["items"]:
                _flatten(f"pairs.{'+'.join(sorted(pair['between']))}.{item}", _without(pair, "between", "items"), parts)
    elif path in {"rules", "conduct"}:
        for rule in value:
            _flatten(f"{path}.{rule['id']}", _without(rule, "id"), parts)
    elif isinstance(value, list):
        for name in value:
            parts[f"{path}[{name}]"] = True
    else:
        parts[path] = value


def _without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def _larger(was: Any, now: Any) -> Direction:  # noqa: ANN401  JSON values
    """Say which way a number goes of which more is stricter; one that comes is stricter than none."""
    return _toward(now is not None and (was is None or now > was))


def _smaller(was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    return _toward(now is not None and (was is None or now < was))


def _score(was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    """A score without a threshold is held, so that setting one is milder."""
    return _toward(now is None or (was is not None and now < was))


def _severer(was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    """An action that is not there is none."""
    return _toward(_SEVERITY.get(now, -1) > _SEVERITY.get(was, -1))


def _rule_action(was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    """A finding that no rule names is held: a new rule that allows is milder, one that denies is stricter."""
    hold = Action.HOLD.value
    old, new = _SEVERITY[was or hold], _SEVERITY[now or hold]
    return Direction.OTHER if old == new else _toward(new > old)


def _named(_was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    return _toward(now is not None)


def _trusted(_was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    return _toward(now is None)


def _less_open(_was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    return _toward(now in {False, "active"})


def _more_frames(was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    return _toward(_FRAMES[now] > _FRAMES[was])


def _toward(is_stricter: bool) -> Direction:
    return Direction.STRICTER if is_stricter else Direction.MILDER


_Rule = Callable[[Any, Any], Direction]
_EXACT: Mapping[str, _Rule] = {
    "thresholds.pdq": _larger,
    "thresholds.video_share": _smaller,
    "edit.action": _severer,
    "session.carry_seconds": _larger,
    "session.action": _severer,
    "video.frames": _more_frames,
    "video.short_seconds": _larger,
}
_BY_PLACE: tuple[tuple[str, str, _Rule], ...] = (
    ("thresholds.scores.", "", _score),
    ("surfaces.", ".mode", _less_open),
    ("surfaces.", ".fail_open", _less_open),
    ("pairs.", ".action", _severer),
    ("rules.", ".action", _rule_action),
    ("conduct.", ".at_least", _smaller),
    ("conduct.", ".within_seconds", _larger),
    ("conduct.", ".limit_seconds", _larger),
    ("conduct.", ".checks_per_minute", _smaller),
    ("edit.concepts[", "]", _named),
    ("session.items[", "]", _named),
    ("session.trusted_roles[", "]", _trusted),
    ("signals.pdq.variants[", "]", _named),
)
"""How a part begins and ends, and which way its changes go; what is nowhere here is "other"."""


def _direction(part: str, was: Any, now: Any) -> Direction:  # noqa: ANN401  as above
    if part in _EXACT:
        return _EXACT[part](was, now)
    if part.startswith("surfaces.") and ".required." in part:
        return _named(was, now)
    for start, end, rule in _BY_PLACE:
        if part.startswith(start) and part.endswith(end):
            return rule(was, now)
    return Direction.OTHER


def counted_directions(changes: tuple[Change, ...]) -> Iterator[tuple[str, int]]:
    """Yield each direction that occurs and how often, strictest first."""
    for direction in Direction:
        number = sum(change.direction is direction for change in changes)
        if number:
            yield direction.value, number
