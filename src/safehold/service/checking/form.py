"""Checks sent as a form: each field that is named like an item kind is an item, the others are the JSON's own.

    curl -H "Authorization: Bearer $KEY" -F prompt="a red cube" -F source_image=@cube.png -F account=a-17 .../v1/checks

Nothing is written to disk: what was generated may lie nowhere before its verdict. So parts stay in memory, where the
largest request bounds them.

Source: RFC 7578 (July 2015), sections 4.2 and 4.3: names and file names of parts.
"""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from safehold.gateway import ItemKind
from safehold.service.checking.particulars import from_form
from safehold.service.checking.wire import CheckSent
from safehold.service.problem import Problem, invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FORM = {
    "type": "object",
    "description": "Fields named like item kinds are items, in their order; the others are those of the JSON.",
    "properties": {
        **{kind.value: {"type": "string"} for kind in ItemKind if kind.is_text},
        **{kind.value: {"type": "string", "format": "binary"} for kind in ItemKind if not kind.is_text},
        **{name: {"type": "string"} for name in sorted(set(CheckSent.model_fields) - {"items"})},
    },
    "additionalProperties": False,
    "minProperties": 1,
}
"""The form, for the OpenAPI document."""

_KINDS = {kind.value: kind for kind in ItemKind}
_MOST_PARTS = 256
_CONTEXT = frozenset(CheckSent.model_fields) - {"items"}


@dataclass(slots=True)
class Part:
    """One field of a form.

    Attributes:
        name: of the field.
        file_name: as it was sent; "" for none.
        content: its bytes.
    """

    name: str = ""
    file_name: str = field(default="", repr=False)
    content: bytes = field(default=b"", repr=False)


def read_form(body: bytes, content_type: str) -> tuple[CheckSent, tuple[bytes, ...]]:
    """Return what a form says, and the bytes of its items in order.

    Args:
        body: all of it.
        content_type: the header, with its boundary.

    Raises:
        Problem: 400 it can't be read; 422 it has not the right shape.
    """
    items: list[dict[str, object]] = []
    contents: list[bytes] = []
    told: dict[str, object] = {"items": items}
    for part in read_parts(body, content_type):
        kind = _KINDS.get(part.name)
        if kind is not None:
            items.append(_item(kind, part))
            contents.append(b"" if kind.is_text else part.content)
        elif part.name in _CONTEXT and part.name not in told:
            told[part.name] = _particulars(part) if part.name == "particulars" else _text(part)
        else:
            raise _unknown()
    try:
        return CheckSent.model_validate(told), tuple(contents)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None


def read_parts(body: bytes, content_type: str) -> list[Part]:
    """Return the parts of a form.

    Raises:
        Problem: 400 it can't be read.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise _malformed()
    reading = _Reading()
    try:
        parser = MultipartParser(boundary, reading.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError):
        raise _malformed() from None
    if not reading.is_ended:
        raise _malformed()
    return reading.parts


class _Reading:
    """What the parser has told so far."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.is_ended = False
        self._header = bytearray()
        self._value = bytearray()
        self._content = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._finish,
            "on_header_begin": self._header_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise Problem(413, "too_large", "The request is too large", "Send fewer parts.")
        self.parts.append(Part())
        self._content = bytearray()

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content += memoryview(data)[start:end]

    def _finish(self) -> None:
        self.parts[-1].content = bytes(self._content)

    def _header_begin(self) -> None:
        self._header, self._value = bytearray(), bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if bytes(self._header).lower() != b"content-disposition":
            return
        options = parse_options_header(bytes(self._value))[1]
        self.parts[-1].name = options.get(b"name", b"").decode("utf-8", "replace")
        self.parts[-1].file_name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _end(self) -> None:
        self.is_ended = True


def _item(kind: ItemKind, part: Part) -> dict[str, object]:
    told: dict[str, object] = {"kind": kind, "file_name": part.file_name}
    if kind is ItemKind.MESSAGES:
        try:
            told["turns"] = json.loads(part.content)
        except (ValueError, RecursionError):
            raise _malformed() from None
    elif kind.is_text:
        told["text"] = _text(part)
    return told


def _particulars(part: Part) -> object:
    try:
        return from_form(_text(part))
    except (ValueError, RecursionError):
        raise _malformed() from None


def _text(part: Part) -> str:
    try:
        return part.content.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> Problem:
    return Problem(400, "malformed", "The body can't be read", "Send a form with a boundary, its text in UTF-8.")


def _unknown() -> Problem:
    return Problem(
        422,
        "invalid",
        "The request has not the right shape",
        "A form's fields are named like item kinds, or like the other fields of the JSON, those once.",
        errors=[{"at": "?", "problem": "extra_forbidden"}],
    )
