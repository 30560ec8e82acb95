"""The certificate: what was done to a dataset, by which versions of what, signed by the installation.

It pins every other file of the output by digest and holds a signed checkpoint of the ledger, so that an auditor who
has the output folder and the installation's public key needs nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safehold.datasets.errors import DamagedStateError
from safehold.ledger import Checkpoint, SigningKey, canonical, verify
from safehold.ledger.canonical import NotCanonicalError, parse

SCHEMA = "safehold.certificate/1"
CERTIFICATE = "certificate.json"
PINNED = ("SHA256SUMS", "manifest.parquet", "summary.json", "card.html")
"""The files that a certificate pins, in the order in which they are checked."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A parsed certificate.

    Attributes:
        fields: everything it states, with the signature.
    """

    fields: Mapping[str, Any]

    @property
    def public_key(self) -> str:
        """Return the key that signed it, as it says."""
        return str(self.fields["public_key"])

    @property
    def files(self) -> Mapping[str, str]:
        """Return the digests of the pinned files, by name."""
        return dict(self.fields["files"])

    @property
    def checkpoint(self) -> Checkpoint:
        """Return the ledger's checkpoint, its own signature checked."""
        return Checkpoint.from_fields(self.fields["checkpoint"])

    def verify_signature(self) -> None:
        """Check the signature against the key that the certificate names.

        Raises:
            BadSignatureError: it was altered.
        """
        verify(self.public_key, _signed_bytes(self.fields), bytes.fromhex(str(self.fields["signature"])))


def sign_certificate(fields: Mapping[str, Any], key: SigningKey) -> bytes:
    """Return a certificate's text: the fields with schema, public key and signature, canonical JSON on one line."""
    unsigned = {**fields, "schema": SCHEMA, "public_key": key.public_key}
    return canonical({**unsigned, "signature": key.sign(_signed_bytes(unsigned)).hex()}) + b"\n"


def read_certificate(path: Path) -> Certificate:
    """Read a certificate; its signature is not checked yet.

    Raises:
        DamagedStateError: there is none, or it is not one of ours.
    """
    try:
        fields = parse(path.read_text().strip())
    except (OSError, UnicodeDecodeError, NotCanonicalError) as error:
        raise DamagedStateError(
            f"{path} can't be read as a certificate", advice="Fetch certificate.json again from its maker."
        ) from error
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA or not _is_whole(fields):
        raise DamagedStateError(f"{path} is not a certificate", advice="Fetch certificate.json again from its maker.")
    return Certificate(fields)


def _is_whole(fields: Mapping[str, Any]) -> bool:
    """Return whether everything that a verification reads is there and has the right shape."""
    shapes = {"public_key": str, "signature": str, "issued_at": str, "run": dict, "files": dict, "checkpoint": dict}
    return (
        all(isinstance(fields.get(name), shape) for name, shape in shapes.items())
        and "id" in fields["run"]
        and set(fields["files"]) == set(PINNED)
        and isinstance(fields.get("records"), dict)
    )


def _signed_bytes(fields: Mapping[str, Any]) -> bytes:
    return canonical({name: value for name, value in fields.items() if name != "signature"})
