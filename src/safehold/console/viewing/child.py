"""The decoding child of the console: a hostile file in, a few plain pixels or samples out.

Run as ``python -m safehold.console.viewing.child`` by a crew, under the sandbox's limits. It has no home, no key and no
way to write a file. It never makes a file that a browser reads: the console's process does, of numbers alone.
"""

import struct
from collections.abc import Mapping
from typing import cast

from safehold.console.viewing.decoding import open_still
from safehold.console.viewing.sampling import open_samples
from safehold.media import Limits
from safehold.media.sandbox import Announce, Request, Task, serve

CHILD_MODULE = "safehold.console.viewing.child"
STILL, SOUND = "still", "sound"
STILL_HEAD = struct.Struct("<HHBHH?")
"""Width, height, channels, number, count, whether all of it could be opened; then the pixels, row by row."""


def _still(request: Request, announce: Announce) -> bytes:
    announce(0)
    told = open_still(
        _data(request),
        number=cast("int", request["number"]),
        side=cast("int", request["side"]),
        limits=Limits.from_dict(cast("dict[str, int]", request["limits"])),
    )
    height, width = told.pixels.shape[:2]
    channels = 3 if told.pixels.ndim == 3 else 1
    head = STILL_HEAD.pack(width, height, channels, told.number, told.count, told.is_whole)
    return head + told.pixels.tobytes()


def _sound(request: Request, announce: Announce) -> bytes:
    announce(0)
    limits = Limits.from_dict(cast("dict[str, int]", request["limits"]))
    return open_samples(_data(request), limits=limits).tobytes()


def _data(request: Request) -> memoryview:
    return cast("memoryview", request.get("data", memoryview(b"")))


TASKS: Mapping[str, Task] = {STILL: _still, SOUND: _sound}

if __name__ == "__main__":
    serve(TASKS)
