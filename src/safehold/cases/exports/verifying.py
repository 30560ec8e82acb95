"""Verification of exports, offline: no home, no network; for an export for the law, the recipient's private key.

1. The file is what its profile says, field by field, and nothing of the other profile.
2. Every file of a package has the size and digest that the manifest states; there are no others.
3. The ledger's events stand where their proofs say, under one checkpoint that the installation signed.
4. One of these events says that this very export was made, by its digest.

An export for auditors holds no proofs of events (:mod:`safehold.cases.exports.audit_file`): there the installation has
signed the digest of all lines, and where its ledger tells of them. Those of an earlier version are read as above.

What the caller still owes: the installation's public key, learnt another way. Without it the export is only shown to be
consistent with itself.
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from safehold.cases.exports.audit import PROFILE as AUDIT
from safehold.cases.exports.audit import SCHEMA as AUDIT_SCHEMA
from safehold.cases.exports.audit import AuditExport
from safehold.cases.exports.audit_file import Disclosure, is_audit_file, read_audit
from safehold.cases.exports.errors import ExportBrokenError
from safehold.cases.exports.exports import EXPORTED
from safehold.cases.exports.law import EXPORT_PROOF, MANIFEST, PROOFS, RECORDS, LawManifest
from safehold.cases.exports.law import PROFILE as LAW
from safehold.cases.exports.law import SCHEMA as LAW_SCHEMA
from safehold.cases.exports.record import require_shape
from safehold.ledger.canonical import Json, NotCanonicalError, canonical, parse
from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.merkle import verify_inclusion
from safehold.ledger.proofs import SCHEMA as PROOF_SCHEMA
from safehold.ledger.proofs import EventProof
from safehold.vault import CustodianKey
from safehold.vault.recipient import MAGIC, open_for
from safehold.vocabulary import SafeholdError

AUDIT_ENVELOPE = "safehold.audit-file/1"
"""Of exports for auditors by an earlier version: one document."""

_PEEKED_BYTES = 64
LARGEST_FILE_BYTES = 1 << 34
LARGEST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified.

    Attributes:
        profile: "law", "audit" or "erasure".
        cases: how many.
        events: how many were proven.
        public_key: whose signature is on the checkpoint.
        is_anchored: whether that is the key that the reader named.
        missing: how much of a case is not in the export, though it belongs to it.
        files: the package's files, opened; none but of an export for the law.
    """

    profile: str
    cases: int
    events: int
    public_key: str
    is_anchored: bool
    missing: int
    files: Mapping[str, bytes]


def verify_export(
    data: bytes | BinaryIO, *, key: CustodianKey | None = None, public_key: str | None = None
) -> Verified:
    """Verify an export of either profile, or the proof of an erasure.

    Args:
        data: the file, or its bytes; one that is open can be rewound. An export for auditors is never read as a whole.
        key: the recipient's private half, for an export for the law.
        public_key: the installation's, learnt another way.

    Raises:
        ExportBrokenError: it is none, was altered, or needs a key.
        RecipientKeyError: it is sealed for another recipient, or was changed.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    if is_audit_file(file.read(_PEEKED_BYTES)):
        file.seek(0)
        read = read_audit(file, public_key)
        return Verified(AUDIT, read.cases, read.events, read.public_key, public_key is not None, 0, files={})
    file.seek(0)
    return _whole(file.read(), key, public_key)


def verify_disclosure(file: BinaryIO, disclosure: Disclosure, public_key: str | None = None) -> int:
    """Verify that disclosed events are what an export for auditors bound itself to; return how many they are.

    Args:
        file: the export, open at its beginning.
        disclosure: of some of its events.
        public_key: the installation's, learnt another way.

    Raises:
        ExportBrokenError: the export is none or was altered, or the disclosure is not of it.
    """
    committed: dict[int, str] = {}

    def watch(event: Mapping[str, Any]) -> None:
        if event["ledger_place"] in disclosure.keys:
            committed[event["ledger_place"]] = event["commitment"]

    read = read_audit(file, public_key, watch=watch)
    return disclosure.verify(committed, read.digest, public_key)


def _whole(data: bytes, key: CustodianKey | None, public_key: str | None) -> Verified:
    if data.startswith(MAGIC):
        if key is None:
            raise _broken("this export is sealed: its recipient's private key opens it")
        return _law(open_for(data, key), public_key)
    try:
        fields = parse(data.removesuffix(b"\n"))
    except NotCanonicalError as error:
        raise _broken("this is no export") from error
    schema = fields.get("schema") if isinstance(fields, dict) else None
    if schema == AUDIT_ENVELOPE and isinstance(fields, dict):
        return _audit(fields, public_key)
    if schema == PROOF_SCHEMA:
        proof = _proof(data, public_key)
        return Verified(
            "erasure", 0, len(proof.events), proof.checkpoint.public_key, public_key is not None, 0, files={}
        )
    raise _broken("this is no export")


def _law(tar: bytes, public_key: str | None) -> Verified:
    files = _unpacked(tar)
    if not {MANIFEST, EXPORT_PROOF, PROOFS} <= set(files):
        raise _broken("the package lacks its manifest or proofs")
    manifest = _parsed(files[MANIFEST])
    require_shape(manifest, LawManifest)
    if manifest["schema"] != LAW_SCHEMA:
        raise _broken("the manifest is of another version")
    listed = manifest["files"]
    if set(listed) != set(files) - {MANIFEST, EXPORT_PROOF}:
        raise _broken("the package has other files than its manifest states")
    for name, stated in listed.items():
        if (len(files[name]), hashlib.sha256(files[name]).hexdigest()) != (stated["size"], stated["sha256"]):
            raise _broken("a file of the package is not what its manifest states")
    for name, kind in RECORDS.items():
        for line in files.get(name, b"").splitlines():
            require_shape(_parsed(line), kind)
    proof, export = _proof(files[PROOFS], public_key), _proof(files[EXPORT_PROOF], public_key)
    _require_recorded(export, LAW, files[MANIFEST])
    is_anchored, count = public_key is not None, len(proof.events) + len(export.events)
    return Verified(LAW, 1, count, export.checkpoint.public_key, is_anchored, len(manifest["missing"]), files=files)


def _audit(fields: Mapping[str, Json], public_key: str | None) -> Verified:
    if set(fields) != {"schema", "document", "checkpoint", "export"}:
        raise _broken("the export has missing or added fields")
    document: Any = fields["document"]
    require_shape(document, AuditExport)
    if document["audit_schema"] != AUDIT_SCHEMA:
        raise _broken("the export is of another version")
    export = _proof(canonical(fields["export"]), public_key)
    _require_recorded(export, AUDIT, canonical(document))
    try:
        checkpoint = Checkpoint.from_fields(fields["checkpoint"])
        if checkpoint.public_key != export.checkpoint.public_key:
            raise _broken("the events and the export are signed by different keys")
        for event in document["events"]:
            verify_inclusion(
                bytes.fromhex(event["leaf"]),
                event["ledger_place"],
                size=checkpoint.size,
                proof=[bytes.fromhex(step) for step in event["proof_path"]],
                tree_root=bytes.fromhex(checkpoint.root_hex),
            )
    except (SafeholdError, ValueError) as error:
        raise _broken("an event does not stand where the export says") from error
    count = len(document["events"]) + 1
    return Verified(AUDIT, len(document["cases"]), count, checkpoint.public_key, public_key is not None, 0, files={})


def _require_recorded(export: EventProof, profile: str, text: bytes) -> None:
    """Refuse an export that no event of the ledger tells of."""
    digest = hashlib.sha256(text).hexdigest()
    told = [one.entry.event for one in export.events if one.entry.event.kind == EXPORTED]
    if not any((event.details.get("profile"), event.details.get("digest")) == (profile, digest) for event in told):
        raise _broken("no event of the ledger says that this export was made: it was altered, or is of another profile")


def _proof(data: bytes, public_key: str | None) -> EventProof:
    try:
        proof = EventProof.from_json(data.decode("utf-8"))
        proof.verify(public_key)
    except (SafeholdError, UnicodeDecodeError) as error:
        raise _broken(f"a proof does not hold: {error}") from error
    return proof


def _unpacked(tar: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
            for member in archive:
                parts = member.name.split("/")
                if not member.isreg() or {"", ".", ".."} & set(parts) or member.name in files:
                    raise _broken("the package holds something other than plain files, or one twice")
                if len(files) >= LARGEST_COUNT or member.size > LARGEST_FILE_BYTES:
                    raise _broken("the package is too large")
                opened = archive.extractfile(member)
                files[member.name] = b"" if opened is None else opened.read()
    except tarfile.TarError as error:
        raise _broken("the package is no archive") from error
    return files


def _parsed(text: bytes) -> Any:  # noqa: ANN401 - JSON whose shape is asked for next
    try:
        return parse(text)
    except NotCanonicalError as error:
        raise _broken("a record of the export is not in its canonical form") from error


def _broken(what: str) -> ExportBrokenError:
    return ExportBrokenError(what, advice="Ask whoever made the export for it again, and for the public key.")
