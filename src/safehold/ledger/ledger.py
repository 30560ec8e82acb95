"""The ledger in the database of a home.

ledger = open_ledger(home)
with home.database.writing() as connection:
    ...                                             # the decision
    ledger.append(Event("bank.imported", actor), connection)      # and its event: both or neither
ledger.checkpoint()
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.prepared import Prepared
from safehold.ledger.admission import admit, admit_all
from safehold.ledger.canonical import canonical
from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.entry import Recorded, broken, details_text, timestamp
from safehold.ledger.errors import BadSignatureError, KeyLostError
from safehold.ledger.export import write_export
from safehold.ledger.keychain import KEY_EVENTS, Keychain, created
from safehold.ledger.keys import SigningKey
from safehold.ledger.merkle import Frontier
from safehold.ledger.stored import altered, entries, fetched, to_checkpoint, to_entry
from safehold.ledger.tables import checkpoints, events
from safehold.ledger.verify import Anchors, LedgerState, verify_log
from safehold.vocabulary import Clock, Event


class EventLog(Protocol):
    """Where events go: the port that the database's ledger and the sandbox's both fill."""

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        """Record an event and return its place."""
        ...

    def append_once(self, event: Event) -> int:
        """Record an event unless its kind and details are recorded already, and return its place either way."""
        ...

    def checkpoint(self) -> Checkpoint:
        """Sign what there is."""
        ...

    def verify(self, retained: Checkpoint | None = None) -> LedgerState:
        """Verify all of it."""
        ...

    def events(self, start: int = 0, stop: int | None = None) -> Iterator[Recorded]:
        """Give the entries in order."""
        ...

    def export(self, out: Path) -> None:
        """Write all of it to a file."""
        ...


class Ledger:
    """Append-only events, serialised by the database's write lock; the first one is the ledger's own.

    Args:
        database: of a home.
        clock: where the time comes from.
        key: the installation's; it signs checkpoints and must be the one that the ledger names last.
    """

    def __init__(self, database: Database, clock: Clock, key: SigningKey) -> None:
        self._database = database
        self._clock = clock
        self._key = key

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        """Record an event and return its place, from 0; the ledger's own first event has place 0.

        Args:
            event: what happened.
            connection: the caller's *writing* transaction, so that the event and what it tells of commit together.
                Without one the event is on the medium when this returns.

        Raises:
            UnfitEventError: the event could carry content; nothing is recorded.
            LedgerBrokenError: events that were signed for are missing.
        """
        return self.append_all((event,), connection)[0]

    def append_once(self, event: Event) -> int:
        """Record an event unless its kind and details are recorded already, and return its place either way.

        For what a command repeats after it was killed: details that name the thing make the repetition harmless.
        Errors as for `append`.
        """
        same = sa.select(events.c.seq).where(events.c.kind == event.kind, events.c.details == details_text(event))
        with self._database.writing() as connection:
            place = connection.execute(same.order_by(events.c.seq).limit(1)).scalar()
            return self.append(event, connection) if place is None else int(place)

    def append_all(self, new: Sequence[Event], connection: sa.Connection | None = None) -> range:
        """Record several events, in order, in one transaction, and return their places; errors as for one."""
        admit_all(new)
        if connection is not None:
            return self._insert(connection, new)
        with self._database.writing() as own:
            return self._insert(own, new)

    def append_key_event(self, event: Event) -> int:
        """Record a change of key; for :mod:`safehold.ledger.rotation` alone."""
        admit(event)
        with self._database.writing() as own:
            return self._insert(own, (event,))[0]

    def checkpoint(self) -> Checkpoint:
        """Sign everything recorded so far and keep the signature; without new events, return the last one again.

        Raises:
            LedgerBrokenError: what is recorded is not what was signed before.
            KeyLostError: the ledger names another key than ours.
        """
        self._begin()
        while True:
            with self._database.reading() as connection:  # what is much to read holds no writer up
                last, frontier, chain = _extended(connection)
            if last is not None and frontier.size == last.size:
                return last
            with self._database.writing() as connection:
                if _signed_size(connection) == (0 if last is None else last.size):
                    return self._sign(connection, frontier, chain)

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Return every checkpoint signed so far, smallest first; unverified."""
        with self._database.reading() as connection:
            origin = _origin(connection)
            rows = fetched(connection, sa.select(checkpoints), checkpoints.c.size)
            return tuple(to_checkpoint(row, origin) for row in rows)

    def verify(
        self, retained: Checkpoint | None = None, *, watch: Callable[[int, int], object] | None = None
    ) -> LedgerState:
        """Verify every event, checkpoint and change of key against our own key, and a checkpoint kept elsewhere.

        Args:
            retained: a checkpoint kept elsewhere.
            watch: is told now and then how many events were verified, and how many there are.

        Raises:
            LedgerBrokenError: what differs and where.
        """
        with self._database.reading() as connection:
            size = _size(connection)
            anchors = Anchors(retained, self._key.public_key if size else None)
            log = _log(connection)
            return verify_log(log if watch is None else _watched(log, size, watch), anchors)

    def events(self, start: int = 0, stop: int | None = None) -> Iterator[Recorded]:
        """Give the entries from place `start` up to, not including, `stop`, as of one moment.

        Raises:
            LedgerBrokenError: an entry was altered.
        """
        with self._database.reading() as connection:
            yield from entries(connection, start, stop)

    def places(self, words: Collection[str], *, kinds: Collection[str] = (), start: int = 0) -> tuple[int, ...]:
        """Return the places, ascending, of the events of which some detail is one of these words.

        Args:
            words: ids, digests or other details, whole.
            kinds: only events of these kinds; all without any.
            start: only events from this place on.
        """
        values = [f":{canonical(word).decode()}" for word in sorted(words)]  # with the colon: not a detail's name
        held = [events.c.details.contains(value, autoescape=True) for value in values]
        query = sa.select(events.c.seq).where(events.c.seq >= start, sa.or_(sa.false(), *held))
        if kinds:
            query = query.where(events.c.kind.in_(sorted(kinds)))
        with self._database.reading() as connection:
            return tuple(connection.execute(query.order_by(events.c.seq)).scalars())

    def frontier_before(self, place: int) -> Frontier:
        """Return the frontier of the last checkpoint that covers no event from this place on; an empty one without.

        Raises:
            LedgerBrokenError: the checkpoint was altered.
        """
        last = sa.select(sa.func.max(checkpoints.c.size)).where(checkpoints.c.size <= place).scalar_subquery()
        with self._database.reading() as connection:
            query = sa.select(checkpoints).where(checkpoints.c.size == last)
            row = next(fetched(connection, query, checkpoints.c.size), None)
        if row is None:
            return Frontier()
        return Frontier.from_bytes(to_checkpoint(row, "").size, row["frontier"])

    def leaves(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the leaf hashes from place `start` up to, not including, `stop`, as they are stored."""
        query = sa.select(events.c.leaf).where(events.c.seq >= start, events.c.seq < stop).order_by(events.c.seq)
        with self._database.reading() as connection:
            for leaf in connection.execute(query, execution_options={"yield_per": 10_000}).scalars():
                yield bytes(leaf)

    def export(self, out: Path) -> None:
        """Sign what there is and write all of it to a private file that :func:`verify_export` reads.

        Raises:
            LedgerBrokenError: an entry was altered.
        """
        size = self.checkpoint().size
        with self._database.reading() as connection:
            write_export(out, _log(connection, size))

    def keychain(self) -> Keychain:
        """Return the keys that the ledger names."""
        with self._database.reading() as connection:
            return _keychain(connection)

    def _begin(self) -> None:
        """Record the ledger's own first event, if there is none."""
        with self._database.reading() as connection:
            if _size(connection):
                return
        with self._database.writing() as connection:
            if _size(connection) == 0:
                self._insert(connection, ())

    def _insert(self, connection: sa.Connection, new: Sequence[Event]) -> range:
        size = _size(connection)
        if size == 0:
            new = (created(self._key.public_key), *new)
        at = timestamp(self._clock.now())
        rows = [_row(Recorded.of(seq, at, event)) for seq, event in enumerate(new, start=size)]
        if rows:
            _INSERT.run_all(connection, rows)
        return range(size + (size == 0), size + len(rows))

    def _sign(self, connection: sa.Connection, frontier: Frontier, chain: Keychain) -> Checkpoint:
        if chain.current != self._key.public_key:
            raise KeyLostError(
                "the ledger names another key than the installation's",
                advice="Restore the key from a backup, or see 'loss of the installation key' in docs/operations.md.",
            )
        root, issued_at = frontier.root(), timestamp(self._clock.now())
        signed = Checkpoint.sign(self._key, origin=chain.origin, size=frontier.size, root=root, issued_at=issued_at)
        row = {
            "size": signed.size,
            "root": root,
            "issued_at": issued_at,
            "signature": bytes.fromhex(signed.signature),
            "key": signed.public_key,
            "frontier": frontier.to_bytes(),
        }
        connection.execute(sa.insert(checkpoints), row)
        return signed


_WATCHED = 5000
"""Events between two words on how far a verification is: some times a second."""

_INSERT = Prepared(sa.insert(events))
_SIZES = Prepared(sa.text("SELECT (SELECT max(seq) FROM events), (SELECT max(size) FROM checkpoints)"))
"""Every decision sends these two: building them from their parts takes longer than the database takes to answer."""


def _size(connection: sa.Connection) -> int:
    """Return how many events there are.

    Raises:
        LedgerBrokenError: fewer than a checkpoint covers.
    """
    ((last_seq, signed_size),) = _SIZES.rows(connection, {})
    size = 0 if last_seq is None else int(last_seq) + 1
    if size < (signed_size or 0):
        raise broken(f"the ledger is cut off: {signed_size} events were signed for, {size} are there")
    return size


def _signed_size(connection: sa.Connection) -> int:
    """Return how many events the newest checkpoint covers."""
    return int(connection.execute(sa.select(sa.func.max(checkpoints.c.size))).scalar() or 0)


def _extended(connection: sa.Connection) -> tuple[Checkpoint | None, Frontier, Keychain]:
    """Return the last checkpoint, with the frontier and keys over all events there are."""
    last, frontier, chain = _resume(connection)
    for entry in entries(connection, frontier.size):
        if entry.seq != frontier.size:
            raise broken(f"event {frontier.size} is missing")
        frontier = frontier.extended((bytes.fromhex(entry.leaf_hex),))
        chain = chain.follow(entry)
    return last, frontier, chain


def _resume(connection: sa.Connection) -> tuple[Checkpoint | None, Frontier, Keychain]:
    """Return the last checkpoint with the frontier and keys there, shown to be what was signed."""
    newest = sa.select(sa.func.max(checkpoints.c.size)).scalar_subquery()
    query = sa.select(checkpoints).where(checkpoints.c.size == newest)
    row = next(fetched(connection, query, checkpoints.c.size), None)
    if row is None:
        return None, Frontier(), Keychain()
    chain = _keychain(connection, row["size"])
    last = to_checkpoint(row, chain.origin)
    try:
        last.verify_signature()
    except BadSignatureError as error:
        raise altered(last.size) from error
    if last.public_key != chain.current:
        raise altered(last.size)
    return last, Frontier.from_bytes(last.size, row["frontier"]), chain


def _keychain(connection: sa.Connection, size: int | None = None) -> Keychain:
    """Return the keys that the first `size` events name."""
    query = sa.select(events).where(events.c.kind.in_(KEY_EVENTS))
    if size is not None:
        query = query.where(events.c.seq < size)
    chain = Keychain()
    for row in fetched(connection, query, events.c.seq):
        chain = chain.follow(to_entry(row))
    return chain


def _log(connection: sa.Connection, stop: int | None = None) -> Iterator[Recorded | Checkpoint]:
    """Give entries and checkpoints in the order of the ledger."""
    query = sa.select(checkpoints)
    if stop is not None:
        query = query.where(checkpoints.c.size <= stop)
    origin = _origin(connection)
    waiting = [to_checkpoint(row, origin) for row in fetched(connection, query, checkpoints.c.size)]
    waiting.reverse()
    for entry in entries(connection, 0, stop):
        yield entry
        while waiting and waiting[-1].size <= entry.seq + 1:
            yield waiting.pop()
    yield from reversed(waiting)


def _watched(
    log: Iterator[Recorded | Checkpoint], size: int, watch: Callable[[int, int], object]
) -> Iterator[Recorded | Checkpoint]:
    """Give the same, and tell how far it is every so many events."""
    for item in log:
        if isinstance(item, Recorded) and item.seq % _WATCHED == 0:
            watch(item.seq, size)
        yield item


def _origin(connection: sa.Connection) -> str:
    first = next(entries(connection, 0, 1), None)
    return "" if first is None else Keychain().follow(first).origin


def _row(entry: Recorded) -> dict[str, object]:
    event = entry.event
    return {
        "seq": entry.seq,
        "at": entry.at,
        "kind": event.kind,
        "actor": event.actor,
        "policy": event.policy,
        "details": details_text(event),
        "leaf": bytes.fromhex(entry.leaf_hex),
    }
