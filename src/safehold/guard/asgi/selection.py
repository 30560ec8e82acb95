"""Where in a JSON body something to check stands, and the items that stand there.

A path is names and `[*]` for every element: `prompt`, `messages`, `data[*].b64_json`, `[*].text`; `**` is every string
at any depth.

Part("data[*].b64_json", ItemKind.OUTPUT_IMAGE)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from safehold.gateway.item import Item, ItemKind
from safehold.guard import drafts
from safehold.guard.drafts import Draft
from safehold.guard.errors import GuardSetupError

_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|(\[\*\])", re.ASCII)
_EVERY = "[*]"
_ALL = "**"
_DEEPEST = 64
"""Deeper nesting is not followed but counts as not examined; what services send is a few levels deep."""

Key = tuple[str | int, ...]
"""Where a value was found: for each `[*]` the element's own `index` if it says one, else its place."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to check in a body.

    Attributes:
        path: where it stands; of a form, the field's name.
        kind: what it is. Text kinds take strings, MESSAGES takes a list of messages, all others take base64 or `data:`
            addresses; each also takes a list of such.
        required: whether a body without it is refused; if not, it may be absent or null.
    """

    path: str
    kind: ItemKind
    required: bool = True
    _steps: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_steps", _parsed(self.path))

    @property
    def steps(self) -> tuple[str, ...]:
        """Return the path's names and `[*]`."""
        return self._steps


def _parsed(path: str) -> tuple[str, ...]:
    if path in {"", _ALL}:
        return (path,) if path else ()
    steps, at = [], 0
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise GuardSetupError(
                f"not a path: {path!r}", advice="Write names and [*], such as data[*].b64_json, or ** for every string."
            )
        steps.append(found[1] or _EVERY)
        at = found.end()
    return tuple(steps)


def draft_of(body: object, parts: Sequence[Part]) -> Draft:
    """Return what is to be checked of a body.

    Args:
        body: JSON values.
        parts: where to look. A required part that is missing, and a value of another shape than its kind has, make the
            draft incomplete.
    """
    found = [_draft_of_part(body, part) for part in parts]
    items = tuple(item for draft in found for item in draft.items)
    return Draft(items, all(draft.is_complete for draft in found))


def _draft_of_part(body: object, part: Part) -> Draft:
    items: list[Item] = []
    is_complete = True
    for _, value in values_at(body, part.steps):
        if value is None:
            is_complete &= not part.required
            continue
        draft = items_of(value, part.kind)
        items += draft.items
        is_complete &= draft.is_complete
    return Draft(tuple(items), is_complete)


def values_at(value: object, steps: Sequence[str], key: Key = ()) -> Iterator[tuple[Key, object]]:
    """Yield every value at a path; None where a step leads nowhere, so that nobody takes absence for emptiness."""
    if not steps:
        yield key, value
    elif steps[0] == _ALL:
        yield from ((key, text) for text in _strings(value))
    elif steps[0] == _EVERY:
        if not isinstance(value, list):
            yield key, None
            return
        for place, element in enumerate(value):
            yield from values_at(element, steps[1:], (*key, _name(element, place)))
    else:
        inner = value.get(steps[0]) if isinstance(value, Mapping) else None
        yield from values_at(inner, steps[1:], key) if inner is not None else ((key, None),)


def _name(element: object, place: int) -> str | int:
    index = element.get("index") if isinstance(element, Mapping) else None
    return index if isinstance(index, str | int) else place


def _strings(value: object, depth: int = 0) -> Iterator[object]:
    if isinstance(value, str):
        yield value
    elif depth > _DEEPEST:
        yield object()  # of no kind: not examined
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _strings(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, depth + 1)


def items_of(value: object, kind: ItemKind) -> Draft:
    """Return the items that a value stands for; an incomplete draft where it has another shape than the kind."""
    if kind is ItemKind.MESSAGES:
        is_chat = isinstance(value, list) and all(isinstance(message, Mapping) for message in value)
        return drafts.messages(value) if is_chat and isinstance(value, list) else Draft((), is_complete=False)
    if isinstance(value, list):
        found = [items_of(inner, kind) if not isinstance(inner, list) else Draft((), False) for inner in value]
        return Draft(tuple(item for draft in found for item in draft.items), all(draft.is_complete for draft in found))
    if not isinstance(value, str):
        return Draft((), is_complete=False)
    if kind.is_text:
        return drafts.text(kind, value)
    data = drafts.from_data_address(value) if value.startswith("data:") else drafts.from_base64(value)
    return Draft((), is_complete=False) if data is None else drafts.media(kind, data)
