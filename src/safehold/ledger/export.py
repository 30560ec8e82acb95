"""Exports: a ledger as JSON lines that anybody can verify offline, without our home.

Each line is one canonical JSON object: an event with its leaf hash, or a checkpoint, right after the last event that it
covers. The last line is a checkpoint, so a cut-off file is seen.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from safehold.home.files import write_atomic
from safehold.ledger.canonical import NotCanonicalError, canonical, parse
from safehold.ledger.checkpoint import SCHEMA, Checkpoint
from safehold.ledger.entry import Recorded, broken
from safehold.ledger.errors import BadSignatureError, LedgerBrokenError, MalformedCheckpointError, MalformedKeyError
from safehold.ledger.verify import Anchors, LedgerState, verify_log


def write_export(out: Path, log: Iterable[Recorded | Checkpoint]) -> None:
    """Write a ledger, given in its order, to a private file; complete or absent.

    Raises:
        OSError: the disk is full or failing.
    """

    def write(file: BinaryIO) -> None:
        file.writelines(canonical(item.line() if isinstance(item, Recorded) else item.fields()) + b"\n" for item in log)

    write_atomic(out, write)


def verify_export(path: Path, retained: Checkpoint | None = None, *, public_key: str | None = None) -> LedgerState:
    """Verify an exported ledger.

    Args:
        path: the file.
        retained: a checkpoint kept elsewhere: finds what was cut off or rewritten before it.
        public_key: the installation's key, learnt another way: finds a ledger that somebody else signed anew.

    Raises:
        LedgerBrokenError: what differs and where.
        OSError: the file can't be read.
    """
    state = verify_log(_read(path), Anchors(retained, public_key))
    if state.size == 0 or state.signed_size != state.size:
        raise broken("the export does not end with a checkpoint over all of its events: it is empty or cut off")
    return state


def _read(path: Path) -> Iterator[Recorded | Checkpoint]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield _item(line)
            except (NotCanonicalError, MalformedCheckpointError, BadSignatureError, MalformedKeyError) as error:
                raise broken(f"line {number} was altered: {error}") from error
            except LedgerBrokenError as error:
                raise broken(f"line {number}: {error}") from error


def _item(line: bytes) -> Recorded | Checkpoint:
    if not line.endswith(b"\n"):
        raise broken("it is cut off")
    fields = parse(line[:-1])
    if not isinstance(fields, dict):
        raise broken("it is neither an event nor a checkpoint")
    return Checkpoint.from_fields(fields) if fields.get("schema") == SCHEMA else Recorded.read(fields)
