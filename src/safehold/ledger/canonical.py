"""Canonical JSON: one value has one sequence of bytes, so that a hash or signature of it means the value.

Keys sorted by code point, no spaces, UTF-8, integers that every reader holds exactly; no floats, whose text form
differs between writers.

    canonical({"b": 1, "a": True}) == b'{"a":true,"b":1}'
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from safehold.vocabulary import InternalError

LARGEST_INTEGER = 2**53 - 1
"""Source: RFC 7493 (I-JSON, 2015) section 2.2: what an IEEE 754 double holds exactly."""

_PLAIN = frozenset({str, bool, type(None)})

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
"""A value that has a canonical form."""


class NotCanonicalError(InternalError):
    """A value or text has no canonical form, or is not in it."""


def canonical(value: Json) -> bytes:
    """Return the one UTF-8 text of a value.

    Raises:
        NotCanonicalError: it holds a float, another type, an integer beyond 2**53 - 1, half a surrogate pair, or values
            within values deeper than the interpreter follows.
    """
    try:
        _check(value)
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except RecursionError as error:
        raise _not_canonical("values nested so deep") from error
    except UnicodeEncodeError as error:
        raise _not_canonical("text that is not Unicode") from error


def parse(text: str | bytes) -> Json:
    """Return the value of a canonical text.

    Raises:
        NotCanonicalError: it isn't JSON, or isn't the one form: other spacing, order, a repeated key, a float.
    """
    try:
        encoded = text.encode("utf-8") if isinstance(text, str) else text
        value: Json = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise _not_canonical("text that is not JSON") from error
    if canonical(value) != encoded:
        raise _not_canonical("JSON that is not in its canonical form")
    return value


def _check(value: object) -> None:
    if type(value) in _PLAIN:  # most are; asking so takes a tenth of what the cases take
        return
    match value:
        case None | bool() | str():
            return
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise _not_canonical("an integer beyond 2**53 - 1")
        case Mapping():
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise _not_canonical("a key that is not text")
                _check(inner)
        case list() | tuple():
            for inner in value:
                _check(inner)
        case _:
            raise _not_canonical(f"a {type(value).__name__}")


def _not_canonical(what: str) -> NotCanonicalError:
    return NotCanonicalError(
        f"{what} has no canonical form", advice="Only text, integers, booleans, null, lists and objects have one."
    )
