"""Gleaning: every text and every piece of media in the JSON of a chat, wherever it stands.

Rules: a string is a text unless its place says that it is media: a `data:` address, the address of an `image_url` and
the like, the `data` beside a media type. Nothing is left out: JSON that is nested too deeply is refused.
"""

from collections.abc import Iterable, Mapping

from safehold.service.problem import Problem

ROLES = frozenset({"user", "assistant", "system", "tool"})
_OURS = {"developer": "system", "function": "tool", "model": "assistant"}
_MEDIA_PLACES = frozenset({"image_url", "video_url", "audio_url", "file_data", "file_uri"})
_MEDIA_TYPES = frozenset({"media_type", "mime_type", "mimeType", "format"})
_WORDS = frozenset({"type", "role", *_MEDIA_TYPES})
"""Names under which the protocol's own words stand."""

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
        """Take a text, unless it is there already."""
        if text and text not in self._texts:
            self._texts.add(text)
            self.turns.setdefault((role, text), None)

    def add_media(self, address: str) -> None:
        """Take an address or base64, unless it is there already."""
        self.media.setdefault(address, None)

    def read_messages(self, messages: Iterable[Mapping[str, object]]) -> None:
        """Take every text and piece of media of a chat.

        Raises:
            Problem: 422 it is nested too deeply.
        """
        for message in messages:
            role = str(message.get("role", "user"))
            role = _OURS.get(role, role)
            self.read(message, role if role in ROLES else "user")

    def read(self, value: object, role: str = "user", *, place: str = "", depth: int = 0) -> None:
        """Take every text and piece of media in a JSON value.

        Args:
            value: anything that JSON can be.
            role: who says it.
            place: the name that it stands under.
            depth: how deep it stands.

        Raises:
            Problem: 422 it is nested too deeply.
        """
        if depth > _DEEPEST:
            raise Problem(422, "too_deep", "The request is nested too deeply", f"{_DEEPEST} levels are enough.")
        match value:
            case str():
                self._read_text(value, role, place)
            case Mapping():
                self._read_mapping(value, role, place=place, depth=depth)
            case list() | tuple():
                for inner in value:
                    self.read(inner, role, place=place, depth=depth + 1)
            case _:
                return

    def _read_text(self, text: str, role: str, place: str) -> None:
        if text[:5].lower() == "data:" or place in _MEDIA_PLACES:
            self.add_media(text)
        elif place not in _WORDS:
            self.add(text, role)

    def _read_mapping(self, value: Mapping[str, object], role: str, *, place: str, depth: int) -> None:
        is_media = isinstance(value.get("data"), str) and not _MEDIA_TYPES.isdisjoint(value)
        for name, inner in value.items():
            if name == "data" and is_media:
                self.add_media(str(inner))
            else:  # {"image_url": {"url": ...}}: the outer name says what it is
                inner_place = place if name in {"url", "uri"} and place in _MEDIA_PLACES else name
                self.read(inner, role, place=inner_place, depth=depth + 1)
