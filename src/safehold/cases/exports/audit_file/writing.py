"""Writing an export for auditors, line by line: what is written is counted and digested on its way, and kept nowhere.

writing = AuditWriting(archive, blinding, out, exported_by=person.name)
writing.write(scope, size=checkpoint.size, now=now)
writing.digest                   # of all lines so far: what the ledger is told
writing.close(seal)              # the last line
"""

import datetime as dt
import hashlib
from typing import BinaryIO

from safehold.cases.case import CaseId
from safehold.cases.exports.archive import Archive
from safehold.cases.exports.audit import BLIND_SCHEMA, AuditHeader, Schema
from safehold.cases.exports.audit_file.commitment import Blinding
from safehold.cases.exports.audit_file.events import events_of
from safehold.cases.exports.audit_file.scope import Scope
from safehold.cases.exports.auditing import Cast, Tally, audit_decision, blind_event, case_head, case_item
from safehold.cases.exports.record import plain
from safehold.ledger.canonical import Json, canonical


class AuditWriting:
    """One export that is being written.

    Args:
        archive: where everything is.
        blinding: of its events.
        out: where the lines go.
        exported_by: who exports.

    Attributes:
        cases: how many were written.
        events: how many were.
    """

    def __init__(self, archive: Archive, blinding: Blinding, out: BinaryIO, *, exported_by: str) -> None:
        self._archive = archive
        self._blinding = blinding
        self._out = out
        self._cast = Cast()
        self._exporter = self._cast.name(exported_by)
        self._digest = hashlib.sha256()
        self._tally = Tally()
        self.cases = 0
        self.events = 0

    @property
    def digest(self) -> str:
        """Return the SHA-256 of every line that was written so far."""
        return self._digest.hexdigest()

    def write(self, scope: Scope, *, size: int, now: dt.datetime) -> None:
        """Write everything but the last line.

        Args:
            scope: which cases.
            size: how much of the ledger is read.
            now: the time.
        """
        self._line("header", AuditHeader(Schema(BLIND_SCHEMA), now, self._exporter))
        for case in scope.each(self._archive.database):
            self._case(case)
        for entry in events_of(self._archive, scope, size):
            self._line("event", blind_event(entry, self._cast, self._blinding.commit(entry.seq, entry.leaf_hex)))
            self.events += 1
        self._line("statistics", self._tally.statistics())

    def close(self, seal: Json) -> None:
        """Write the last line, which is not part of what is digested."""
        self._out.write(canonical({"record": "seal", "value": seal}) + b"\n")

    def _case(self, case_id: CaseId) -> None:
        head = case_head(self._archive.cases.show(case_id))
        self._line("case", head)
        decided = self._archive.decisions.of_case(case_id)
        self._tally.add_case(head, min((one.at for one in decided), default=None))
        named = {one.item for decision in decided for one in decision.items}
        numbers = {}
        for item in self._archive.items(case_id):
            if item.id in named:
                numbers[item.id] = item.number
            line = case_item(item)
            self._line("item", line)
            self._tally.add_item(line)
        for decision in decided:
            told = audit_decision(decision, numbers, self._cast)
            self._line("decision", told)
            self._tally.add_decision(told)
        self.cases += 1

    def _line(self, kind: str, value: object) -> None:
        line = canonical({"record": kind, "value": plain(value)}) + b"\n"
        self._digest.update(line)
        self._out.write(line)
