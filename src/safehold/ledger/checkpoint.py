"""Checkpoints: the installation's signed word that its ledger had this many events with this root.

A checkpoint kept elsewhere (by an auditor, in a certificate) is what shows later that nothing before it was changed or
cut off.

Source: the idea and the fields are those of signed tree heads, RFC 9162 section 4.10; the text form is our own JSON.
"""

from dataclasses import dataclass
from typing import Self

from safehold.ledger.canonical import Json, NotCanonicalError, canonical, parse
from safehold.ledger.errors import MalformedCheckpointError
from safehold.ledger.keys import SigningKey, verify
from safehold.ledger.merkle import HASH_BYTES

SCHEMA = "safehold.checkpoint/1"
_FIELDS = {
    "issued_at": str,
    "origin": str,
    "public_key": str,
    "root": str,
    "schema": str,
    "signature": str,
    "size": int,
}
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head.

    Attributes:
        origin: which installation.
        size: how many events it covers.
        root_hex: the Merkle root over them.
        issued_at: when it was signed, RFC 3339 in UTC.
        signature: Ed25519 over the canonical JSON of the other fields, in hexadecimal.
        public_key: whose signature, ``safehold-ed25519:BASE64``.
    """

    origin: str
    size: int
    root_hex: str
    issued_at: str
    signature: str
    public_key: str

    @classmethod
    def sign(cls, key: SigningKey, *, origin: str, size: int, root: bytes, issued_at: str) -> Self:
        """Return a checkpoint signed by this key."""
        unsigned = cls(origin, size, root.hex(), issued_at, "", key.public_key)
        return cls(origin, size, root.hex(), issued_at, key.sign(unsigned.signed_bytes()).hex(), key.public_key)

    def signed_bytes(self) -> bytes:
        """Return what the signature is over; it names its schema, so no other document of ours can pose as one."""
        fields = self.fields()
        del fields["signature"]
        return canonical(fields)

    def verify_signature(self) -> None:
        """Check the signature with the key that the checkpoint itself names; whether to trust it is the caller's part.

        Raises:
            BadSignatureError: it is wrong.
        """
        verify(self.public_key, self.signed_bytes(), bytes.fromhex(self.signature))

    def fields(self) -> dict[str, Json]:
        """Return the object that the text form holds."""
        return {
            "schema": SCHEMA,
            "origin": self.origin,
            "size": self.size,
            "root": self.root_hex,
            "issued_at": self.issued_at,
            "public_key": self.public_key,
            "signature": self.signature,
        }

    def to_json(self) -> str:
        """Return the text form, canonical JSON on one line."""
        return canonical(self.fields()).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the checkpoint of a text, its signature checked.

        Raises:
            MalformedCheckpointError: the text is none.
            BadSignatureError: its signature is wrong.
        """
        try:
            return cls.from_fields(parse(text.strip()))
        except NotCanonicalError as error:
            raise _malformed() from error

    @classmethod
    def from_fields(cls, fields: Json) -> Self:
        """Return the checkpoint of a parsed object, its signature checked; errors as for a text."""
        if not isinstance(fields, dict) or {name: type(value) for name, value in fields.items()} != _FIELDS:
            raise _malformed()
        if fields["schema"] != SCHEMA or fields["size"] < 0:
            raise _malformed()
        if not _is_hex(fields["root"], HASH_BYTES) or not _is_hex(fields["signature"], _SIGNATURE_BYTES):
            raise _malformed()
        checkpoint = cls(
            origin=fields["origin"],
            size=fields["size"],
            root_hex=fields["root"],
            issued_at=fields["issued_at"],
            signature=fields["signature"],
            public_key=fields["public_key"],
        )
        checkpoint.verify_signature()
        return checkpoint


def _is_hex(text: str, width: int) -> bool:
    try:
        return bytes.fromhex(text).hex() == text and len(text) == 2 * width
    except ValueError:
        return False


def _malformed() -> MalformedCheckpointError:
    return MalformedCheckpointError(
        "this is not a Safehold checkpoint", advice="Give the file that the ledger or a certificate stated, unaltered."
    )
