"""Reading an export for auditors, line by line, offline: its shape, its order, its digest, its seal; kept nowhere."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from safehold.cases.exports.audit import (
    BLIND_SCHEMA,
    AuditDecision,
    AuditHeader,
    AuditStatistics,
    BlindEvent,
    CaseHead,
    CaseItemLine,
)
from safehold.cases.exports.audit_file.seal import require_sealed
from safehold.cases.exports.errors import ExportBrokenError
from safehold.cases.exports.record import require_shape
from safehold.ledger.canonical import NotCanonicalError, canonical, parse

LONGEST_LINE_BYTES = 1 << 26
"""Of a decision on a great many items: 64 MiB hold more than a hundred thousand."""

_SHAPES: Mapping[str, type] = {
    "header": AuditHeader,
    "case": CaseHead,
    "item": CaseItemLine,
    "decision": AuditDecision,
    "event": BlindEvent,
    "statistics": AuditStatistics,
}
_FOLLOWS = {
    "": {"header"},
    "header": {"case", "event", "statistics"},
    "case": {"case", "item", "decision", "event", "statistics"},
    "item": {"case", "item", "decision", "event", "statistics"},
    "decision": {"case", "decision", "event", "statistics"},
    "event": {"event", "statistics"},
    "statistics": {"seal"},
    "seal": set[str](),
}
_BEGINNING = canonical({"record": "header"})[:-1]
"""What the first line of every such file begins with: `record` sorts before `value`."""


@dataclass(frozen=True, slots=True)
class AuditRead:
    """An export that was read and holds.

    Attributes:
        cases: how many.
        events: how many.
        public_key: whose signature is on the seal.
        digest: of its lines.
    """

    cases: int
    events: int
    public_key: str
    digest: str


def is_audit_file(beginning: bytes) -> bool:
    """Return whether a file that begins so is an export for auditors, line by line."""
    return beginning.startswith(_BEGINNING)


def read_audit(
    file: BinaryIO, public_key: str | None = None, *, watch: Callable[[Mapping[str, Any]], None] | None = None
) -> AuditRead:
    """Return what an export holds, once all of it is found to be as the installation sealed it.

    Args:
        file: open at its beginning.
        public_key: the installation's, learnt another way.
        watch: is given each event as it passes by.

    Raises:
        ExportBrokenError: it is none, or was altered, cut or added to.
    """
    digest, before = hashlib.sha256(), ""
    counts = dict.fromkeys((*_SHAPES, "seal"), 0)
    sealed: Any = None
    for line in _lines(file):
        kind, value = _parsed(line)
        if kind not in _FOLLOWS[before]:
            raise _broken("the export's records do not follow each other as they do in one")
        counts[kind] += 1
        before = kind
        if kind == "seal":
            sealed = value
            continue
        require_shape(value, _SHAPES[kind])
        if kind == "header" and value["audit_schema"] != BLIND_SCHEMA:
            raise _broken("the export is of another version")
        if kind == "event" and watch is not None:
            watch(value)
        digest.update(line)
    if before != "seal":
        raise _broken("the export was cut: its last line is missing")
    checkpoint = require_sealed(sealed, digest.hexdigest(), public_key)
    return AuditRead(counts["case"], counts["event"], checkpoint.public_key, digest.hexdigest())


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE_BYTES + 1):
        if not line.endswith(b"\n"):
            raise _broken("the export was cut, or a line of it is too long")
        yield line


def _parsed(line: bytes) -> tuple[str, Any]:
    try:
        found: Any = parse(line[:-1])
    except NotCanonicalError as error:
        raise _broken("a record of the export is not in its canonical form") from error
    if not isinstance(found, dict) or set(found) != {"record", "value"} or found["record"] not in {*_SHAPES, "seal"}:
        raise _broken("a line of the export is no record of one")
    return found["record"], found["value"]


def _broken(what: str) -> ExportBrokenError:
    return ExportBrokenError(what, advice="Ask whoever made the export for it again, and for the public key.")
