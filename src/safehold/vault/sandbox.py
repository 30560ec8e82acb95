"""A vault in memory, for tests and demonstrations: it really seals, and misbehaves when told to."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

import nacl.utils

from safehold.home import HomeFullError
from safehold.vault import occurrence
from safehold.vault.custodians import CustodianKey, Quorum
from safehold.vault.envelope import name_content
from safehold.vault.erasure import Erasure, Reference
from safehold.vault.errors import NoCustodiansError, UnknownEvidenceError, VaultError, VaultSealedError
from safehold.vault.evidence import Evidence, EvidenceId, EvidenceState, Label
from safehold.vault.holds import NO_GROUNDS, Grounds, Hold, HoldId, new_hold, refuse_if_held, unknown_hold
from safehold.vault.inspection import Stored, VaultReport, inspect
from safehold.vault.opening import is_named, open_sealed, refuse_erased, refuse_incomplete, refuse_missing
from safehold.vault.port import Recorder, unrecorded
from safehold.vault.sealing import seal
from safehold.vocabulary import Clock


class Fault(Enum):
    """How a sandbox vault can misbehave."""

    DISK_FULL = "disk_full"
    NO_CUSTODIANS = "no_custodians"
    LOSES_SHARES = "loses_shares"
    LOSES_OBJECTS = "loses_objects"
    CHANGES_OBJECTS = "changes_objects"


class SandboxVault:
    """Evidence in memory.

    Args:
        quorum: to whom everything is sealed.
        clock: where the time comes from.
        record: where events go.
    """

    def __init__(self, quorum: Quorum, clock: Clock, record: Recorder = unrecorded) -> None:
        self._quorum = quorum
        self._clock = clock
        self._record = record
        self._vault_key = nacl.utils.random(32)
        self._rows: dict[EvidenceId, Evidence] = {}
        self._stored: dict[EvidenceId, Stored] = {}
        self._holds: dict[HoldId, Hold] = {}
        self._faults: set[Fault] = set()

    def misbehave(self, *faults: Fault) -> None:
        """Show these faults from now on, and no others."""
        self._faults = set(faults)

    @property
    def is_single_operator(self) -> bool:
        """Whether one person alone can open what is sealed now."""
        return self._quorum.is_single_operator

    def put(self, data: bytes | memoryview, label: Label) -> EvidenceId:
        """Seal bytes; the same bytes are kept once."""
        self._refuse_faulty()
        identifier = name_content(hashlib.sha256(data).digest(), self._vault_key)
        known = self._rows.get(identifier)
        if known is not None and known.state is EvidenceState.SEALED:
            return identifier
        sealed = seal(data, identifier, quorum=self._quorum, vault_key=self._vault_key)
        self._stored[identifier] = self._spoil(Stored(b"".join(sealed.parts), dict(sealed.shares)))
        row = Evidence(
            id=identifier,
            sealed_at=self._clock.now(),
            size=len(data),
            custodians=tuple(sealed.shares),
            threshold=self._quorum.threshold,
            case=label.case,
            state=EvidenceState.SEALED,
            belongs_to=label.belongs_to,
        )
        self._rows[identifier] = row
        self._record(occurrence.sealed(row, label))
        return identifier

    def list(self) -> Sequence[Evidence]:
        """Return the register, oldest sealing first."""
        return tuple(sorted(self._rows.values(), key=lambda row: (row.sealed_at, row.id)))

    def fsck(self) -> VaultReport:
        """Compare the register with what is stored."""
        rows = self.list()
        problems = [found for row in rows for found in inspect(row, self._stored[row.id], self._vault_key)]
        return VaultReport(len(rows), tuple(problems), ())

    def open(
        self, identifier: EvidenceId, keys: Sequence[CustodianKey], *, purpose: str, case: str, actor: str = "system"
    ) -> bytes:
        """Return the content, after its opening was recorded."""
        row = self._require(identifier)
        stored = self._stored[identifier]
        try:
            refuse_incomplete(row, keys, purpose=purpose, case=case)
            held = {key.name: key for key in keys}
            data = refuse_missing(stored).object or b""
            content = open_sealed(data, identifier, shares=stored.shares, keys=held)
        except VaultError as error:
            self._record(occurrence.refused(identifier, error, actor=actor))
            raise
        self._record(occurrence.opened(row, tuple(held), purpose=purpose, case=case, actor=actor))
        return content

    def sealed(self, identifier: EvidenceId) -> Stored:
        """Return what is stored of evidence, as it was sealed."""
        refuse_erased(self._require(identifier))
        return refuse_missing(self._stored[identifier])

    def vouch(self, identifier: EvidenceId, content: bytes) -> None:
        """Check that opened content is what its id says."""
        if not is_named(content, identifier, self._vault_key):
            raise VaultSealedError("the content is not what its id says: it was planted", advice="Stop planting it.")

    def erase(self, identifier: EvidenceId, reference: Reference, *, actor: str = "system") -> None:
        """Forget the shares and the object."""
        row = self._require(identifier)
        refuse_if_held(tuple(self.holds(identifier)), self._clock.now())
        for member in [*(one for one in self._rows.values() if one.belongs_to == identifier), row]:
            self._erase(member, reference, actor=actor)

    def _erase(self, row: Evidence, reference: Reference, *, actor: str) -> None:
        if row.state is EvidenceState.ERASED:
            return
        identifier = row.id
        erasure = Erasure.of(reference, self._stored[identifier])
        self._record(occurrence.erasure_begun(row, erasure, actor=actor))
        self._stored[identifier] = Stored(None, {})
        self._rows[identifier] = replace(row, state=EvidenceState.ERASED)
        self._record(occurrence.erased(row, erasure, actor=actor))

    def hold(
        self,
        identifier: EvidenceId,
        basis: str,
        *,
        expires_at: dt.datetime | None = None,
        actor: str = "system",
        grounds: Grounds = NO_GROUNDS,
    ) -> Hold:
        """Start a hold."""
        now, row = self._clock.now(), self._require(identifier)
        if row.belongs_to:
            row = self._require(EvidenceId(row.belongs_to))
        hold = new_hold(row, basis, now=now, expires_at=expires_at, grounds=grounds)
        self._holds[hold.id] = hold
        self._record(occurrence.held(hold, actor=actor))
        return hold

    def release(self, hold: HoldId, *, actor: str = "system") -> Hold:
        """End a hold; ending it twice changes nothing."""
        found = self._holds.get(hold)
        if found is None:
            raise unknown_hold()
        if found.released_at is None:
            found = self._holds[hold] = replace(found, released_at=self._clock.now())
            self._record(occurrence.released(found, actor=actor))
        return found

    def holds(self, identifier: EvidenceId) -> Sequence[Hold]:
        """Return every hold there ever was on this evidence, oldest first."""
        row = self._require(identifier)
        return tuple(hold for hold in self._holds.values() if hold.evidence in {identifier, row.belongs_to})

    def _require(self, identifier: EvidenceId) -> Evidence:
        if identifier not in self._rows:
            raise UnknownEvidenceError("the sandbox vault holds no such evidence", advice="Put it first.")
        return self._rows[identifier]

    def _refuse_faulty(self) -> None:
        if Fault.NO_CUSTODIANS in self._faults:
            raise NoCustodiansError("the sandbox vault was told to have no custodians", advice="Tell it otherwise.")
        if Fault.DISK_FULL in self._faults:
            raise HomeFullError("the sandbox vault was told that its disk is full", advice="Tell it otherwise.")

    def _spoil(self, stored: Stored) -> Stored:
        shares = {} if Fault.LOSES_SHARES in self._faults else stored.shares
        data = None if Fault.LOSES_OBJECTS in self._faults else stored.object
        if Fault.CHANGES_OBJECTS in self._faults and data is not None:
            data = data[:-1] + bytes([data[-1] ^ 1])
        return Stored(data, shares)
