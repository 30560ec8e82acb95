"""The seal of an export for auditors: its last line. The installation signs that it recorded this export, and where.

It holds no leaf and no path to one: those beside it would tell of who did what. What it shows is that the installation
said of exactly these lines: they are recorded at this place of a ledger that has this size and root. Who may read the
ledger compares that; were it not so, the installation has signed a contradiction.
"""

from collections.abc import Mapping
from typing import Any

from safehold.cases.exports.errors import ExportBrokenError
from safehold.ledger import SigningKey
from safehold.ledger.canonical import Json, canonical
from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.keys import verify
from safehold.vocabulary import SafeholdError

SCHEMA = "safehold.audit-seal/1"
_FIELDS = {"schema": str, "digest": str, "place": int, "checkpoint": dict, "signature": str}


def seal(key: SigningKey, digest: str, place: int, checkpoint: Checkpoint) -> dict[str, Json]:
    """Return the seal of an export that the ledger tells of at a place.

    Args:
        key: the installation's.
        digest: SHA-256 of the export's lines.
        place: of the event of the export.
        checkpoint: signed after that.
    """
    told: dict[str, Json] = {
        "schema": SCHEMA,
        "digest": digest,
        "place": place,
        "checkpoint": checkpoint.fields(),
    }
    return {**told, "signature": key.sign(canonical(told)).hex()}


def require_sealed(found: Any, digest: str, public_key: str | None) -> Checkpoint:  # noqa: ANN401 - JSON as it was read
    """Return the checkpoint of a seal that belongs to lines of this digest.

    Raises:
        ExportBrokenError: it is none, was altered, belongs to other lines, or another key signed it.
    """
    if not isinstance(found, Mapping) or {name: type(value) for name, value in found.items()} != _FIELDS:
        raise _broken("the export's seal has missing, added or wrong fields")
    if found["schema"] != SCHEMA or found["digest"] != digest:
        raise _broken("the export's lines are not what its seal states: it was altered")
    try:
        checkpoint = Checkpoint.from_fields(found["checkpoint"])
        checkpoint.verify_signature()
        signed = {name: value for name, value in found.items() if name != "signature"}
        verify(checkpoint.public_key, canonical(signed), bytes.fromhex(found["signature"]))
    except (SafeholdError, ValueError, TypeError) as error:
        raise _broken("the export's seal does not hold: it was altered") from error
    if public_key not in {None, checkpoint.public_key}:
        raise _broken("the export is sealed with another key than the one that you named")
    if not 0 <= found["place"] < checkpoint.size:
        raise _broken("the export's seal names a place that its ledger does not have")
    return checkpoint


def _broken(what: str) -> ExportBrokenError:
    return ExportBrokenError(what, advice="Ask whoever made the export for it again, and for the public key.")
