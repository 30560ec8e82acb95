"""What a pipeline is called with, as items to check.

Every string is taken for a prompt and every picture for a source of the result, whatever the argument is called: one
too many costs little. What can steer a pipeline and can't be read, such as embeddings or latents, is refused unless the
rules say otherwise.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike

from safehold.gateway.item import Item, ItemKind
from safehold.guard.drafts import Draft
from safehold.guard.pipelines.pictures import UnencodablePictureError, encoded, is_picture

_EMBEDDED = re.compile(r"(embeds?|embeddings?|latents?)$")
_MEDIA = re.compile(r"image|video|audio|picture|mask|frame")
_WORDS = re.compile(r"prompt|text|caption")
_TECHNICAL = frozenset({"output_type", "callback_on_step_end_tensor_inputs", "return_dict"})
_UNREADABLE_OUTPUT = frozenset({"latent"})
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class InputRules:
    """What may enter unexamined.

    Attributes:
        unexamined: names of arguments that an operator lets in as they are, such as "latents" for fixed noise or
            "prompt_embeds" made from prompts that were checked.
        previews: whether callbacks see what is being made before it was checked. They are yours to keep to yourself.
    """

    unexamined: frozenset[str] = frozenset()
    previews: bool = False


def named(call: Callable[..., object], args: Sequence[object], kwargs: Mapping[str, object]) -> dict[str, object]:
    """Return the arguments of a call by name; those without a name by their place."""
    try:
        bound = inspect.signature(call).bind_partial(*args, **kwargs)
    except (TypeError, ValueError):
        return {**{f"prompt_{place}": value for place, value in enumerate(args)}, **kwargs}
    found: dict[str, object] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            found |= value
        elif kind is inspect.Parameter.VAR_POSITIONAL:
            found |= {f"prompt_{place}": inner for place, inner in enumerate(value)}
        else:
            found[name] = value
    return found


def draft_of_inputs(arguments: Mapping[str, object], rules: InputRules) -> Draft:
    """Return what is to be checked of the arguments of a call."""
    items: list[Item] = []
    is_complete = True
    for name, value in arguments.items():
        if value is None or name in rules.unexamined:
            continue
        if name in _TECHNICAL:
            is_complete &= value not in _UNREADABLE_OUTPUT if isinstance(value, str) else True
            continue
        for item in _items(name, value):
            is_complete &= item is not None
            items += [] if item is None else [item]
    return Draft(_pictures_first(items), is_complete)


def _items(name: str, value: object, depth: int = 0) -> Iterator[Item | None]:
    """Yield the items in a value; None for what can't be examined."""
    if _EMBEDDED.search(name) or depth > _DEEPEST:
        if _can_carry(value):
            yield None
    elif isinstance(value, str):
        yield None if _MEDIA.search(name) and not _WORDS.search(name) else Item(_text_kind(name), text=value)
    elif is_picture(value):
        yield from _picture_items(name, value)
    elif isinstance(value, Mapping):
        for inner_name, inner in value.items():
            yield from _items(str(inner_name), inner, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _items(name, inner, depth + 1)
    elif _can_carry(value) and (_MEDIA.search(name) or _WORDS.search(name) or isinstance(value, _CONTENT)):
        yield None


_CONTENT = (bytes, bytearray, memoryview, PathLike)


def _can_carry(value: object) -> bool:
    return not (value is None or isinstance(value, bool | int | float | complex) or callable(value))


def _text_kind(name: str) -> ItemKind:
    return ItemKind.NEGATIVE_PROMPT if name.startswith("negative") else ItemKind.PROMPT


def _picture_items(name: str, value: object) -> Iterator[Item | None]:
    kind = ItemKind.IMAGE if "mask" in name else ItemKind.SOURCE_IMAGE
    try:
        yield from (Item(kind, data=data) for data in encoded(value))
    except UnencodablePictureError:
        yield None


def _pictures_first(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items with pictures before texts, as `check_edit` has them."""
    return tuple(sorted(items, key=lambda item: item.kind.is_text))
