"""A vault whose register is in the home's database; objects and shares lie in the home's folder or in a bucket.

What a put reports as done survives a kill and a power cut: the object and every share are on the medium before the row
is committed, and a put that was interrupted before that leaves orphans, which the next put of the same bytes replaces.

    vault = LocalVault(home, ledger.append)
    identifier = vault.put(data, Label(case="run 7f3a"))
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nacl.utils

from safehold.home import write_atomic
from safehold.home.home import Home
from safehold.vault import holds, occurrence, register
from safehold.vault.custodians import FEWEST, CustodianKey, Custodians, Quorum
from safehold.vault.envelope import name_content
from safehold.vault.erasure import Erasure, Reference, refuse_left
from safehold.vault.errors import VaultError, VaultKeyMissingError, VaultSealedError
from safehold.vault.evidence import Evidence, EvidenceId, EvidenceState, Label
from safehold.vault.folder import FolderShelves
from safehold.vault.holds import NO_GROUNDS, Grounds, Hold, HoldId
from safehold.vault.inspection import Stored, VaultReport, inspect
from safehold.vault.opening import is_named, open_sealed, refuse_erased, refuse_incomplete, refuse_missing
from safehold.vault.port import Guard, Recorder, unguarded, unrecorded
from safehold.vault.sealing import Sealed, seal
from safehold.vault.shelves import Shelves, Step, Watch, unwatched
from safehold.vocabulary import Event

_VAULT_KEY_BYTES = 32


class LocalVault:
    """Evidence in a home.

    Args:
        home: the opened home.
        record: where events go, in the transaction of what they report: a ledger's ``append``. Without it the caller
            records them.
        watch: called at every step of a put or an erasure.
        shelves: where objects and shares lie; the home's own folder by default.
    """

    def __init__(
        self,
        home: Home,
        record: Recorder = unrecorded,
        *,
        watch: Watch = unwatched,
        shelves: Shelves | None = None,
    ) -> None:
        self._home = home
        self._record = record
        self._watch = watch
        self._shelves = shelves or FolderShelves(home.vault, watch)
        self.custodians = Custodians(home.keys / "custodians")

    @property
    def is_single_operator(self) -> bool:
        """Whether one person alone can open what is sealed now.

        Raises:
            NoCustodiansError: there is nobody to seal to.
        """
        return self.custodians.quorum().is_single_operator

    def put(self, data: bytes | memoryview, label: Label) -> EvidenceId:
        """Seal bytes to the custodians registered now; the same bytes are kept once, whoever has them sealed.

        What one custodian could open alone is sealed anew once there are several: two of them open it from then on.

        Raises:
            NoCustodiansError: there is nobody to seal to; nothing was kept.
            HomeFullError: the disk is full or failing; nothing was registered.
            VaultKeyMissingError: the home lost the key that names evidence.
        """
        quorum = self.custodians.quorum()
        with self._shelves.turn():
            vault_key = self._make_vault_key()
            identifier = name_content(hashlib.sha256(data).digest(), vault_key)
            seen = self._finished(identifier, actor=label.actor)
            while not self._is_kept(seen, vault_key, quorum) or not self._note(identifier, label):
                sealed = seal(data, identifier, quorum=quorum, vault_key=vault_key)
                place = self._shelves.place(identifier)
                self._shelves.store(sealed, place)
                self._register(_row_of(sealed, label, place=place, now=self._now()), label, seen=seen)
                seen = self._finished(identifier, actor=label.actor)
        return identifier

    def name(self, data: bytes | memoryview) -> EvidenceId:
        """Return what :meth:`put` would call these bytes; nothing is kept.

        Raises:
            VaultKeyMissingError: the home lost the key that names evidence.
        """
        with self._shelves.turn():
            return name_content(hashlib.sha256(data).digest(), self._make_vault_key())

    def find(self, identifier: EvidenceId) -> Evidence | None:
        """Return the register's row of evidence; None where nothing was ever sealed under this id."""
        with self._home.database.reading() as connection:
            return register.find(connection, identifier)

    def list(self) -> Sequence[Evidence]:
        """Return the register, oldest sealing first."""
        with self._home.database.reading() as connection:
            return register.read_all(connection)

    def fsck(self) -> VaultReport:
        """Compare register and files in both directions; changes nothing."""
        with self._shelves.turn():
            orphans = self._shelves.orphans(frozenset(row.place for row in self.list()))
            rows = self.list()
            vault_key = self._read_vault_key()
            problems = [problem for row in rows for problem in inspect(row, self._shelves.read(row.place), vault_key)]
            exposed = self._shelves.exposed()
        return VaultReport(len(rows), tuple(problems), orphans, exposed)

    def remove_orphans(self) -> int:
        """Remove the files that no row knows, and return how many; nothing that was reported as kept is among them."""
        with self._shelves.turn():
            orphans = self._shelves.orphans(frozenset(row.place for row in self.list()))
            self._shelves.remove(orphans)
        return len(orphans)

    def open(
        self, identifier: EvidenceId, keys: Sequence[CustodianKey], *, purpose: str, case: str, actor: str = "system"
    ) -> bytes:
        """Return the content, in memory only, after its opening was recorded; refusals are recorded too.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            EvidenceErasedError: it was erased.
            OpeningRefusedError: too few or wrong keys, no purpose, no case.
            VaultSealedError: what is stored was changed, exchanged or cut short.
        """
        with self._home.database.reading() as connection:
            row = register.require(connection, identifier)
        try:
            refuse_incomplete(row, keys, purpose=purpose, case=case)
            content = self._unseal(row, keys)
        except VaultError as error:
            self._write_event(occurrence.refused(identifier, error, actor=actor))
            raise
        names = tuple(key.name for key in keys)
        self._write_event(occurrence.opened(row, names, purpose=purpose, case=case, actor=actor))
        return content

    def sealed(self, identifier: EvidenceId) -> Stored:
        """Return what is stored of evidence, as it was sealed, for custodians and the holder of the review key.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            EvidenceErasedError: it was erased, or its erasure has begun.
            VaultSealedError: the object is missing.
        """
        with self._home.database.reading() as connection:
            row = register.require(connection, identifier)
        refuse_erased(row)
        return refuse_missing(self._shelves.read(row.place))

    def vouch(self, identifier: EvidenceId, content: bytes) -> None:
        """Check that opened content is what its id says, so that nothing was planted under it.

        Raises:
            VaultSealedError: it is something else.
        """
        vault_key = self._read_vault_key()
        if vault_key is not None and not is_named(content, identifier, vault_key):
            raise VaultSealedError(
                "the content is not what its id says: it was planted", advice="Keep everything as it is; tell counsel."
            )

    def erase(
        self, identifier: EvidenceId, reference: Reference, *, actor: str = "system", unless: Guard = unguarded
    ) -> None:
        """Destroy the shares of evidence and of what belongs to it; safe to repeat after an interruption.

        1. Row and event say that it has begun, and on what it rests: what can't be recorded destroys nothing; a hold
        from before forbids it, and a later one is refused. 2. Shares and object are destroyed. 3. When nothing is left,
        row and event say so: an interrupted erasure never claims to be one.

        Args:
            identifier: which.
            reference: what it rests on.
            actor: who erases.
            unless: raises what forbids it besides; called in the transaction in which it begins.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            ErasureRefusedError: a hold is active.
            ErasureUnfinishedError: something is left; it is not recorded as erased.
        """
        with self._shelves.turn():
            for row in self._begin_erasure(identifier, reference, actor=actor, unless=unless):
                if row.state is EvidenceState.ERASED:
                    self._shelves.erase(row.place)
                else:
                    self._finish_erasure(row, actor=actor)

    def erasure(self, identifier: EvidenceId) -> Erasure | None:
        """Return what the erasure of evidence rests on, and the mark of what it destroyed; None where there was none.

        Raises:
            UnknownEvidenceError: there is no such evidence.
        """
        with self._home.database.reading() as connection:
            register.require(connection, identifier)
            return register.erasure_of(connection, identifier)

    def hold(
        self,
        identifier: EvidenceId,
        basis: str,
        *,
        expires_at: dt.datetime | None = None,
        actor: str = "system",
        grounds: Grounds = NO_GROUNDS,
    ) -> Hold:
        """Start a hold: until it is released or expires, the evidence can't be erased, nor what belongs to it.

        A hold on what belongs to other evidence is one on that.

        Raises:
            UnknownEvidenceError: there is no such evidence.
            HoldRefusedError: it is erased, no basis is given, or the expiry has passed.
        """
        with self._home.database.writing() as connection:
            row = register.require(connection, identifier)
            if row.belongs_to:
                row = register.require(connection, EvidenceId(row.belongs_to))
            hold = holds.new_hold(row, basis, now=self._now(), expires_at=expires_at, grounds=grounds)
            holds.write_hold(connection, hold)
            self._record(occurrence.held(hold, actor=actor), connection)
        return hold

    def release(self, hold: HoldId, *, actor: str = "system") -> Hold:
        """End a hold; ending it twice changes nothing.

        Raises:
            HoldRefusedError: there is no such hold.
        """
        now = self._now()
        with self._home.database.writing() as connection:
            ended, is_ended = holds.release_hold(connection, hold, now=now)
            if is_ended:
                self._record(occurrence.released(ended, actor=actor), connection)
        return ended

    def holds(self, identifier: EvidenceId) -> Sequence[Hold]:
        """Return every hold there ever was on this evidence, oldest first."""
        with self._home.database.reading() as connection:
            register.require(connection, identifier)
            return holds.holds_of(connection, identifier)

    def _begin_erasure(
        self, identifier: EvidenceId, reference: Reference, *, actor: str, unless: Guard
    ) -> tuple[Evidence, ...]:
        """Record the beginning of an erasure, where it has not begun; return the rows as they then are."""
        while whole := _sealed_among(seen := self._group(identifier)):
            erasures = {row: Erasure.of(reference, self._shelves.read(row.place)) for row in whole}
            with self._home.database.writing() as connection:
                if register.group_of(connection, identifier) != seen:
                    continue  # sealed anew on another machine meanwhile: the mark is of shares that are gone
                holds.refuse_if_held(holds.holds_of(connection, identifier), self._now())
                unless(connection)
                for row, erasure in erasures.items():
                    register.begin_erasure(connection, row.id, erasure)
                    self._record(occurrence.erasure_begun(row, erasure, actor=actor), connection)
            self._watch(Step.ERASURE_BEGUN)
        return seen

    def _finish_erasure(self, row: Evidence, *, actor: str) -> Evidence:
        """Destroy what is left, and record that nothing is; return the row as it then is."""
        self._shelves.erase(row.place)
        refuse_left(self._shelves.read(row.place))
        with self._home.database.writing() as connection:
            erasure = register.erasure_of(connection, row.id)
            if erasure is not None and register.end_erasure(connection, row):
                self._record(occurrence.erased(row, erasure, actor=actor), connection)
            self._watch(Step.ERASURE_WRITTEN)
            return register.require(connection, row.id)

    def _finished(self, identifier: EvidenceId, *, actor: str) -> Evidence | None:
        """Return the row of evidence, once an erasure of it that has begun is finished."""
        seen = self.find(identifier)
        if seen is None or seen.state is not EvidenceState.ERASING:
            return seen
        for row in self._group(identifier):
            if row.state is EvidenceState.ERASING:
                self._finish_erasure(row, actor=actor)
        return self.find(identifier)

    def _group(self, identifier: EvidenceId) -> tuple[Evidence, ...]:
        with self._home.database.reading() as connection:
            return register.group_of(connection, identifier)

    def _note(self, identifier: EvidenceId, label: Label) -> bool:
        """Remember who else had this sealed; return whether it still is."""
        with self._home.database.reading() as connection:
            if register.is_noted(connection, identifier, label.case):
                return True
        with self._home.database.writing() as connection:
            is_sealed = register.require(connection, identifier).state is EvidenceState.SEALED
            if is_sealed:
                register.note_case(connection, identifier, label.case)
        return is_sealed

    def _is_kept(self, row: Evidence | None, vault_key: bytes, quorum: Quorum) -> bool:
        """Return whether this is sealed already, in a state that its custodians can open, two where there are two."""
        if row is None or row.state is not EvidenceState.SEALED or row.threshold < FEWEST <= quorum.threshold:
            return False
        return not any(problem.is_fatal for problem in inspect(row, self._shelves.read(row.place), vault_key))

    def _register(self, row: Evidence, label: Label, *, seen: Evidence | None) -> None:
        """Write a row in place of the one that was seen; where another machine was quicker, its sealing stays."""
        with self._home.database.writing() as connection:
            current = register.find(connection, row.id)
            if current == seen:
                if seen is not None and seen.state is EvidenceState.SEALED:  # anew: it stays whose it was
                    row = replace(row, case=seen.case, belongs_to=seen.belongs_to)
                register.write_row(connection, row)
                register.note_case(connection, row.id, label.case)
                self._record(occurrence.sealed(row, label), connection)
            self._watch(Step.ROW_WRITTEN)
        self._watch(Step.COMMITTED)
        kept, given_up = (row, seen) if current == seen else (current, row)
        if kept is not None and given_up is not None and kept.place != given_up.place:
            self._shelves.erase(given_up.place)

    def _unseal(self, row: Evidence, keys: Sequence[CustodianKey]) -> bytes:
        stored = refuse_missing(self._shelves.read(row.place))
        held = {key.name: key for key in keys}
        content = open_sealed(stored.object or b"", row.id, shares=stored.shares, keys=held)
        self.vouch(row.id, content)
        return content

    def _write_event(self, event: Event) -> None:
        with self._home.database.writing() as connection:
            self._record(event, connection)

    def _read_vault_key(self) -> bytes | None:
        path = self._vault_key_path()
        key = path.read_bytes() if path.is_file() else b""
        return key if len(key) == _VAULT_KEY_BYTES else None

    def _make_vault_key(self) -> bytes:
        """Return the key that names evidence, made at the first sealing.

        Raises:
            VaultKeyMissingError: evidence is registered but its key is gone; with another key it would be kept twice.
        """
        key = self._read_vault_key()
        if key is not None:
            return key
        if self.list() or self._vault_key_path().exists():
            raise VaultKeyMissingError(
                "the key that names evidence is missing from the home",
                advice=f"Restore {self._vault_key_path()} from a backup; evidence can be opened without it.",
            )
        key = nacl.utils.random(_VAULT_KEY_BYTES)
        write_atomic(self._vault_key_path(), key)
        return key

    def _vault_key_path(self) -> Path:
        return self._home.keys / "vault.key"

    def _now(self) -> dt.datetime:
        return self._home.clock.now()


def _sealed_among(rows: Sequence[Evidence]) -> tuple[Evidence, ...]:
    return tuple(row for row in rows if row.state is EvidenceState.SEALED)


def _row_of(sealed: Sealed, label: Label, *, place: str, now: dt.datetime) -> Evidence:
    return Evidence(
        id=sealed.header.id,
        sealed_at=now,
        size=sealed.header.size,
        custodians=tuple(sealed.shares),
        threshold=sealed.header.threshold,
        case=label.case,
        state=EvidenceState.SEALED,
        place=place,
        belongs_to=label.belongs_to,
    )
