"""Exports of cases, in two profiles that never mix: for law enforcement, sealed; for auditors, without content.

    sealed = exports.law(person, case_id, RecipientKey.parse(text), Keys(review_key, held))
    exports.audit(person, Scope((case_id,)), file)

Before anything leaves, the ledger says what, for whom, and its digest. What shows that is part of the export: for the
law the proof of that event, for auditors the installation's signature, so that it verifies offline
(:mod:`safehold.cases.exports.verifying`) and can't be made up.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from safehold.cases.case import CaseId
from safehold.cases.decisions.quality.golden import is_golden_case
from safehold.cases.evidence.ceremony import require_ability
from safehold.cases.exports.archive import Archive
from safehold.cases.exports.audit import PROFILE as AUDIT
from safehold.cases.exports.audit_file import AuditWriting, Disclosure, Scope
from safehold.cases.exports.audit_file.commitment import Blinding
from safehold.cases.exports.audit_file.seal import seal
from safehold.cases.exports.errors import ExportError
from safehold.cases.exports.law import EXPORT_PROOF, MANIFEST, LawManifest
from safehold.cases.exports.law import PROFILE as LAW
from safehold.cases.exports.law import SCHEMA as LAW_SCHEMA
from safehold.cases.exports.packing import Keys, pack
from safehold.cases.exports.record import plain
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.ledger import SigningKey
from safehold.ledger.canonical import canonical
from safehold.ledger.proofs import EventProof, prove
from safehold.vault.recipient import RecipientKey
from safehold.vocabulary import Clock, Event

EXPORTED = "case.exported"
DISCLOSED = "case.export_disclosed"


@dataclass(frozen=True, slots=True)
class Signing:
    """What exports for auditors are signed and blinded with.

    Attributes:
        key: returns the installation's key as it is now.
        secret: of the home, 32 bytes: blinds events.
    """

    key: Callable[[], SigningKey]
    secret: bytes = field(repr=False)


class Exports:
    """Exports of the cases of a home.

    Args:
        database: of the home.
        clock: where the time comes from.
        archive: where everything about cases is.
        signing: what exports for auditors are signed and blinded with.
    """

    def __init__(self, database: Database, clock: Clock, archive: Archive, signing: Signing) -> None:
        self._database = database
        self._clock = clock
        self._archive = archive
        self._signing = signing

    def law(self, person: Person, case_id: CaseId, recipient: RecipientKey, keys: Keys | None = None) -> bytes:
        """Return a case as `law_parts` yields it."""
        return b"".join(self.law_parts(person, case_id, recipient, keys))

    def law_parts(
        self, person: Person, case_id: CaseId, recipient: RecipientKey, keys: Keys | None = None
    ) -> Iterator[bytes]:
        """Return a case, complete, sealed to its recipient; what could not be opened is named in its manifest.

        What of it can be opened is in memory once, until it was sealed and passed on: its manifest, whose digest the
        ledger has before anything leaves, must know all of it. Nothing of it is written anywhere unsealed.

        Args:
            person: who exports; needs `Ability.EXPORT_LAW`. Evidence is in it where custodians opened it to them.
            case_id: which case.
            recipient: who can open it.
            keys: what opens circumstances, held items and opened evidence.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownCaseError: there is no such case.
            ExportError: it is a golden item's, of which nothing happened to anybody.
        """
        require_ability(person, Ability.EXPORT_LAW)
        with self._database.reading() as connection:
            if is_golden_case(connection, case_id):
                raise ExportError("this case is a golden item's: nothing in it happened", advice="Export another one.")
        package = pack(self._archive, person, case_id, keys or Keys())
        manifest = LawManifest(
            schema=LAW_SCHEMA,
            case=case_id,
            made_at=self._clock.now(),
            made_by=person.name,
            recipient=recipient.text,
            is_single_operator=self._archive.is_single_operator,
            files=package.listing(),
            missing=tuple(package.missing),
        )
        text = canonical(plain(manifest))
        counts = {"files": len(package.files), "missing": len(package.missing)}
        proof = self._record(person, LAW, text, case=case_id, recipient=recipient.public_key.hex(), **counts)
        package.files |= {MANIFEST: text, EXPORT_PROOF: proof.to_json().encode()}
        return recipient.seal_passing(package.take_tar(), package.tar_size())

    def audit(self, person: Person, scope: Scope, out: BinaryIO) -> int:
        """Write cases for auditors, line by line, and return how many: no content, no identities.

        Decisions, events and statistics; what binds events to the ledger is blinded. Memory does not grow with them.
        The last line is written once the ledger says that this export was made: without it the file is none.

        Args:
            person: who exports; needs `Ability.EXPORT_AUDIT`.
            scope: which cases.
            out: where to.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownCaseError: there is no such case.
            ExportError: there are none.
        """
        require_ability(person, Ability.EXPORT_AUDIT)
        if next(scope.each(self._database), None) is None:
            raise ExportError("an export for auditors holds a case at least", advice="Name a case, or another time.")
        for case in scope.cases:
            self._archive.cases.show(case)
        ledger, blinding = self._archive.ledger, Blinding.new(self._signing.secret)
        writing = AuditWriting(self._archive, blinding, out, exported_by=person.name)
        writing.write(scope, size=ledger.checkpoint().size, now=self._clock.now())
        event = _exported(
            person, AUDIT, writing.digest, cases=writing.cases, events=writing.events, nonce=blinding.nonce
        )
        place = ledger.append(event)
        writing.close(seal(self._signing.key(), writing.digest, place, ledger.checkpoint()))
        return writing.cases

    def disclose(self, person: Person, digest: str, places: Sequence[int]) -> Disclosure:
        """Open single events of an export for auditors, for whoever may know who did them; it is recorded.

        Args:
            person: who discloses; needs `Ability.EXPORT_LAW`.
            digest: of the export's lines.
            places: of the events.

        Raises:
            NotForThemError: their roles don't allow it.
            ExportError: this installation made no such export.
            ProofFailedError: there is no event at one of the places.
        """
        require_ability(person, Ability.EXPORT_LAW)
        ledger = self._archive.ledger
        made = ledger.places((digest,), kinds=(EXPORTED,))
        told = [one.event.details for place in made for one in ledger.events(place, place + 1)]
        nonces = [str(details["nonce"]) for details in told if "nonce" in details]
        if not nonces:
            raise ExportError("this installation made no such export", advice="Give the file as it was made.")
        blinding = Blinding(self._signing.secret, nonces[0])
        proof = prove(ledger, places)
        ledger.append(Event(DISCLOSED, person.name, details={"digest": digest, "events": len(proof.events)}))
        return Disclosure(digest, {one.entry.seq: blinding.key(one.entry.seq).hex() for one in proof.events}, proof)

    def _record(self, person: Person, profile: str, text: bytes, **details: str | int) -> EventProof:
        """Record that something leaves, with its digest, and return the proof of that."""
        event = _exported(person, profile, hashlib.sha256(text).hexdigest(), **details)
        return prove(self._archive.ledger, [self._archive.ledger.append(event)])


def _exported(person: Person, profile: str, digest: str, **details: str | int) -> Event:
    return Event(EXPORTED, person.name, details={"profile": profile, "digest": digest, **details})
