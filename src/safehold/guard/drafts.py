"""What an application holds, as items to check: prompts, chat messages, pictures.

A part that can't be sent, such as a picture behind an address or a part of an unknown kind, makes the draft
incomplete: the result lets nothing pass, whatever is said of the rest.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.gateway.turn import Turn

_TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
_ROLES = {"system": "system", "developer": "system", "assistant": "assistant", "tool": "tool", "function": "tool"}
"""Roles of OpenAI's interface as the gateway's; whoever else speaks is a user."""

_PROTOCOL = frozenset({"detail", "id", "index", "name", "status", "tool_call_id", "type"})
"""Names of the protocol's own words, which are read only where they are more than a word."""

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.-]{0,64}")
_MEDIA_NAME = re.compile(r"image|picture|photo|video|audio|file|media|document|source")
_SHORTEST_MEDIA = 128
"""Characters of base64: no file of a picture is shorter; ids and names are."""

_DEEPEST = 64
_TOO_DEEP = "data:"
"""Stands for what is nested too deeply: an address that can't be read."""

_DATA_ADDRESS = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[^;,]*)*;base64,", re.ASCII)

Message = Turn | Mapping[str, object]
"""A turn, or a message as OpenAI's chat interface has it: `role`, and `content` as text or a list of parts."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Items to check together.

    Attributes:
        items: what can be sent.
        is_complete: whether that is everything.
    """

    items: tuple[Item, ...]
    is_complete: bool = True


def request_of(items: Sequence[Item], context: Context) -> CheckRequest:
    """Return a request whose items all have a name: their place, where the caller gave none."""
    named = (item if item.id else replace(item, id=str(place)) for place, item in enumerate(items))
    return CheckRequest(tuple(named), context)


def prompt(text: str, negative_prompt: str = "") -> Draft:
    """Return a prompt, with its negative prompt if there is one."""
    negative = (Item(ItemKind.NEGATIVE_PROMPT, text=negative_prompt),) if negative_prompt else ()
    return Draft((Item(ItemKind.PROMPT, text=text), *negative))


def edit(source_image: bytes, text: str, negative_prompt: str = "") -> Draft:
    """Return a picture that is to be changed together with what is asked of it: they are judged as one."""
    return Draft((Item(ItemKind.SOURCE_IMAGE, data=source_image), *prompt(text, negative_prompt).items))


def media(kind: ItemKind, data: bytes) -> Draft:
    """Return one picture, clip or sound."""
    return Draft((Item(kind, data=data),))


def text(kind: ItemKind, words: str) -> Draft:
    """Return one text."""
    return Draft((Item(kind, text=words),))


def messages(turns: Sequence[Message]) -> Draft:
    """Return a chat: its turns as one item, its pictures as one each."""
    read = [_read(turn) for turn in turns]
    chat = Item(ItemKind.MESSAGES, turns=tuple(turn for turn, _, _ in read))
    pictures = tuple(picture for _, found, _ in read for picture in found)
    return Draft((chat, *pictures) if read else pictures, all(is_complete for _, _, is_complete in read))


def _read(message: Message) -> tuple[Turn, tuple[Item, ...], bool]:
    if isinstance(message, Turn):
        return message, (), True
    role = str(message.get("role", "user"))
    called, is_complete = _called(message)
    texts: list[str] = []
    pictures: list[bytes] = []
    rest = [] if role in _ROLES or role == "user" else [("", role)]
    for part in _parts(message.get("content")):
        words, picture = _text_of(part), _picture_of(part)
        texts += [] if words is None else [words]
        pictures += [] if picture is None else [picture]
        is_complete &= words is not None or picture is not None
        if isinstance(part, Mapping):
            own = "image_url" if words is None else _TEXT_PARTS[str(part.get("type"))]
            rest += _strings(_without(part, own))
    rest += _strings(_without(message, "content", "role", "tool_calls"))
    for name, words in rest:
        found = _media_in(name, words)
        pictures += [found] if isinstance(found, bytes) else []
        texts += [words] if found is None else []
        is_complete &= found is not False
    turn = Turn(_ROLES.get(role, "user"), "\n".join([*texts, *called]))
    return turn, tuple(Item(ItemKind.IMAGE, data=picture) for picture in pictures), is_complete


def _without(named: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in named.items() if name not in names}


def _strings(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every string in what no field of ours names, after the names that it stands under."""
    if isinstance(value, str):
        if name.rpartition(".")[2] not in _PROTOCOL or not _PLAIN_WORD.fullmatch(value):
            yield name, value
    elif depth > _DEEPEST:
        yield name, _TOO_DEEP
    elif isinstance(value, Mapping):
        for inner_name, inner in value.items():
            if not _PLAIN_WORD.fullmatch(str(inner_name)):
                yield name, str(inner_name)
            yield from _strings(inner, f"{name}.{inner_name}", depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner, name, depth + 1)


def _media_in(name: str, words: str) -> bytes | bool | None:
    """Return the bytes of a picture or the like that a string holds; None for words; False where it can't be had."""
    if words.startswith("data:"):
        return from_data_address(words) or False
    if len(words) >= _SHORTEST_MEDIA and (data := from_base64(words)) is not None:
        return data
    return False if words == _TOO_DEEP or (_MEDIA_NAME.search(name) and "://" in words) else None


def _parts(content: object) -> Iterable[object]:
    if content is None:
        return ()
    return content if isinstance(content, list | tuple) else (content,)


def _text_of(part: object) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return None
    words = part.get(_TEXT_PARTS.get(str(part.get("type")), ""))
    return words if isinstance(words, str) else None


def _picture_of(part: object) -> bytes | None:
    if not isinstance(part, Mapping) or part.get("type") not in {"image_url", "input_image"}:
        return None
    address = part.get("image_url")
    if isinstance(address, Mapping):
        address = address.get("url")
    return from_data_address(address) if isinstance(address, str) else None


def _called(message: Mapping[str, object]) -> tuple[list[str], bool]:
    """Return what an assistant asks tools, which is text of the chat as well."""
    found: list[str] = []
    calls = message.get("tool_calls") or ()
    if not isinstance(calls, list | tuple):
        return found, False
    for call in calls:
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping):
            return found, False
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            return found, False
        found.append(arguments)
        found += (words for _, words in _strings({**call, "function": _without(function, "arguments")}))
    return found, True


def from_data_address(address: str) -> bytes | None:
    """Return the bytes that a `data:` address holds in base64; None for any other address."""
    head = _DATA_ADDRESS.match(address)
    return None if head is None else from_base64(address[head.end() :])


def from_base64(words: str) -> bytes | None:
    """Return what standard base64 stands for; None where it isn't, or stands for nothing."""
    try:
        return base64.b64decode(words, validate=True) or None
    except (ValueError, binascii.Error):
        return None
