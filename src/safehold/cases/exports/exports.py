"""Exports of cases, in two profiles that never mix: for law enforcement, sealed; for auditors, without content.

    sealed = exports.law(person, case_id, RecipientKey.parse(text), Keys(review_key, held))
    document = exports.audit(person, [case_id])

Before anything leaves, the ledger says what, for whom, and its digest; the proof of that event is part of the export,
so that it verifies offline (:mod:`safehold.cases.exports.verifying`) and can't be made up.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.evidence.ceremony import require_ability
from safehold.cases.exports.archive import Archive
from safehold.cases.exports.audit import PROFILE as AUDIT
from safehold.cases.exports.audit import SCHEMA as AUDIT_SCHEMA
from safehold.cases.exports.audit import AuditDecision, AuditExport, Schema
from safehold.cases.exports.auditing import Cast, audit_case, audit_decision, audit_event, statistics
from safehold.cases.exports.errors import ExportError
from safehold.cases.exports.law import EXPORT_PROOF, MANIFEST, LawManifest
from safehold.cases.exports.law import PROFILE as LAW
from safehold.cases.exports.law import SCHEMA as LAW_SCHEMA
from safehold.cases.exports.packing import Keys, pack
from safehold.cases.exports.record import plain
from safehold.cases.staff import Ability, Person
from safehold.cases.tables import cases as case_table
from safehold.home.database import Database
from safehold.ledger.canonical import canonical
from safehold.ledger.entry import timestamp
from safehold.ledger.proofs import EventProof, prove
from safehold.vault.recipient import RecipientKey
from safehold.vocabulary import Clock, Event

MOST_CASES = 500
"""In one export for auditors: each of its events is looked for. Ours."""

AUDIT_ENVELOPE = "safehold.audit-file/1"
EXPORTED = "case.exported"


class Exports:
    """Exports of the cases of a home.

    Args:
        database: of the home.
        clock: where the time comes from.
        archive: where everything about cases is.
    """

    def __init__(self, database: Database, clock: Clock, archive: Archive) -> None:
        self._database = database
        self._clock = clock
        self._archive = archive

    def law(self, person: Person, case_id: CaseId, recipient: RecipientKey, keys: Keys | None = None) -> bytes:
        """Return a case, complete, sealed to its recipient; what could not be opened is named in its manifest.

        Args:
            person: who exports; needs `Ability.EXPORT_LAW`. Evidence is in it where custodians opened it to them.
            case_id: which case.
            recipient: who can open it.
            keys: what opens circumstances, held items and opened evidence.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownCaseError: there is no such case.
        """
        require_ability(person, Ability.EXPORT_LAW)
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
        return recipient.seal(package.to_tar())

    def audit(self, person: Person, cases: Sequence[CaseId]) -> bytes:
        """Return cases for auditors: decisions, events, proofs and statistics, without content or identities.

        Args:
            person: who exports; needs `Ability.EXPORT_AUDIT`.
            cases: which, at most 500.

        Raises:
            NotForThemError: their roles don't allow it.
            UnknownCaseError: there is no such case.
            ExportError: there are none, or too many.
        """
        require_ability(person, Ability.EXPORT_AUDIT)
        chosen = tuple(dict.fromkeys(cases))
        if not 1 <= len(chosen) <= MOST_CASES:
            raise ExportError(
                f"an export for auditors holds 1 to {MOST_CASES} cases, not {len(chosen)}",
                advice="Name a case, or a shorter time.",
            )
        proof, document = self._audit(person, chosen)
        text = plain(document)
        export = self._record(person, AUDIT, canonical(text), cases=len(chosen), events=len(document.events))
        envelope = {"schema": AUDIT_ENVELOPE, "document": text, "checkpoint": proof.checkpoint.fields()}
        return canonical({**envelope, "export": export.fields()}) + b"\n"

    def opened_between(self, since: dt.datetime, until: dt.datetime) -> tuple[CaseId, ...]:
        """Return the cases that were opened in a time, `until` excluded, oldest first; at most one more than fit."""
        query = sa.select(case_table.c.id).where(
            case_table.c.opened_at >= timestamp(since), case_table.c.opened_at < timestamp(until)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(case_table.c.opened_at).limit(MOST_CASES + 1)).scalars()
            return tuple(CaseId(row) for row in rows)

    def _audit(self, person: Person, chosen: Sequence[CaseId]) -> tuple[EventProof, AuditExport]:
        cast, cases, decisions = Cast(), [], list[AuditDecision]()
        exporter, places = cast.name(person.name), set[int]()
        for case_id in chosen:
            items = list(self._archive.items(case_id))
            numbers = {item.id: item.number for item in items}
            decided = self._archive.decisions.of_case(case_id)
            cases.append(audit_case(self._archive.cases.show(case_id), items))
            decisions.extend(audit_decision(one, numbers, cast) for one in decided)
            places.update(self._archive.places(case_id, [one.id for one in decided]))
        proof = prove(self._archive.ledger, places)
        document = AuditExport(
            audit_schema=Schema(AUDIT_SCHEMA),
            exported_at=self._clock.now(),
            exported_by=exporter,
            cases=tuple(cases),
            decisions=tuple(decisions),
            events=tuple(audit_event(one, cast) for one in proof.events),
            statistics=statistics(cases, decisions),
        )
        return proof, document

    def _record(self, person: Person, profile: str, text: bytes, **details: str | int) -> EventProof:
        """Record that something leaves, with its digest, and return the proof of that."""
        digest = hashlib.sha256(text).hexdigest()
        event = Event(EXPORTED, person.name, details={"profile": profile, "digest": digest, **details})
        return prove(self._archive.ledger, [self._archive.ledger.append(event)])
