"""What an application holds, as items to check: prompts, chat messages, pictures.

A part that can't be sent, such as a picture behind an address or a part of an unknown kind, makes the draft
incomplete: the result lets nothing pass, whatever is said of the rest.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from safehold.gateway.item import CheckRequest, Context, Item, ItemKind, Turn

_TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
_ROLES = {"system": "system", "developer": "system", "assistant": "assistant", "tool": "tool", "function": "tool"}
"""Roles of OpenAI's interface as the gateway's; whoever else speaks is a user."""
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
    role, content = message.get("role"), message.get("content")
    called, is_complete = _called(message)
    texts, pictures = [], []
    for part in _parts(content):
        words, picture = _text_of(part), _picture_of(part)
        if words is not None:
            texts.append(words)
        elif picture is not None:
            pictures.append(Item(ItemKind.IMAGE, data=picture))
        else:
            is_complete = False
    turn = Turn(_ROLES.get(str(role), "user"), "\n".join([*texts, *called]))
    return turn, tuple(pictures), is_complete


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
        arguments = function.get("arguments") if isinstance(function, Mapping) else None
        if not isinstance(arguments, str):
            return found, False
        found.append(arguments)
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
