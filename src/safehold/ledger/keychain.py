"""The keychain: which key speaks for an installation at which size of its ledger, read from the ledger itself. Pure.

The first event names the installation and its first key. Afterwards a key is *rotated* (the old key signs the new one)
or, once it is lost, *replaced* (nobody can sign; a reader believes it only when told of the new key by another way).
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Self

from safehold.ledger.canonical import canonical
from safehold.ledger.entry import Recorded, broken
from safehold.ledger.errors import BadSignatureError, MalformedKeyError
from safehold.ledger.keys import SigningKey, public_key_from_hex, public_key_hex, verify
from safehold.vocabulary import Event

CREATED = "ledger.created"
ROTATED = "key.rotated"
REPLACED = "key.replaced"
KEY_EVENTS = frozenset({CREATED, ROTATED, REPLACED})
"""Kinds that only the ledger itself may append."""


@dataclass(frozen=True, slots=True)
class Tenure:
    """The time of one key.

    Attributes:
        since: the smallest size of the ledger at which this key signs checkpoints.
        public_key: the key.
        is_proven: whether the key before it vouched for it (the first one needs nobody).
    """

    since: int
    public_key: str
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Keychain:
    """Every key of an installation so far, oldest first, and the installation's id."""

    origin: str = ""
    tenures: tuple[Tenure, ...] = ()

    @property
    def current(self) -> str:
        """The key that signs now; "" before the first event."""
        return self.tenures[-1].public_key if self.tenures else ""

    def follow(self, entry: Recorded) -> Self:
        """Return the chain after one more event.

        Raises:
            LedgerBrokenError: the event does not fit the chain: a second beginning, a wrong old key, a forged word.
        """
        if (entry.seq == 0) != (entry.event.kind == CREATED):
            raise broken(f"event {entry.seq}: a ledger has exactly one beginning, its first event")
        if entry.event.kind not in KEY_EVENTS:
            return self
        try:
            return self._with(entry)
        except (MalformedKeyError, BadSignatureError, ValueError) as error:
            raise broken(f"event {entry.seq}: the new key does not follow from the old one") from error

    def _with(self, entry: Recorded) -> Self:
        details = entry.event.details
        key = public_key_from_hex(str(details.get("new_key", "")))
        origin, old = self.origin, self.current
        if entry.event.kind == CREATED:
            origin = origin_of(key)
            if details.get("installation") != origin:
                raise broken("event 0: the installation's id does not follow from its first key")
        elif details.get("old_key") != public_key_hex(old):
            raise broken(f"event {entry.seq}: the old key is not the one in use")
        elif key in {tenure.public_key for tenure in self.tenures}:
            raise broken(f"event {entry.seq}: the new key was in use before")
        if entry.event.kind == ROTATED:
            verify(old, rotation_bytes(origin, old, key), bytes.fromhex(str(details.get("signature", ""))))
        tenure = Tenure(since=entry.seq + 1, public_key=key, is_proven=entry.event.kind != REPLACED)
        return replace(self, origin=origin, tenures=(*self.tenures, tenure))


def origin_of(first_key: str) -> str:
    """Return the id of the installation whose first key this was."""
    return "safehold-" + hashlib.sha256(bytes.fromhex(public_key_hex(first_key))).hexdigest()[:16]


def created(first_key: str) -> Event:
    """Return the first event of a ledger."""
    return Event(
        CREATED, "system", details={"installation": origin_of(first_key), "new_key": public_key_hex(first_key)}
    )


def rotated(old: SigningKey, new_key: str, *, origin: str, actor: str) -> Event:
    """Return the event by which the old key names its successor."""
    word = old.sign(rotation_bytes(origin, old.public_key, new_key)).hex()
    details = {"old_key": public_key_hex(old.public_key), "new_key": public_key_hex(new_key), "signature": word}
    return Event(ROTATED, actor, details=details)


def replaced(old_key: str, new_key: str, *, actor: str) -> Event:
    """Return the event by which people put a new key in the place of a lost one."""
    return Event(REPLACED, actor, details={"old_key": public_key_hex(old_key), "new_key": public_key_hex(new_key)})


def rotation_bytes(origin: str, old_key: str, new_key: str) -> bytes:
    """Return what the old key signs."""
    return canonical({"schema": "safehold.key-rotation/1", "origin": origin, "old_key": old_key, "new_key": new_key})
