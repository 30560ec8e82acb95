"""Records: frozen dataclasses as canonical JSON and back to nothing but their shape.

What is written is exactly the fields of its type; what is read may have no other: a field of one profile is never
accepted in the other.
"""

import dataclasses
import datetime as dt
import types
from collections.abc import Mapping
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from safehold.cases.exports.errors import ExportBrokenError
from safehold.ledger.canonical import Json
from safehold.ledger.entry import timestamp


def plain(value: object) -> Json:  # noqa: PLR0911 - one answer for each kind of value
    """Return a value of records as JSON: dataclasses as objects, enums by value, times as RFC 3339, bytes in hex."""
    match value:
        case None | bool() | int() | str():
            return value
        case Enum():
            return str(value.value)
        case dt.datetime():
            return timestamp(value)
        case bytes():
            return value.hex()
        case tuple() | list():
            return [plain(one) for one in value]
        case Mapping():
            return {str(name): plain(one) for name, one in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            return {field.name: plain(getattr(value, field.name)) for field in fields}
        case _:
            raise _unfit(f"a {type(value).__name__} has no place in an export")


def require_shape(found: Json, hint: Any) -> None:  # noqa: ANN401 - a type
    """Refuse JSON that is not exactly what :func:`plain` makes of a type.

    Raises:
        ExportBrokenError: a field is missing, added or of another type.
    """
    if not _fits(found, hint):
        raise _unfit("the export holds a record with missing, added or wrong fields")


def _fits(found: Json, hint: Any) -> bool:  # noqa: ANN401, PLR0911 - a type; one answer for each kind of it
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return any(_fits(found, one) for one in inner)
    if origin is tuple:
        return isinstance(found, list) and all(_fits(one, inner[0]) for one in found)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(found, dict) and all(_fits(one, inner[1]) for one in found.values())
    if hint is type(None) or hint is None:
        return found is None
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return (
            isinstance(found, dict)
            and set(found) == {field.name for field in dataclasses.fields(hint)}
            and all(_fits(found[name], hints[name]) for name in found)
        )
    if isinstance(hint, type) and issubclass(hint, Enum):
        return isinstance(found, str) and found in {one.value for one in hint}
    if hint in {bool, int}:
        return type(found) is hint
    return isinstance(found, str)


def _unfit(what: str) -> ExportBrokenError:
    return ExportBrokenError(what, advice="Ask whoever made the export for it again.")
