"""The child's side: confine, say ready, then answer requests until stdin ends.

A task takes the request (with the bytes that it carries under "data", as a memoryview) and `announce`, which it calls
with a record's number before it begins that record, and returns the answer's bytes. What a task prints goes to stderr.
An exception becomes a failure that holds names and line numbers only: the text of a foreign exception may quote
content, so it never leaves; a `SafeholdError` is ours and keeps its sentence.
"""

import ctypes
import gc
import json
import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from safehold.media.limits import Limits
from safehold.media.sandbox.confinement import confine, end_if_orphaned, raise_cpu_limit
from safehold.media.sandbox.terms import Terms
from safehold.media.sandbox.wire import (
    HEADER,
    LENGTH,
    NO_RECORD,
    MessageType,
    ProgressCell,
    read_exactly,
    write_message,
)
from safehold.vocabulary import SafeholdError

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LOOK_SECONDS = 0.1
_COLLECTED_OBJECTS = 10_000

Announce = Callable[[int], None]
"""Says that work on a record (0-based) begins; -1 or the same number again means "still getting on"."""

Request = Mapping[str, object]
Task = Callable[[Request, Announce], bytes | memoryview]


def serve(tasks: Mapping[str, Task]) -> None:
    """Answer requests until the parent closes stdin; the program of a child calls this and nothing else.

    The limits are the parent's; they arrive in the environment.

    Args:
        tasks: what can be asked for, by name.
    """
    _keep_freed_memory()
    _collect_rarely()
    terms = Terms.from_environment(os.environ)
    cell = ProgressCell(terms.cell)
    os.close(terms.cell)
    replies = _reserve_stdout()
    confinement = confine(terms.limits.memory_bytes, parent=terms.parent, allow_network=terms.allow_network)
    announce = _announcer(cell, terms.parent, terms.limits)
    write_message(replies, MessageType.READY, json.dumps(asdict(confinement)).encode())
    while (request := _next_request()) is not None:
        announce(NO_RECORD)
        write_message(replies, *_answer(tasks, request, announce))


def _collect_rarely() -> None:
    """Look for garbage in cycles less often, and never among what is imported.

    What is imported stays: looking through it again and again took a sixteenth of a scan. What a scan keeps of its
    records is no garbage either; Python's threshold of 700 objects means to look through it every 20 records, which
    took 10 microseconds a record (both measured).
    """
    gc.freeze()
    gc.set_threshold(_COLLECTED_OBJECTS)


def _keep_freed_memory() -> None:
    """Let the C library keep up to 64 MiB of freed memory, since pictures of one size follow one another.

    glibc gives freed planes back at once, and every page of the next one is a fault: a fifth of the time at 1024 px
    with the numpy engine (measured). Other libraries are left alone. Source: mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 << 20)
        mallopt(_M_TRIM_THRESHOLD, 64 << 20)


def _reserve_stdout() -> int:
    """Keep stdout for messages, and let whatever prints print to stderr."""
    replies = os.dup(1)
    os.dup2(2, 1)
    return replies


def _announcer(cell: ProgressCell, parent: int, limits: Limits) -> Announce:
    """Return `announce`. Once per used CPU second it also moves the CPU limit and looks for the parent."""
    raise_cpu_limit(limits.opening_seconds)
    checked = looked = 0.0

    def announce(record: int) -> None:
        nonlocal checked, looked
        cell.announce(record)
        if time.monotonic() - looked < _LOOK_SECONDS and record != NO_RECORD:
            return  # the clock of used time is a call into the kernel
        looked = time.monotonic()
        now = time.process_time()
        if now - checked >= 1.0 or record == NO_RECORD:
            checked = now
            end_if_orphaned(parent)
            raise_cpu_limit(limits.opening_seconds if record == NO_RECORD else limits.seconds + 1)

    return announce


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it came: JSON, and the bytes that it carries, if it carries some."""

    text: memoryview
    data: memoryview | None


def _next_request() -> _Asked | None:
    try:
        kind, length = HEADER.unpack(read_exactly(0, HEADER.size))
        if kind not in {MessageType.REQUEST.value, MessageType.CARRYING_REQUEST.value}:
            return None
        payload = memoryview(read_exactly(0, length))
    except EOFError:
        return None
    if kind == MessageType.REQUEST.value:
        return _Asked(payload, None)
    (text_length,) = LENGTH.unpack_from(payload)
    return _Asked(payload[LENGTH.size :][:text_length], payload[LENGTH.size + text_length :])


def _answer(tasks: Mapping[str, Task], asked: _Asked, announce: Announce) -> tuple[MessageType, bytes | memoryview]:
    try:
        envelope = json.loads(bytes(asked.text))
        request = envelope["request"] if asked.data is None else {**envelope["request"], "data": asked.data}
        return MessageType.ANSWER, tasks[envelope["task"]](request, announce)
    except Exception as error:  # noqa: BLE001  # the worker loop: a fault costs one request, never the child
        return MessageType.FAILURE, json.dumps(_describe(error)).encode()


def _describe(error: Exception) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    description: dict[str, object] = {
        "error": type(error).__name__,
        "is_ours": isinstance(error, SafeholdError),
        "where": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, SafeholdError):
        reason = getattr(error, "reason", "")
        description |= {
            "message": str(error),
            "advice": error.advice,
            "reason": reason.value if isinstance(reason, Enum) else "",
        }
    return description
