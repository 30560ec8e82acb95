"""Forms, and the pictures that are uploaded with them: what an edit of a picture comes as.

Every file of a form must be named by a part: what nobody describes is not examined, and so is refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safehold.gateway.item import Item
from safehold.guard import drafts
from safehold.guard.asgi.selection import Part
from safehold.guard.drafts import Draft
from safehold.guard.errors import GuardSetupError

if TYPE_CHECKING:
    from python_multipart.multipart import Field, File

_MOST_FIELDS = 200
"""More fields than any form for people has."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as it was sent.

    Attributes:
        name: the field's.
        data: its bytes.
        file_name: where it is a file; None where it is not.
    """

    name: str
    data: bytes = field(repr=False)
    file_name: str | None = None


def draft_of_form(body: bytes, content_type: str, parts: Sequence[Part]) -> Draft | None:
    """Return what is to be checked of a form, or None where it can't be read.

    Args:
        body: of the request.
        content_type: with its boundary.
        parts: their paths are names of fields.

    Raises:
        GuardSetupError: python-multipart is not installed.
    """
    fields = _fields(body, content_type)
    if fields is None:
        return None
    drafted = [_draft_of_part(fields, part) for part in parts]
    named = {part.path for part in parts}
    has_unnamed_file = any(sent.file_name is not None and sent.name not in named for sent in fields)
    items = tuple(item for draft in drafted for item in draft.items)
    return Draft(items, all(draft.is_complete for draft in drafted) and not has_unnamed_file)


def _draft_of_part(fields: Sequence[FormField], part: Part) -> Draft:
    sent = [found for found in fields if found.name == part.path]
    items = [_item(found, part) for found in sent]
    is_complete = None not in items and (bool(sent) or not part.required)
    return Draft(tuple(item for item in items if item is not None), is_complete)


def _item(sent: FormField, part: Part) -> Item | None:
    if part.kind.is_text:
        return None if sent.file_name is not None else _text(sent, part)
    if sent.file_name is not None:
        return Item(part.kind, data=sent.data, file_name=sent.file_name) if sent.data else None
    words = _decoded(sent.data)
    if words is None:
        return None
    data = drafts.from_data_address(words) if words.startswith("data:") else drafts.from_base64(words)
    return None if data is None else Item(part.kind, data=data)


def _text(sent: FormField, part: Part) -> Item | None:
    words = _decoded(sent.data)
    return None if words is None else Item(part.kind, text=words)


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _fields(body: bytes, content_type: str) -> list[FormField] | None:
    try:
        from python_multipart.exceptions import FormParserError  # noqa: PLC0415  # an app with forms has it
        from python_multipart.multipart import create_form_parser  # noqa: PLC0415
    except ImportError as error:
        raise GuardSetupError("python-multipart is not installed", advice="pip install python-multipart") from error
    fields: list[FormField] = []
    headers = {"Content-Type": content_type.encode("latin-1")}
    config = {"MAX_MEMORY_FILE_SIZE": len(body) + 1}  # nothing goes to a disk before it was checked
    try:
        parser = create_form_parser(
            headers,
            lambda sent: fields.extend(_read_field(sent)),
            lambda sent: fields.extend(_read_file(sent)),
            config=config,
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError, ValueError):
        return None
    return fields if len(fields) <= _MOST_FIELDS else None


def _read_field(sent: "Field") -> Iterator[FormField]:
    yield FormField((sent.field_name or b"").decode("utf-8"), sent.value or b"")


def _read_file(sent: "File") -> Iterator[FormField]:
    sent.file_object.seek(0)
    data = sent.file_object.read()
    sent.close()
    name = (sent.file_name or b"").decode("utf-8", "replace")
    yield FormField((sent.field_name or b"").decode("utf-8"), data, name)
