"""Verification of a whole ledger: every entry, every checkpoint, every change of key, in one pass. Pure.

1. each event stands at its place and has the leaf hash that its content gives;
2. each checkpoint's root is the root over the events before it, signed by the key in use there;
3. each key follows from the one before it, or is one that the reader trusts;
4. nothing that a checkpoint covers is missing, the checkpoint that the reader retained included.

What the caller still owes: a retained checkpoint or the public key, from elsewhere. Without either the ledger is only
shown to be consistent with itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.entry import Recorded, broken
from safehold.ledger.errors import BadSignatureError, UnprovenKeyError
from safehold.ledger.keychain import Keychain
from safehold.ledger.merkle import Frontier


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What was verified.

    Attributes:
        size: how many events.
        root_hex: the Merkle root over them.
        origin: which installation.
        signed_size: how many of the events the newest checkpoint covers; the rest only have their leaf hashes.
        keys: the public keys so far, oldest first.
        is_anchored: whether something that the reader trusts vouches for it; otherwise it is self-consistent only.
    """

    size: int
    root_hex: str
    origin: str
    signed_size: int
    keys: tuple[str, ...]
    is_anchored: bool


@dataclass(frozen=True, slots=True)
class Anchors:
    """What the reader trusts beforehand.

    Attributes:
        retained: a checkpoint kept elsewhere.
        public_key: the installation's key, learnt another way.
    """

    retained: Checkpoint | None = None
    public_key: str | None = None


@dataclass(slots=True)
class _Pass:
    """Where one pass over the ledger stands."""

    anchors: Anchors
    frontier: Frontier = field(default_factory=Frontier)
    chain: Keychain = field(default_factory=Keychain)
    signed_size: int = 0
    spoken: set[int] = field(default_factory=set)
    pending: Checkpoint | None = None

    def take_event(self, entry: Recorded) -> None:
        if entry.seq != self.frontier.size:
            raise broken(f"event {self.frontier.size} is missing or out of place: event {entry.seq} stands there")
        self.frontier = self.frontier.extended((bytes.fromhex(entry.leaf_hex),))
        self.chain = self.chain.follow(entry)
        if self.pending is not None and self.pending.size == self.frontier.size:
            self.compare(self.pending, "the retained checkpoint")
            self.pending = None

    def take_checkpoint(self, checkpoint: Checkpoint) -> None:
        name = f"the checkpoint at size {checkpoint.size}"
        if checkpoint.size != self.frontier.size or checkpoint.size <= self.signed_size:
            raise broken(f"{name} is out of place, or events before it are missing: there are {self.frontier.size}")
        self.compare(checkpoint, name)
        self.signed_size = checkpoint.size

    def compare(self, checkpoint: Checkpoint, name: str) -> None:
        if checkpoint.root_hex != self.frontier.root().hex():
            raise broken(f"{name} has another root: an event before it was changed, dropped, added or moved")
        if checkpoint.origin != self.chain.origin:
            raise broken(f"{name} is another installation's")
        if checkpoint.public_key != self.chain.current:
            raise broken(f"{name} is signed by a key that the ledger does not name there")
        try:
            checkpoint.verify_signature()
        except BadSignatureError as error:
            raise broken(f"{name} has a wrong signature") from error
        self.spoken.add(len(self.chain.tenures) - 1)

    def end(self) -> LedgerState:
        if self.pending is not None:
            raise broken(
                f"the ledger is cut off: the retained checkpoint covers {self.pending.size} events, "
                f"the ledger has {self.frontier.size}"
            )
        is_anchored = _check_keys(self.chain, self.spoken, self.anchors)
        return LedgerState(
            size=self.frontier.size,
            root_hex=self.frontier.root().hex(),
            origin=self.chain.origin,
            signed_size=self.signed_size,
            keys=tuple(tenure.public_key for tenure in self.chain.tenures),
            is_anchored=is_anchored,
        )


def verify_log(log: Iterable[Recorded | Checkpoint], anchors: Anchors) -> LedgerState:
    """Verify a ledger given in its order: each checkpoint right after the last event that it covers.

    Args:
        log: entries whose leaf hashes are checked already (by :meth:`Recorded.read`), and checkpoints.
        anchors: what the reader trusts.

    Raises:
        LedgerBrokenError: what differs and where.
        UnprovenKeyError: a key was replaced without the old one's word, and no anchor vouches for the new one.
    """
    state = _Pass(anchors, pending=anchors.retained)
    for item in log:
        if isinstance(item, Recorded):
            state.take_event(item)
        else:
            state.take_checkpoint(item)
    return state.end()


def _check_keys(chain: Keychain, spoken: set[int], anchors: Anchors) -> bool:
    """Refuse a replaced key that nothing trusted comes after; return whether something trusted vouches for the ledger.

    A key that the reader trusts counts only where it signed a checkpoint of this ledger: being named costs nothing.
    """
    keys = [tenure.public_key for tenure in chain.tenures]
    if anchors.public_key is not None:
        if anchors.public_key not in keys:
            raise broken("the public key that you gave never spoke for this ledger")
        if spoken and keys.index(anchors.public_key) not in spoken:
            raise broken("the public key that you gave is named in this ledger but signed nothing of it")
    trusted = {anchors.public_key, anchors.retained.public_key if anchors.retained else None}
    places = [place for place in spoken if keys[place] in trusted]
    if not places:
        return False
    for tenure in chain.tenures[max(places) + 1 :]:
        if not tenure.is_proven:
            raise UnprovenKeyError(
                f"event {tenure.since - 1} replaced the key without the old key's word",
                advice="Ask the installation's operator, by another way, for its new public key, and give that one.",
            )
    return True
