"""Calls of LiteLLM's proxy and its answers, as items to check: what its own guardrails are not shown.

A call is LiteLLM's `data`: what the client sent, uploaded files, and LiteLLM's own entries. An answer is an object of
LiteLLM's, a mapping, or the bytes of a clip. Pictures behind addresses can't be examined: whoever follows an address
later may be given something else.

Source: LiteLLM 1.106.2, `proxy/image_endpoints/endpoints.py`, `proxy/video_endpoints/endpoints.py`, `types/utils.py`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol, cast, runtime_checkable

from safehold.gateway.item import Context, Item, ItemKind
from safehold.gateway.particulars import NOTHING, Identifier, IdentifierKind, Particulars
from safehold.guard.drafts import Draft, from_base64, from_data_address

_OURS = frozenset(
    {
        "api_key",
        "guardrails",
        "headers",
        "litellm_call_id",
        "litellm_logging_obj",
        "litellm_metadata",
        "litellm_trace_id",
        "messages",
        "metadata",
        "model",
        "model_info",
        "proxy_server_request",
        "secret_fields",
        "user",
    }
)
"""Entries that LiteLLM adds, or that no model is asked with; `messages` repeats the prompt."""
_MEDIA = re.compile(r"image|picture|photo|mask|video|audio|frame|reference|^file")
_WORDS = re.compile(r"prompt|text|caption|instruction|description")
_UPLOADED = re.compile(r"image|picture|photo|mask|frame|reference|file")
"""What an id may name that nobody examined; a clip's id names one that a model made."""

_POINTER = re.compile(r"(^|[._])ur[li]$")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.:/+=-]*")
"""Sizes, qualities, names of voices and styles: no more than a word."""

_INTERFACE = re.compile(r"/(images|videos)(/|$|\?)")
_RAW_PICTURE = re.compile(r"data:image/|b64_json|_b64\"|image_generation")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SHORTEST_MEDIA = 128
"""Characters of base64: no file of a picture is shorter; sizes and qualities are."""
_DEEPEST = 16
_LONGEST_NAME = 256
_DATA_KEYS = frozenset({"b64_json", "partial_image_b64"})
_PICTURE_TYPES = frozenset({"image_generation_call", "image_url", "output_image"})
_NO_PICTURE = frozenset({"revised_prompt"})


class UploadedFile(Protocol):
    """A file as LiteLLM holds it in memory."""

    def read(self) -> object:
        """Return all of it from where it stands."""
        ...

    def seek(self, place: int) -> object:
        """Go to a place in it."""
        ...


@runtime_checkable
class Dumpable(Protocol):
    """A pydantic model, told by how it behaves."""

    def model_dump(self) -> Mapping[str, object]:
        """Return its fields."""
        ...


def makes_media(call_type: str) -> bool:
    """Return whether a call asks for pictures or clips, by LiteLLM's name of its kind."""
    return "image" in call_type or "video" in call_type


def asks_for_media(data: Mapping[str, object]) -> bool:
    """Return whether a call came to the interfaces for pictures or clips, by the address that LiteLLM notes."""
    request = data.get("proxy_server_request")
    url = request.get("url") if isinstance(request, Mapping) else None
    return isinstance(url, str) and _INTERFACE.search(url) is not None


def draft_of_call(data: Mapping[str, object]) -> Draft:
    """Return what is to be checked of a call for pictures or clips."""
    found = [item for name, value in data.items() if name not in _OURS for item in _asked(name, value)]
    items = tuple(sorted((item for item in found if item is not None), key=lambda item: item.kind.is_text))
    streams = data.get("stream") not in {None, False, "false", "False"}  # parts of pictures, which nobody can examine
    return Draft(items, None not in found and not streams)


def _asked(name: str, value: object, depth: int = 0) -> Iterator[Item | None]:
    """Yield what one entry of a call holds; None for what can't be examined."""
    if value is None or isinstance(value, bool | int | float):
        return
    if isinstance(value, str):
        yield from _asked_in_words(name, value)
    elif isinstance(value, bytes | bytearray):
        yield _source(name, bytes(value))
    elif callable(getattr(value, "read", None)):
        data = _content(cast("UploadedFile", value))
        yield None if data is None else _source(name, data)
    elif isinstance(value, Mapping | list | tuple) and depth < _DEEPEST:
        named = (
            ((f"{name}.{inner}", value[inner]) for inner in value)
            if isinstance(value, Mapping)
            else ((name, inner) for inner in value)
        )
        for inner_name, inner in named:
            yield from _asked(str(inner_name), inner, depth + 1)
    elif isinstance(value, Mapping | list | tuple) or _MEDIA.search(name):
        yield None


def _asked_in_words(name: str, value: str) -> Iterator[Item | None]:
    if value.startswith("data:"):
        data = from_data_address(value)
        yield None if data is None else _source(name, data)
    elif name.endswith("_id") and _PLAIN_WORD.fullmatch(value):
        if _UPLOADED.search(name):
            yield None
    elif (_MEDIA.search(name) or _POINTER.search(name)) and _ADDRESS.match(value):
        yield None
    elif len(value) >= _SHORTEST_MEDIA and (data := from_base64(value)) is not None:
        yield _source(name, data)
    elif _WORDS.search(name):
        yield Item(ItemKind.NEGATIVE_PROMPT if "negative" in name else ItemKind.PROMPT, text=value)
    elif _MEDIA.search(name):
        yield None if len(value) >= _SHORTEST_MEDIA else Item(ItemKind.PROMPT, text=value)
    elif not _PLAIN_WORD.fullmatch(value) and not _ADDRESS.match(value):
        yield Item(ItemKind.PROMPT, text=value)


def _source(name: str, data: bytes) -> Item | None:
    kind = ItemKind.IMAGE if "mask" in name else ItemKind.VIDEO if "video" in name else ItemKind.SOURCE_IMAGE
    return Item(kind, data=data) if data else None


def _content(file: UploadedFile) -> bytes | None:
    """Return the bytes of a file in memory, which then stands at its start again."""
    file.seek(0)
    data = file.read()
    file.seek(0)
    return data if isinstance(data, bytes) else None


def draft_of_answer(answer: object, *, is_media: bool) -> Draft:
    """Return what is to be checked of an answer.

    Args:
        answer: of LiteLLM.
        is_media: whether pictures or clips were asked for, so that words of it were made by a model, too.
    """
    if isinstance(answer, bytes | bytearray):
        return Draft((Item(ItemKind.OUTPUT_VIDEO, data=bytes(answer)),))
    told = answer.model_dump() if isinstance(answer, Dumpable) else answer
    if not isinstance(told, Mapping):
        return Draft((), is_complete=not is_media)
    found = list(_made(told))
    if is_media and _has_pictures_without_content(told):
        found.append(None)
    items = tuple(item for item in found if item is not None and (is_media or not item.kind.is_text))
    return Draft(items, None not in found)


def draft_of_chunk(chunk: object) -> Draft:
    """Return what is to be checked of one piece of a stream: pictures; in raw events they can only be noticed."""
    if isinstance(chunk, bytes | bytearray):
        chunk = bytes(chunk).decode("utf-8", "replace")
    if isinstance(chunk, str):
        return Draft((), is_complete=_RAW_PICTURE.search(chunk) is None)
    return Draft(()) if _is_words_only(chunk) else draft_of_answer(chunk, is_media=False)


def _is_words_only(chunk: object) -> bool:
    """Return whether a piece of a chat is text alone, which most are: they are not taken apart."""
    choices = getattr(chunk, "choices", None)
    if not isinstance(choices, list):
        return False
    deltas = [getattr(choice, "delta", None) for choice in choices]
    return all(
        isinstance(getattr(delta, "content", None), str | None) and not getattr(delta, "images", None)
        for delta in deltas
    )


def texts_of_chunk(chunk: object) -> Iterator[tuple[str, str]]:
    """Yield the texts in one piece of a stream, each with what tells it from others of the stream.

    Words, thoughts and what tools are asked, of chats and of the Responses interface. Streams that LiteLLM passes on as
    raw bytes are not taken apart.
    """
    for choice in getattr(chunk, "choices", None) or ():
        place, delta = getattr(choice, "index", 0), getattr(choice, "delta", None)
        for name in ("content", "reasoning_content", "refusal"):
            words = getattr(delta, name, None)
            if isinstance(words, str) and words:
                yield f"{place} {name}", words
        for call in getattr(delta, "tool_calls", None) or ():
            words = getattr(getattr(call, "function", None), "arguments", None)
            if isinstance(words, str) and words:
                yield f"{place} tool {getattr(call, 'index', 0)}", words
    words = getattr(chunk, "delta", None)
    if isinstance(words, str) and words:
        yield f"{getattr(chunk, 'type', '')} {getattr(chunk, 'output_index', 0)}", words


def _made(value: object, name: str = "", depth: int = 0) -> Iterator[Item | None]:
    """Yield pictures and their captions in an answer; None for what can't be examined."""
    if depth > _DEEPEST:
        yield None
    elif isinstance(value, str):
        yield from _made_in_words(name, value)
    elif isinstance(value, Mapping):
        is_picture = name == "image_url" or value.get("type") in _PICTURE_TYPES
        for inner_name, inner in value.items():
            is_result = is_picture and inner_name in {"result", "url", "image_url"}
            yield from _made(inner, "b64_json" if is_result and isinstance(inner, str) else str(inner_name), depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _made(inner, name, depth + 1)


def _made_in_words(name: str, value: str) -> Iterator[Item | None]:
    if value.startswith("data:image/") or name in _DATA_KEYS:
        data = from_data_address(value) if value.startswith("data:") else from_base64(value)
        yield None if data is None else Item(ItemKind.OUTPUT_IMAGE, data=data)
    elif name in _NO_PICTURE:
        yield Item(ItemKind.OUTPUT_TEXT, text=value)


def _has_pictures_without_content(told: Mapping[str, object]) -> bool:
    """Return whether an answer of the images interface holds a picture that is only an address, or nothing."""
    pictures = told.get("data")
    if not isinstance(pictures, list | tuple):
        return False
    return any(not isinstance(picture, Mapping) or not _is_whole(picture) for picture in pictures)


def _is_whole(picture: Mapping[str, object]) -> bool:
    address = picture.get("url")
    is_inline = isinstance(address, str) and address.startswith("data:")
    return (not address or is_inline) and bool(picture.get("b64_json") or is_inline)


def context_of(data: Mapping[str, object], key: object) -> Context:
    """Return whom a call belongs to: the client's end user, else the owner of LiteLLM's key."""
    names = (data.get("user"), *(getattr(key, name, None) for name in ("end_user_id", "user_id", "team_id")))
    account = next((name for name in names if isinstance(name, str) and name), "")
    session, model = data.get("litellm_session_id"), data.get("model")
    return Context(
        account=account[:_LONGEST_NAME],
        session=session[:_LONGEST_NAME] if isinstance(session, str) else "",
        model=model[:_LONGEST_NAME] if isinstance(model, str) else "",
        particulars=_particulars_of(key),
    )


def _particulars_of(key: object) -> Particulars:
    """Return what LiteLLM knows of the owner of a key: with what is held, for people who investigate."""
    named = (
        (IdentifierKind.ACCOUNT, "user_id"),
        (IdentifierKind.EMAIL, "user_email"),
        (IdentifierKind.GROUP, "team_id"),
    )
    found = ((kind, getattr(key, name, None)) for kind, name in named)
    known = tuple(Identifier(kind, value[:_LONGEST_NAME]) for kind, value in found if isinstance(value, str) and value)
    return Particulars(identifiers=known) if known else NOTHING
