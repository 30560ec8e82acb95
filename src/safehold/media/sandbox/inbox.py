"""What the parent takes from a child: whole messages, checked for type and size, read without ever waiting."""

import json
import os
from dataclasses import dataclass
from typing import Self

from safehold.media.sandbox.wire import HEADER, MessageType

_FAILURE_BYTES = 1 << 16
_TEXT_CHARACTERS = 300
_READS_AT_ONCE = 256


class ProtocolError(Exception):
    """The child sent something that no message of ours looks like."""


class Inbox:
    """Messages on their way in through a non-blocking descriptor.

    Attributes:
        descriptor: where they come from.
        received: how many bytes have come so far.
    """

    def __init__(self, descriptor: int, output_bytes: int) -> None:
        self.descriptor = descriptor
        self.received = 0
        self._output_bytes = output_bytes
        self._begin()

    def _begin(self) -> None:
        self._kind: MessageType | None = None
        self._buffer = bytearray(HEADER.size)
        self._filled = 0

    def receive(self) -> tuple[MessageType, bytearray] | None:
        """Read what has come; return a message once it is whole.

        Raises:
            EOFError: the child has closed its side.
            ProtocolError: the child sent a message of a wrong type or size.
        """
        for _ in range(_READS_AT_ONCE):
            if not self._fill():
                return None
            if self._filled < len(self._buffer):
                continue
            if self._kind is not None:
                message = self._kind, self._buffer
                self._begin()
                return message
            self._open(*HEADER.unpack(self._buffer))
        return None

    def _fill(self) -> bool:
        """Read into what is missing of the buffer; False when nothing has come."""
        if self._filled == len(self._buffer):
            return True
        with memoryview(self._buffer) as view:
            try:
                got = os.readv(self.descriptor, [view[self._filled :]])
            except BlockingIOError:
                return False
        if got == 0:
            raise EOFError
        self._filled += got
        self.received += got
        return True

    def _open(self, kind: bytes, length: int) -> None:
        """Make room for a payload, if its size is allowed."""
        try:
            self._kind = MessageType(kind)
        except ValueError as error:
            raise ProtocolError from error
        if length > (self._output_bytes if self._kind is MessageType.ANSWER else _FAILURE_BYTES):
            raise ProtocolError
        self._buffer, self._filled = bytearray(length), 0


@dataclass(frozen=True, slots=True)
class Outcry:
    """What a task's exception looked like, without its foreign text.

    Attributes:
        error: the exception's class name.
        is_ours: it is a `SafeholdError`, raised on purpose, and would be raised again.
        message: its sentence, if ours; else "".
        advice: its advice, if ours; else "".
        reason: the value of its gap reason, if it has one; else "".
        where: "file.py:12 function", outermost first.
    """

    error: str
    is_ours: bool
    message: str
    advice: str
    reason: str
    where: tuple[str, ...]

    @classmethod
    def parse(cls, payload: bytes | bytearray) -> Self:
        """Read a failure, its texts cut to a length that can't carry much.

        Raises:
            ProtocolError: it has another shape.
        """
        fields = parse_object(payload)
        where = fields.get("where")
        if not isinstance(where, list):
            raise ProtocolError
        error, message, advice, reason = (
            str(fields.get(name, ""))[:_TEXT_CHARACTERS] for name in ("error", "message", "advice", "reason")
        )
        steps = tuple(str(step)[:_TEXT_CHARACTERS] for step in where)
        return cls(error, fields.get("is_ours") is True, message, advice, reason, steps)


def parse_object(payload: bytes | bytearray) -> dict[str, object]:
    """Return a JSON object.

    Raises:
        ProtocolError: it is none.
    """
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ProtocolError from error
    if not isinstance(fields, dict):
        raise ProtocolError
    return fields
