"""Which routes of an app are guarded, and what their bodies hold."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from safehold.gateway.item import Context, ItemKind
from safehold.guard.asgi.selection import Part
from safehold.guard.errors import GuardSetupError

AsgiScope = MutableMapping[str, Any]

_MEBIBYTE = 1 << 20
_PLACEHOLDER = re.compile(r"\{\w+(:path)?\}")


def nobody(_scope: Mapping[str, Any]) -> Context:
    """Return no account and no session."""
    return Context()


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much of a body is held in memory, in bytes; more is refused.

    Attributes:
        request: a picture of a phone in base64 with room to spare, by default.
        response: several generated pictures in base64, by default.
    """

    request: int = 32 * _MEBIBYTE
    response: int = 64 * _MEBIBYTE


@dataclass(frozen=True, slots=True)
class GuardedRoute:
    """One route.

    Attributes:
        path: as the app has it: `/generate`, `/items/{id}`, `/files/{rest:path}`.
        methods: which requests; upper case.
        takes: what requests hold, in JSON or in a form's fields. Of a form, a file that no part names is refused.
        takes_body: what a request's whole body is, where it is neither JSON nor a form, such as SOURCE_IMAGE.
        gives: what JSON answers hold.
        gives_body: whether answers that are pictures, clips, sound or plain text are checked as such.
        streams: where text stands in server-sent events, such as `choices[*].delta.content`; more than one path where
            events carry several texts. Held back until checked. Empty refuses such answers.
        context: gives account and session of a request from its ASGI scope.
    """

    path: str
    methods: frozenset[str] = frozenset({"POST"})
    takes: tuple[Part, ...] | list[Part] = ()
    takes_body: ItemKind | None = None
    gives: tuple[Part, ...] | list[Part] = ()
    gives_body: bool = False
    streams: tuple[str, ...] | list[str] = ()
    context: Callable[[Mapping[str, Any]], Context] = nobody
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _stream_parts: tuple[Part, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.checks_requests and not self.checks_answers:
            raise GuardSetupError(f"nothing is checked on {self.path}", advice="Say what it takes or what it gives.")
        object.__setattr__(self, "_pattern", _compiled(self.path))
        parts = tuple(Part(path, ItemKind.OUTPUT_TEXT, required=False) for path in self.streams)
        object.__setattr__(self, "_stream_parts", parts)

    @property
    def checks_requests(self) -> bool:
        """Return whether requests are looked at."""
        return bool(self.takes) or self.takes_body is not None

    @property
    def checks_answers(self) -> bool:
        """Return whether answers are looked at."""
        return bool(self.gives or self.gives_body or self.streams)

    @property
    def stream_parts(self) -> tuple[Part, ...]:
        """Return where text stands in events."""
        return self._stream_parts

    def fits(self, scope: Mapping[str, Any]) -> bool:
        """Return whether a request or a web socket is for this route."""
        if scope["type"] == "http" and scope["method"].upper() not in self.methods:
            return False
        return self._pattern.fullmatch(path_of(scope)) is not None


def path_of(scope: Mapping[str, Any]) -> str:
    """Return a request's path below where the app is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    below = path[len(root) :] if root and path.startswith(root + "/") else path
    return below or "/"


def _compiled(path: str) -> re.Pattern[str]:
    parts, at = [], 0
    for found in _PLACEHOLDER.finditer(path):
        parts += [re.escape(path[at : found.start()]), ".*" if found[1] else "[^/]+"]
        at = found.end()
    return re.compile("".join([*parts, re.escape(path[at:])]) + "/?", re.DOTALL)
