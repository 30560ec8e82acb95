"""Forms: what a browser sends, bounded in bytes, fields and time, and held in memory alone.

A file that somebody uploads is never written anywhere: not by us, and not by the parser, which would spool it to disk.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from safehold.console.errors import RefusedError

SHORT_BYTES = 256 * 1024
"""The longest form without a file: a decision on some thousand items, each named by 25 characters, and a note."""

MOST_FIELDS = 4000
_PLAIN = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent.

    Attributes:
        values: each field's values, in order.
        files: bytes of each file.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> dict[str, str]:
        """Return each field once."""
        return {name: values[0] for name, values in self.values.items()}


class _InMemory(MultiPartParser):
    """The framework's parser, which keeps files up to this size in memory instead of a temporary file."""

    spool_max_size = 1 << 40


async def read_form(request: Request, *, most_bytes: int, seconds: float) -> Form:
    """Return the form of a request.

    Args:
        request: its body is read to the end, or to the limit.
        most_bytes: of a form with files; one without may have `SHORT_BYTES`.
        seconds: how long it may take to arrive.

    Raises:
        RefusedError: it is no form, is too long, or took too long.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(seconds):
            if kind == _PARTS:
                return await _parts(request, most_bytes)
            body = b"".join([chunk async for chunk in bounded(request, min(SHORT_BYTES, most_bytes))])
    except TimeoutError:
        raise RefusedError(408, "That took too long", advice="Send it again.") from None
    if kind not in {_PLAIN, ""} or (body and not kind):
        raise RefusedError(415, "That is no form of ours", advice="Go back and use the page's own form.")
    return Form(_pairs(body))


async def bounded(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield a body's bytes, up to a limit.

    Raises:
        RefusedError: there are more.
    """
    declared = request.headers.get("content-length", "0")
    received = 0
    if declared.isdigit() and int(declared) > most_bytes:
        raise _too_long()
    async for chunk in request.stream():
        received += len(chunk)
        if received > most_bytes:
            raise _too_long()
        yield chunk


def _pairs(body: bytes) -> dict[str, tuple[str, ...]]:
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise RefusedError(400, "The form can't be read", advice="Go back and send it again.") from None
    return _grouped(pairs)


async def _parts(request: Request, most_bytes: int) -> Form:
    parser = _InMemory(
        request.headers, bounded(request, most_bytes), max_files=1, max_fields=MOST_FIELDS, max_part_size=SHORT_BYTES
    )
    try:
        parsed = await parser.parse()
    except (MultiPartException, MultipartParseError, ValueError, KeyError):
        raise RefusedError(400, "The form can't be read", advice="Go back and send it again.") from None
    texts, files = [], {}
    for name, value in parsed.multi_items():
        if isinstance(value, UploadFile):
            files[name] = await value.read()  # its name is the sender's: it is looked at nowhere
        else:
            texts.append((name, value))
    await parsed.close()
    return Form(_grouped(texts), files)


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in grouped.items()}


def _too_long() -> RefusedError:
    return RefusedError(413, "That is too large", advice="Send less at a time, or a smaller file.")
