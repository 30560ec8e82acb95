"""Proofs: some events, each shown to stand in a signed ledger, without the rest of it. For files that leave the house.

    proof = prove(ledger, [17, 4711])           # reads the leaves since the last checkpoint before the first of them
    text = proof.to_json()
    EventProof.from_json(text).verify(public_key)      # anywhere, offline

Source: RFC 9162 section 2.1.3 (inclusion proofs).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias

from safehold.ledger.canonical import Json, NotCanonicalError, canonical, parse
from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.entry import Recorded
from safehold.ledger.errors import LedgerBrokenError, ProofFailedError
from safehold.ledger.merkle import Frontier, node_hash, verify_inclusion

SCHEMA = "safehold.event-proof/1"
_FIELDS = {"schema": str, "checkpoint": dict, "events": list}
_EVENT = {"event": dict, "path": list}


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """An event, with what leads from it to the root.

    Attributes:
        entry: the event as the ledger holds it.
        path: the hashes from its leaf up.
    """

    entry: Recorded
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EventProof:
    """Events and the signed checkpoint that they are shown to stand under.

    Attributes:
        checkpoint: the installation's word for the whole ledger.
        events: in the ledger's order.
    """

    checkpoint: Checkpoint
    events: tuple[ProvenEvent, ...]

    def verify(self, public_key: str | None = None) -> None:
        """Check the signature and that every event stands at its place.

        Args:
            public_key: the installation's, learnt another way; without it the proof is only shown to be consistent.

        Raises:
            ProofFailedError: an event does not stand there, or another key signed it.
            BadSignatureError: the signature is wrong.
        """
        if public_key is not None and self.checkpoint.public_key != public_key:
            raise _failed("another key than the one that you gave signed this proof")
        self.checkpoint.verify_signature()
        for one in self.events:
            verify_inclusion(
                bytes.fromhex(one.entry.leaf_hex),
                one.entry.seq,
                size=self.checkpoint.size,
                proof=one.path,
                tree_root=bytes.fromhex(self.checkpoint.root_hex),
            )

    def fields(self) -> dict[str, Json]:
        """Return the object that the text form holds."""
        events: list[Json] = [
            {"event": one.entry.line(), "path": [step.hex() for step in one.path]} for one in self.events
        ]
        return {"schema": SCHEMA, "checkpoint": self.checkpoint.fields(), "events": events}

    def to_json(self) -> str:
        """Return the text form, canonical JSON on one line."""
        return canonical(self.fields()).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the proof of a text; :meth:`verify` says whether it holds.

        Raises:
            ProofFailedError: the text is none, or an event was altered.
            MalformedCheckpointError, BadSignatureError: its checkpoint is none.
        """
        try:
            fields = parse(text.strip())
        except NotCanonicalError as error:
            raise _failed("this is no proof of events") from error
        if not isinstance(fields, dict) or {name: type(value) for name, value in fields.items()} != _FIELDS:
            raise _failed("this is no proof of events")
        if fields["schema"] != SCHEMA:
            raise _failed("this is no proof of events")
        return cls(Checkpoint.from_fields(fields["checkpoint"]), tuple(map(_proven, fields["events"])))


class Provable(Protocol):
    """A ledger whose events can be proven."""

    def checkpoint(self) -> Checkpoint:
        """Sign what there is."""
        ...

    def events(self, start: int = 0, stop: int | None = None) -> Iterator[Recorded]:
        """Give the entries in order."""
        ...

    def places(self, words: Collection[str], *, kinds: Collection[str] = (), start: int = 0) -> tuple[int, ...]:
        """Return the places, ascending, of the events of which some detail is one of these words."""
        ...

    def frontier_before(self, place: int) -> Frontier:
        """Return the frontier of a checkpoint that covers no event from this place on; an empty one where none is."""
        ...

    def leaves(self, start: int, stop: int) -> Iterator[bytes]:
        """Give the leaf hashes from place `start` up to, not including, `stop`."""
        ...


def prove(ledger: Provable, places: Collection[int]) -> EventProof:
    """Return events with the proofs that they stand in the ledger, which is signed as it is now.

    Raises:
        LedgerBrokenError: what is recorded is not what was signed.
        ProofFailedError: there is no event at one of the places.
    """
    checkpoint = ledger.checkpoint()
    wanted = sorted(set(places))
    if not wanted:
        return EventProof(checkpoint, ())
    if wanted[0] < 0 or wanted[-1] >= checkpoint.size:
        raise _failed("a proof was asked of an event that is not in the ledger")
    frontier = ledger.frontier_before(wanted[0])
    paths = inclusion_paths(frontier, ledger.leaves(frontier.size, checkpoint.size), wanted)
    entries = (next(iter(ledger.events(place, place + 1))) for place in wanted)
    proof = EventProof(checkpoint, tuple(ProvenEvent(entry, paths[entry.seq]) for entry in entries))
    proof.verify()
    return proof


def inclusion_paths(frontier: Frontier, leaves: Iterable[bytes], wanted: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
    """Return the inclusion proofs of several leaves in one pass over the leaves.

    Args:
        frontier: of the leaves that are left out at the beginning.
        leaves: all that come after these, in order.
        wanted: places of leaves among them, ascending.

    Returns:
        place → the hashes from that leaf up to the root of all leaves (RFC 9162 section 2.1.3.1).
    """
    paths: dict[int, list[bytes]] = {place: [] for place in wanted}

    def joined(left: _Subtree, right: _Subtree) -> _Subtree:
        for places, sibling in ((left[0], right[1]), (right[0], left[1])):
            for place in places:
                paths[place].append(sibling)
        return left[0] + right[0], node_hash(left[1], right[1])

    stack: list[_Subtree] = [((), found) for found in frontier.hashes]
    for place, leaf in enumerate(leaves, start=frontier.size):
        stack.append(((place,) if place in paths else (), leaf))
        full = place + 1
        while full & 1 == 0:  # each trailing zero of the size closes one more pair
            right = stack.pop()
            stack[-1] = joined(stack[-1], right)
            full >>= 1
    while len(stack) > 1:  # from the right: each lone subtree is the sibling of all that is right of it
        right = stack.pop()
        stack[-1] = joined(stack[-1], right)
    return {place: tuple(path) for place, path in paths.items()}


_Subtree: TypeAlias = tuple[tuple[int, ...], bytes]
"""The wanted places in a subtree, and its root."""


def _proven(fields: Json) -> ProvenEvent:
    if not isinstance(fields, dict) or {name: type(value) for name, value in fields.items()} != _EVENT:
        raise _failed("an event of the proof has missing, added or wrong fields")
    try:
        path = tuple(bytes.fromhex(step) for step in fields["path"])
        return ProvenEvent(Recorded.read(fields["event"]), path)
    except (LedgerBrokenError, TypeError, ValueError) as error:
        raise _failed("an event of the proof was altered") from error


def _failed(message: str) -> ProofFailedError:
    return ProofFailedError(message, advice="Ask for a new proof; if it fails again, treat the ledger as altered.")
