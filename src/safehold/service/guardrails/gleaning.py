"""Gleaning: every text and every piece of media in the JSON of a chat, wherever it stands.

Rules: a string is a text unless its place says that it is media: a `data:` address, the address of an `image_url` and
the like, what a part of a media type carries, the `data` beside a media type. A string that is base64 of a known kind
of media, or holds a `data:` address, is both. Media that is only named, by a file's id or an address, can't be had, and
whoever asks is told so. Nothing is left out: JSON that is nested too deeply is refused.

Source: the message formats of OpenAI (chat, Responses), Anthropic, Gemini, Bedrock's Converse, Ollama and Hugging
Face's chat templates, as LiteLLM 1.109.1 takes them.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from safehold.media import sniff
from safehold.service.problem import Problem
from safehold.vocabulary import MediaKind

ROLES = frozenset({"user", "assistant", "system", "tool"})
_OURS = {"developer": "system", "function": "tool", "model": "assistant"}
_MEDIA_PLACES = frozenset(
    {"image_url", "video_url", "audio_url", "file_url", "file_data", "file_uri", "fileUri", "b64_json"}
)
"""Names under which a string is media, or says where some is."""

_MEDIA_PARTS = frozenset(
    {
        *("image", "input_image", "image_url", "image_generation_call"),
        *("audio", "input_audio", "audio_url", "video", "input_video", "video_url"),
        *("file", "input_file", "document", "container_upload"),
    }
)
"""What parts of a chat that carry media say of their `type`."""

_MEDIA_OWNERS = frozenset({"image", "audio", "video", "document", "file", "source", "inlineData", "fileData"})
"""Names under which an object that carries media stands."""

_CARRIERS = frozenset({"url", "uri", "data", "bytes", "image", "audio", "video", "file_id", "result", "path"})
"""Names under which such parts and objects carry it."""

_MEDIA_TYPES = frozenset({"media_type", "mime_type", "mimeType", "format"})
_WORDS = frozenset({"type", "role", *_MEDIA_TYPES})
"""Names under which the protocol's own words stand."""

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.$/+-]{0,64}")
"""The protocol's own words and names; whatever else stands in their place is read."""

_INLINE = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+=-]+)*;base64,[A-Za-z0-9+/=]+", re.ASCII | re.IGNORECASE)
_BASE64_HEAD = re.compile(r"[A-Za-z0-9+/]{64}")
"""How base64 of a picture begins; no picture is shorter."""

_DEEPEST = 64


class Gleaning:
    """Texts and media, each once, in the order in which they stand.

    Attributes:
        turns: role and text of each.
        media: addresses and base64.
    """

    def __init__(self) -> None:
        self.turns: dict[tuple[str, str], None] = {}
        self.media: dict[str, None] = {}
        self._texts: set[str] = set()

    def add(self, text: str, role: str = "user") -> None:
        """Take a text, unless it is there already, and what media it holds."""
        if text and text not in self._texts:
            self._texts.add(text)
            self.turns.setdefault((role, text), None)
            for address in _INLINE.findall(text) if "base64," in text else ():
                self.add_media(address)
            if _is_encoded_media(text):
                self.add_media(text)

    def add_media(self, address: str) -> None:
        """Take an address or base64, unless it is there already."""
        self.media.setdefault(address, None)

    def read_messages(self, messages: Iterable[Mapping[str, object]]) -> None:
        """Take every text and piece of media of a chat.

        Raises:
            Problem: 422 it is nested too deeply.
        """
        for message in messages:
            said = str(message.get("role", "user"))
            role = _OURS.get(said, said)
            if role not in ROLES:
                self.add(said)
            self.read(message, role if role in ROLES else "user")

    def read(
        self, value: object, role: str = "user", *, place: str = "", depth: int = 0, is_media: bool = False
    ) -> None:
        """Take every text and piece of media in a JSON value.

        Args:
            value: anything that JSON can be.
            role: who says it.
            place: the name that it stands under.
            depth: how deep it stands.
            is_media: whether it belongs to a part that carries media.

        Raises:
            Problem: 422 it is nested too deeply.
        """
        if depth > _DEEPEST:
            raise Problem(422, "too_deep", "The request is nested too deeply", f"{_DEEPEST} levels are enough.")
        match value:
            case str():
                self._read_text(value, role, place=place, is_media=is_media)
            case Mapping():
                self._read_mapping(value, role, place=place, depth=depth, is_media=is_media)
            case list() | tuple():
                for inner in value:
                    self.read(inner, role, place=place, depth=depth + 1, is_media=is_media)
            case _:
                return

    def _read_text(self, text: str, role: str, *, place: str, is_media: bool) -> None:
        if text[:5].lower() == "data:" or place in _MEDIA_PLACES or (is_media and place in _CARRIERS):
            if text:
                self.add_media(text)
        elif place not in _WORDS or not _PLAIN_WORD.fullmatch(text):
            self.add(text, role)

    def _read_mapping(self, value: Mapping[str, object], role: str, *, place: str, depth: int, is_media: bool) -> None:
        kind = str(value.get("type"))
        is_named = place in _MEDIA_PLACES or place in _MEDIA_OWNERS or kind in _MEDIA_PARTS
        carries = (is_media or is_named) and kind != "text"
        has_type = not _MEDIA_TYPES.isdisjoint(value)
        for name, inner in value.items():
            if name == "data" and has_type and isinstance(inner, str):
                self.add_media(inner)
                continue
            if not _PLAIN_WORD.fullmatch(name):
                self.add(name, role)
            self.read(inner, role, place=name, depth=depth + 1, is_media=carries)


def _is_encoded_media(text: str) -> bool:
    """Return whether a text is base64 of a picture, a clip or sound, by how it begins."""
    head = _BASE64_HEAD.match(text)
    if head is None:
        return False
    try:
        kind = sniff(base64.b64decode(head[0]), "").kind
        return kind not in {MediaKind.TEXT, MediaKind.UNKNOWN} and bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
