"""The package for law enforcement: records, circumstances, content, proofs and a manifest, in one tar in memory.

Nothing of it touches a disk before it is sealed to the recipient.
"""

import hashlib
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from safehold.cases.case import CaseId
from safehold.cases.exports.archive import Archive
from safehold.cases.exports.facts import (
    law_case,
    law_decisions,
    law_enforcement,
    law_exposures,
    law_holds,
    law_item,
    law_openings,
    law_preserved,
)
from safehold.cases.exports.law import PROOFS, Missing, PackedFile
from safehold.cases.exports.record import plain
from safehold.cases.item import CaseItem, ItemId, Place
from safehold.cases.staff import Person
from safehold.ledger.canonical import canonical
from safehold.ledger.proofs import prove
from safehold.vault import CustodianKey, EvidenceId
from safehold.vault.review import open_box
from safehold.vocabulary import SafeholdError

Contents = Callable[[CaseItem], Mapping[str, bytes]]
"""Returns the content of an item that the gateway keeps, by part: lower-case letters and dots. Errors say why not."""

_END_BLOCKS = 2
"""Empty blocks at the end of a tar. Source: POSIX.1-2017, pax, "ustar Interchange Format"."""

_PART = re.compile(r"[a-z][a-z0-9.]{0,30}")


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens what is sealed, where there is anything to open it with.

    Attributes:
        review_key: the review key's private half; None: circumstances and evidence stay closed, and are named missing.
        held: gives the content of held items; None: likewise.
    """

    review_key: CustodianKey | None = None
    held: Contents | None = None


@dataclass(slots=True)
class Package:
    """Files that are being put together, and what is not among them."""

    files: dict[str, bytes] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)

    def add_records(self, name: str, records: Sequence[object]) -> None:
        """Add a file with one record a line."""
        self.files[name] = b"".join(canonical(plain(record)) + b"\n" for record in records)

    def lack(self, item: CaseItem, what: str, why: str) -> None:
        """Note that something of an item is not there."""
        self.missing.append(Missing(item.id, what, why))

    def listing(self) -> dict[str, PackedFile]:
        """Return size and digest of every file."""
        return {
            name: PackedFile(len(data), hashlib.sha256(data).hexdigest()) for name, data in sorted(self.files.items())
        }

    def tar_size(self) -> int:
        """Return how many bytes the files are as a tar."""
        blocks = sum(1 + -(-len(data) // tarfile.BLOCKSIZE) for data in self.files.values()) + _END_BLOCKS
        return -(-blocks * tarfile.BLOCKSIZE // tarfile.RECORDSIZE) * tarfile.RECORDSIZE

    def take_tar(self) -> Iterator[bytes]:
        """Yield the files as a tar, and let go of each on the way: no owners, no times, no modes but ours."""
        passed, size = 0, self.tar_size()
        for name in list(self.files):
            data = self.files.pop(name)
            header = tarfile.TarInfo(name)
            header.size, header.mode = len(data), 0o600
            for part in (header.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % tarfile.BLOCKSIZE)):
                passed += len(part)
                yield part
        yield bytes(size - passed)


def pack(archive: Archive, person: Person, case_id: CaseId, keys: Keys) -> Package:
    """Return everything about a case but manifest and proof of the export.

    Args:
        archive: where it is.
        person: who exports: openings that they asked for are read.
        case_id: which case.
        keys: what opens what is sealed.

    Raises:
        UnknownCaseError: there is no such case.
    """
    package, items = Package(), list(archive.items(case_id))
    decided, enforced = archive.decisions.of_case(case_id), archive.enforcement.of_case(case_id)
    evidence, accounts = archive.evidence(items), archive.accounts(items)
    holds, openings = archive.holds_on(evidence), archive.openings_of(case_id)
    package.add_records("case.jsonl", [law_case(archive.cases.show(case_id))])
    package.add_records("items.jsonl", list(map(law_item, items)))
    package.add_records("decisions.jsonl", law_decisions(decided))
    package.add_records("enforcement.jsonl", law_enforcement(enforced))
    package.add_records("exposures.jsonl", law_exposures(archive.exposures.of_case(case_id)))
    package.add_records("holds.jsonl", law_holds(holds))
    package.add_records("openings.jsonl", law_openings(openings))
    package.add_records("preserved.jsonl", law_preserved(items, accounts))
    for item in items:
        _add_context(package, archive, item, keys, account=_account(archive, item, person, keys, accounts))
        _add_content(package, archive, item, person, keys=keys)
    things = (decided, enforced, holds, openings)
    words = (*evidence, *(one.id for some in things for one in some))
    package.files[PROOFS] = prove(archive.ledger, archive.places(case_id, words)).to_json().encode()
    return package


def _account(
    archive: Archive, item: CaseItem, person: Person, keys: Keys, accounts: Mapping[ItemId, EvidenceId]
) -> bytes | Missing | None:
    """Return the account of an item that the vault has, or why not; None where it has none."""
    if item.id not in accounts:
        return None
    try:
        found = _read(archive, item, accounts[item.id], person, keys=keys)
    except SafeholdError as error:
        return Missing(item.id, "account", type(error).__name__)
    return Missing(item.id, "account", "not_opened") if found is None else found


def _add_context(
    package: Package, archive: Archive, item: CaseItem, keys: Keys, *, account: bytes | Missing | None
) -> None:
    """Add the circumstances of an item as they wait for review, and as the vault has them: one of the two is all."""
    sealed = archive.cases.context(item.id)
    if isinstance(account, bytes):
        package.files[f"account/{item.id}.json"] = account
        if not sealed:
            return
    if not sealed or keys.review_key is None:
        if isinstance(account, Missing):
            package.missing.append(account)
        elif account is None:
            package.lack(item, "context", "no_review_key" if sealed else "nothing_kept")
        return
    try:
        package.files[f"context/{item.id}.json"] = open_box(sealed, keys.review_key)
    except SafeholdError as error:
        package.lack(item, "context", type(error).__name__)


def _add_content(package: Package, archive: Archive, item: CaseItem, person: Person, *, keys: Keys) -> None:
    place = item.told.content.place
    try:
        if place is Place.VAULT:
            parts = _opened(archive, item, person, keys)
        elif place is Place.HELD and keys.held is not None:
            parts = keys.held(item)
        else:
            package.lack(item, "content", _WHY[place])
            return
    except SafeholdError as error:
        package.lack(item, "content", type(error).__name__)
        return
    if not parts:
        package.lack(item, "content", "not_opened")
    for name, data in parts.items():
        if _PART.fullmatch(name):
            package.files[f"content/{item.id}/{name}"] = data


_WHY = {Place.HELD: "no_review_key", Place.DATASET: "in_dataset", Place.NOWHERE: "nothing_kept", Place.VAULT: "closed"}


def _opened(archive: Archive, item: CaseItem, person: Person, keys: Keys) -> Mapping[str, bytes]:
    """Return evidence that custodians have opened to who exports; nothing where they have not."""
    found = _read(archive, item, EvidenceId(item.told.content.reference), person, keys=keys)
    return {} if found is None else {"data": found}


def _read(archive: Archive, item: CaseItem, evidence: EvidenceId, person: Person, *, keys: Keys) -> bytes | None:
    """Return evidence that custodians have opened to who exports; None where they have not."""
    if keys.review_key is None:
        return None
    for opening in archive.openings_of(item.case):
        is_theirs = opening.evidence == evidence and opening.requester == person.name
        if is_theirs and opening.state.value == "granted":
            return archive.openings.read(person, opening.id, keys.review_key)
    return None
