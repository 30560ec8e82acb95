"""The store of banks: create, import, withdraw, list and export them, each in one transaction with its event.

Rules: what an import or withdrawal adds is one immutable part. Its file is on the medium before the one transaction
that names it commits, so that a kill at any moment leaves the old version or the new one; a file that no row names is
swept by the next change. What was withdrawn stays withdrawn, also when it is imported again.

    store = BankStore(home, ledger, actor="alice")
    report = store.import_file("industry-list", path, BankTraits(harm_class=HarmClass.CSAM, legal_basis="..."))
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from safehold.home import private_folder, sweep, write_atomic
from safehold.home.home import Home
from safehold.ledger import EventLog
from safehold.matching.banks.bank import Bank, Entry, checked_name
from safehold.matching.banks.builtin import builtin_bank
from safehold.matching.banks.catalogue import BankContents, contents_of, stored_contents
from safehold.matching.banks.changes import Change, import_change, other_classes, withdraw_change
from safehold.matching.banks.onward import entries_of, entry_of, export_bank
from safehold.matching.banks.reports import ImportReport, WithdrawReport
from safehold.matching.banks.tables import bank_parts, banks
from safehold.matching.banks.traits import NOTHING_STATED, BankTraits
from safehold.matching.errors import (
    AllowListError,
    BankExistsError,
    BankNameError,
    BankWithdrawnError,
    MalformedListError,
    UnknownBankError,
)
from safehold.matching.listings import Listing, read_listing
from safehold.matching.parts.encoding import encoded
from safehold.matching.parts.part import PartKind
from safehold.matching.parts.rows import class_code
from safehold.vocabulary import Algorithm, Event, HarmClass

_FAULTS_SHOWN = 5
_EVENTS = {PartKind.IMPORT: "bank.imported", PartKind.WITHDRAW: "bank.withdrawn"}


class BankStore:
    """The banks of a home.

    Args:
        home: where they live.
        ledger: where their events go.
        actor: who changes them.
    """

    def __init__(self, home: Home, ledger: EventLog, *, actor: str = "system") -> None:
        self._home = home
        self._ledger = ledger
        self._actor = actor

    def create(self, name: str, traits: BankTraits) -> Bank:
        """Create an empty bank.

        Raises:
            BankNameError: the name can't be used.
            BankExistsError: there is one of that name.
            MissingTraitError: its class is not stated.
        """
        with self._home.database.writing() as connection:
            if contents_of(self._home.banks, name, connection) is not None:
                raise BankExistsError(f"there already is a bank {name}", advice="Choose another name.")
            return self._created(connection, name, traits).bank

    def import_file(
        self,
        name: str,
        path: Path,
        traits: BankTraits = NOTHING_STATED,
        *,
        algorithm: Algorithm | None = None,
        skip_malformed: bool = False,
    ) -> ImportReport:
        """Add a list to a bank, creating the bank if there is none; repeating it changes nothing.

        Args:
            name: of the bank.
            path: the list: CSV, JSON lines, one value a line, or what python-threatexchange or vPDQ prints.
            traits: what the bank is; whatever is stated must agree with a bank that exists. A legal basis that was not
                stated before is taken down.
            algorithm: of values whose row doesn't say; None guesses from their length.
            skip_malformed: import the other rows when some can't be read, instead of refusing the list.

        Raises:
            MalformedListError: rows can't be read; the bank is unchanged.
            UnreadableListError, AmbiguousAlgorithmError: the list as a whole can't be read.
            BankDiffersError: the bank is something else than what is stated.
            BankNameError, MissingTraitError: the bank can't be created.
            BankWithdrawnError: the bank was taken out of use.
            AllowListError: the list says of something that it is benign.
        """
        listing = read_listing(path, algorithm=algorithm)
        if listing.fault_count and not (skip_malformed and len(listing)):
            raise _malformed(path, listing)
        if _would_clear(traits, listing) or self._is_allow_list(name):
            raise AllowListError(
                "a file can't say that something is benign; nothing was imported",
                advice="Decide the item in its case, and have a second person approve it for the allow list.",
            )
        return self.import_listing(name, listing, traits)

    def import_listing(self, name: str, listing: Listing, traits: BankTraits = NOTHING_STATED) -> ImportReport:
        """Add a list that has been read, or made, to a bank; as :meth:`import_file`, which leaves out faulty rows too.

        Raises:
            BankDiffersError, BankNameError, MissingTraitError, BankWithdrawnError: as :meth:`import_file`.
        """
        with self._home.database.writing() as connection:
            contents = contents_of(self._home.banks, name, connection)
            if contents is None:
                contents = self._created(connection, name, traits.completed(listing))
            else:
                traits.require_agreement(contents.bank)
            _require_in_use(contents.bank)
            if traits.supplies_basis(contents.bank):
                contents = self._founded(connection, contents.bank.name, traits)
            change = import_change(contents.parts, listing)
            if change.groups:
                contents = self._added(connection, contents, change, _about(listing, change))
        return ImportReport(
            contents.bank,
            added=len(change),
            known=change.known,
            withdrawn=change.withdrawn,
            duplicates=listing.duplicates,
            malformed=listing.fault_count,
            faults=listing.faults,
            featureless=change.featureless,
            other_classes=other_classes(listing, contents.bank.harm_class),
            videos=listing.videos,
            unclear=listing.unclear,
        )

    def withdraw(
        self, name: str, values: Sequence[str], *, reason: str, source_ids: Sequence[str] = ()
    ) -> WithdrawReport:
        """Take entries back, for good; repeating it changes nothing.

        Args:
            name: of the bank.
            values: hexadecimal; all entries with one of them are taken back, whichever source gave them.
            reason: why; kept in the bank, not in the ledger.
            source_ids: what the source calls entries; all entries that it calls so are taken back.

        Raises:
            UnknownBankError, NotListedError: nothing was withdrawn.
        """
        with self._home.database.writing() as connection:
            contents = self._contents(connection, name)
            change = withdraw_change(contents.parts, values, source_ids, reason)
            if change.groups:
                details = {"withdrawn": len(change)}
                contents = self._added(connection, contents, change, details)
        return WithdrawReport(contents.bank, len(change), change.withdrawn)

    def retire(self, name: str, reason: str) -> Bank:
        """Take a whole bank out of use, for good; repeating it changes nothing.

        Its entries stay on the disk, so that old certificates can be explained; they match nothing any more.

        Args:
            name: of the bank.
            reason: why; kept in the bank, not in the ledger.

        Raises:
            UnknownBankError, BankNameError: there is none of that name, or it is the built-in one.
        """
        with self._home.database.writing() as connection:
            bank = self._contents(connection, name).bank
            if bank.withdrawn_at is not None:
                return bank
            now = self._home.clock.now().isoformat()
            changed = sa.update(banks).where(banks.c.name == name)
            connection.execute(changed.values(withdrawn_at=now, withdrawn_reason=reason))
            details: Mapping[str, str | int] = {"bank": name, "version": bank.version}
            self._ledger.append(Event("bank.retired", self._actor, details=details), connection)
            return self._contents(connection, name).bank

    def list(self) -> tuple[Bank, ...]:
        """Return all banks by name, the built-in one first."""
        return (builtin_bank().bank, *(contents.bank for contents in stored_contents(self._home)))

    def show(self, name: str) -> Bank:
        """Return a bank.

        Raises:
            UnknownBankError: there is none of that name.
        """
        return self._read(name).bank

    def classes(self, name: str) -> frozenset[HarmClass]:
        """Return the classes of a bank's entries, those that were withdrawn as well; that of the bank if it is empty.

        Raises:
            UnknownBankError, PartDamagedError: as for :meth:`entries`.
        """
        contents = self._read(name)
        stated = {one for part in contents.parts if part.kind is PartKind.IMPORT for one in part.classes()}
        return frozenset(one or contents.bank.harm_class for one in stated or {None})

    def entries(self, name: str) -> Iterator[Entry]:
        """Give the entries of a bank, those that were withdrawn as well, by number.

        Raises:
            UnknownBankError, PartDamagedError: there is none of that name, or its files are damaged.
        """
        return entries_of(self._read(name).parts)

    def entry(self, name: str, number: int, algorithm: Algorithm) -> Entry | None:
        """Return one entry, also if it was withdrawn; None where no entry of this algorithm has the number.

        Raises:
            UnknownBankError, PartDamagedError: as for :meth:`entries`.
        """
        return entry_of(self._read(name).parts, number, algorithm)

    def export(self, name: str, path: Path) -> int:
        """Write the entries that are not withdrawn as a CSV that can be imported, and return how many.

        Raises:
            ExportRefusedError: the bank's terms don't allow onward sharing.
            UnknownBankError, PartDamagedError: as for :meth:`entries`.
        """
        contents = self._read(name)
        count = export_bank(contents, path)
        details: Mapping[str, str | int] = {"bank": name, "version": contents.bank.version, "entries": count}
        self._ledger.append(Event("bank.exported", self._actor, details=details))
        return count

    def _is_allow_list(self, name: str) -> bool:
        with self._home.database.reading() as connection:
            found = sa.select(banks.c.harm_class).where(banks.c.name == name)
            return connection.execute(found).scalar() == HarmClass.BENIGN.value

    def _read(self, name: str) -> BankContents:
        built_in = builtin_bank()
        if name == built_in.bank.name:
            return built_in
        with self._home.database.reading() as connection:
            return self._contents(connection, name)

    def _contents(self, connection: sa.Connection, name: str) -> BankContents:
        if name == builtin_bank().bank.name:
            raise BankNameError("the built-in bank can't be changed", advice="Choose another bank.")
        contents = contents_of(self._home.banks, name, connection)
        if contents is None:
            raise UnknownBankError(f"there is no bank {name}", advice="List the banks with: safehold bank list")
        return contents

    def _created(self, connection: sa.Connection, name: str, traits: BankTraits) -> BankContents:
        bank = traits.bank(checked_name(name), self._home.clock.now())
        connection.execute(
            sa.insert(banks).values(
                name=bank.name,
                source=bank.source,
                legal_basis=bank.legal_basis,
                terms={"onward_sharing": bank.terms.onward_sharing, "text": bank.terms.text},
                harm_class=bank.harm_class.value,
                tier=bank.tier.value,
                flavour=bank.pdq_flavour.value,
                version=bank.version,
                created_at=bank.created_at.isoformat(),
                pdq_threshold=bank.pdq_threshold,
            )
        )
        details = {"bank": name, "class": bank.harm_class.value, "tier": bank.tier.value}
        self._ledger.append(Event("bank.created", self._actor, details=details), connection)
        return BankContents(bank, ())

    def _founded(self, connection: sa.Connection, name: str, traits: BankTraits) -> BankContents:
        """Take down the legal basis of a bank that had none; its words stay here, the ledger says that there is one."""
        connection.execute(sa.update(banks).where(banks.c.name == name).values(legal_basis=traits.legal_basis))
        self._ledger.append(Event("bank.legal_basis_stated", self._actor, details={"bank": name}), connection)
        return self._contents(connection, name)

    def _added(
        self, connection: sa.Connection, contents: BankContents, change: Change, details: Mapping[str, str | int]
    ) -> BankContents:
        """Write a part, then name it in the transaction."""
        name, version = contents.bank.name, contents.bank.version + 1
        folder = private_folder(self._home.banks / name)
        _sweep(folder, connection, name)
        data = encoded(change.groups.values())
        sha256 = hashlib.sha256(data).hexdigest()
        file = f"{version}-{sha256[:16]}.parquet"
        write_atomic(folder / file, data)
        row = {"bank": name, "version": version, "kind": change.kind.value, "file": file, "sha256": sha256}
        counts = {algorithm.value: len(rows) for algorithm, rows in change.groups.items()}
        now = self._home.clock.now().isoformat()
        connection.execute(sa.insert(bank_parts).values(**row, counts=counts, at=now))
        connection.execute(sa.update(banks).where(banks.c.name == name).values(version=version))
        about = {"bank": name, "version": version, "part": sha256, **details}
        self._ledger.append(Event(_EVENTS[change.kind], self._actor, details=about), connection)
        return self._contents(connection, name)


def _would_clear(traits: BankTraits, listing: Listing) -> bool:
    """Return whether a list says of anything that it is benign: people's decisions alone may clear content."""
    benign = class_code(HarmClass.BENIGN)
    stated = any(bool((rows.harm_class == benign).any()) for rows in listing.groups.values())
    return stated or traits.harm_class is HarmClass.BENIGN


def _about(listing: Listing, change: Change) -> dict[str, str | int]:
    return {"list": listing.sha256, "added": len(change), "malformed": listing.fault_count}


def _sweep(folder: Path, connection: sa.Connection, name: str) -> None:
    """Remove the files of imports that were killed; the caller holds the write lock, so none is being made."""
    sweep(folder)
    named = set(connection.execute(sa.select(bank_parts.c.file).where(bank_parts.c.bank == name)).scalars())
    for orphan in folder.glob("*.parquet"):
        if orphan.name not in named:
            orphan.unlink()


def _require_in_use(bank: Bank) -> None:
    if bank.withdrawn_at is not None:
        raise BankWithdrawnError(
            f"bank {bank.name} was taken out of use; nothing was imported",
            advice="Import into a bank of another name: its entries and its certificates then tell the two apart.",
        )


def _malformed(path: Path, listing: Listing) -> MalformedListError:
    shown = "; ".join(f"line {fault.line}: {fault.reason}" for fault in listing.faults[:_FAULTS_SHOWN])
    more = f"; and {listing.fault_count - _FAULTS_SHOWN} more" if listing.fault_count > _FAULTS_SHOWN else ""
    rows = "1 row" if listing.fault_count == 1 else f"{listing.fault_count} rows"
    return MalformedListError(
        f"{path}: {rows} can't be read, nothing was imported. {shown}{more}",
        advice="Correct those lines, or leave them out with --skip-malformed.",
        faults=listing.faults,
        count=listing.fault_count,
    )
