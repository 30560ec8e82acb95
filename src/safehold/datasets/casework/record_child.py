"""The child that reads one record out of a shard: a hostile archive or table costs a child, and no more.

Run as ``python -m safehold.datasets.casework.record_child`` under the sandbox's limits. It opens the source as a scan
does and decodes nothing; what it answers is checked by `safehold.datasets.casework.retrieval`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from safehold.datasets.sources import Member, Record, Shard, ShardError, read
from safehold.media.sandbox import NO_RECORD, Announce, serve

CHILD_MODULE = "safehold.datasets.casework.record_child"
TASK = "record"


def read_record(shard: Shard, key: str, *, most_bytes: int, announce: Announce) -> bytes:
    """Return a record of a shard as one line of JSON and its files, or b"" where there is none of this key.

    Args:
        shard: where it is.
        key: its name there.
        most_bytes: how much of its files may be returned; further ones are named alone.
        announce: is told each record's place before it is read.
    """
    try:
        for place, record in enumerate(read(shard)):
            announce(place)
            if record.key == key:
                return _told(record, most_bytes)
    except ShardError:  # it ends before this record, or is gone
        return b""
    announce(NO_RECORD)
    return b""


def _told(record: Record, most_bytes: int) -> bytes:
    kept, left = list[Member](), most_bytes
    for member in record.members:
        if len(member.data) <= left:
            kept.append(member)
            left -= len(member.data)
    head = {
        "url": record.url,
        "texts": [[text.place, text.text] for text in record.texts],
        "files": [[member.extension, len(member.data)] for member in kept],
        "left_out": len(record.members) - len(kept),
    }
    return b"".join((json.dumps(head).encode(), b"\n", *_contents(kept)))


def _contents(members: Sequence[Member]) -> list[bytes]:
    return [bytes(member.data) for member in members]


def _serve(request: Mapping[str, Any], announce: Announce) -> bytes:
    shard = Shard.from_json(request["shard"])
    return read_record(shard, request["key"], most_bytes=request["most_bytes"], announce=announce)


if __name__ == "__main__":
    serve({TASK: _serve})
