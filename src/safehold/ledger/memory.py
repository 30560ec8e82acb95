"""A ledger in memory for tests, the demo and the docs, which can misbehave on demand; it forgets everything."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from safehold.ledger.admission import admit_all
from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.entry import Recorded, broken, timestamp
from safehold.ledger.export import write_export
from safehold.ledger.keychain import created, origin_of
from safehold.ledger.keys import SigningKey
from safehold.ledger.merkle import root
from safehold.ledger.verify import Anchors, LedgerState, verify_log
from safehold.vocabulary import Clock, Event, SafeholdError


class MemoryLedger:
    """The ledger's contract without a database; appends do not wait for the caller's transaction.

    Args:
        clock: where the time comes from.
        key: signs checkpoints.

    Attributes:
        lines: the entries as the objects that a file would hold; a test may alter, drop, swap or cut them.
        signed: the checkpoints, smallest first; likewise.
        refusal: where set, the next append raises it and records nothing.
    """

    def __init__(self, clock: Clock, key: SigningKey) -> None:
        self._clock = clock
        self._key = key
        self.lines: list[Recorded] = []
        self.signed: list[Checkpoint] = []
        self.refusal: SafeholdError | None = None

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        """Record an event and return its place; `connection` is accepted and not used."""
        return self.append_all((event,), connection)[0]

    def append_once(self, event: Event) -> int:
        """Record an event unless its kind and details are recorded already, and return its place either way."""
        same = (event.kind, dict(event.details))
        known = (line.seq for line in self.lines if (line.event.kind, dict(line.event.details)) == same)
        place = next(known, None)
        return self.append(event) if place is None else place

    def append_all(self, new: Sequence[Event], connection: sa.Connection | None = None) -> range:
        """Record several events, all or none, and return their places."""
        del connection
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        admit_all(new)
        if self.signed and len(self.lines) < self.signed[-1].size:
            raise broken(f"the ledger is cut off: {self.signed[-1].size} events were signed for")
        self._begin()
        first = len(self.lines)
        for event in new:
            self._add(event)
        return range(first, len(self.lines))

    def checkpoint(self) -> Checkpoint:
        """Sign everything recorded so far; without new events, return the last one again."""
        self._begin()
        if self.signed and self.signed[-1].size == len(self.lines):
            return self.signed[-1]
        self.signed.append(
            Checkpoint.sign(
                self._key,
                origin=origin_of(self._key.public_key),
                size=len(self.lines),
                root=root([bytes.fromhex(entry.leaf_hex) for entry in self.lines]),
                issued_at=timestamp(self._clock.now()),
            )
        )
        return self.signed[-1]

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return every checkpoint signed so far, smallest first."""
        return tuple(self.signed)

    def verify(self, retained: Checkpoint | None = None) -> LedgerState:
        """Verify every event and checkpoint."""
        return verify_log(self._log(), Anchors(retained, self._key.public_key if self.lines else None))

    def events(self, start: int = 0, stop: int | None = None) -> Iterator[Recorded]:
        """Give the entries from place `start` up to, not including, `stop`."""
        for entry in self.lines[start:stop]:
            yield Recorded.read(entry.line())

    def export(self, out: Path) -> None:
        """Sign what there is and write all of it to a private file."""
        self.checkpoint()
        write_export(out, self._log())

    def _begin(self) -> None:
        if not self.lines:
            self._add(created(self._key.public_key))

    def _add(self, event: Event) -> None:
        self.lines.append(Recorded.of(len(self.lines), timestamp(self._clock.now()), event))

    def _log(self) -> Iterator[Recorded | Checkpoint]:
        waiting = list(reversed(self.signed))
        for entry in self.events():
            yield entry
            while waiting and waiting[-1].size <= entry.seq + 1:
                yield waiting.pop()
        yield from reversed(waiting)
