"""Disclosure: single events of an export for auditors, opened, each shown to be what its line was bound to.

It says who did it, and a path that tells of the events beside it: for a court, or whoever may know. Nothing else of the
export opens with it.

    Disclosure.from_json(text).verify(committed, digest)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from safehold.cases.exports.audit_file.commitment import commitment
from safehold.cases.exports.errors import ExportBrokenError
from safehold.ledger.canonical import Json, NotCanonicalError, canonical, parse
from safehold.ledger.proofs import EventProof
from safehold.vocabulary import SafeholdError

SCHEMA = "safehold.audit-disclosure/1"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Some events of one export.

    Attributes:
        export: the digest of its lines.
        keys: place → the key of its commitment, 64 hexadecimal digits.
        proof: the events, shown to stand in the ledger.
    """

    export: str
    keys: Mapping[int, str]
    proof: EventProof

    def to_json(self) -> bytes:
        """Return the file."""
        keys: dict[str, Json] = {str(place): key for place, key in self.keys.items()}
        return canonical({"schema": SCHEMA, "export": self.export, "keys": keys, "proof": self.proof.fields()}) + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read a disclosure's file.

        Raises:
            ExportBrokenError: it is none.
        """
        try:
            told: Any = parse(data.removesuffix(b"\n"))
            if not isinstance(told, dict) or set(told) != {"schema", "export", "keys", "proof"}:
                raise _broken("this is no disclosure of events")
            if told["schema"] != SCHEMA:
                raise _broken("this is no disclosure of events")
            keys = {int(place): str(key) for place, key in told["keys"].items()}
            return cls(str(told["export"]), keys, EventProof.from_json(canonical(told["proof"]).decode()))
        except (NotCanonicalError, SafeholdError, ValueError, AttributeError) as error:
            raise _broken("this is no disclosure of events") from error

    def verify(self, committed: Mapping[int, str], digest: str, public_key: str | None = None) -> int:
        """Check that each event is what the export bound itself to; return how many there are.

        Args:
            committed: place → commitment, as the export has them.
            digest: of the export's lines.
            public_key: the installation's, learnt another way.

        Raises:
            ExportBrokenError: an event is another one, or the disclosure is of another export.
        """
        try:
            self.proof.verify(public_key)
            found = {
                one.entry.seq: commitment(bytes.fromhex(self.keys[one.entry.seq]), one.entry.leaf_hex)
                for one in self.proof.events
            }
        except (SafeholdError, ValueError, KeyError) as error:
            raise _broken("a disclosed event does not stand in the ledger") from error
        if self.export != digest or any(committed.get(place) != value for place, value in found.items()) or not found:
            raise _broken("a disclosed event is not what the export bound itself to")
        return len(found)


def _broken(what: str) -> ExportBrokenError:
    return ExportBrokenError(what, advice="Ask for the disclosure again, and for the export that it belongs to.")
