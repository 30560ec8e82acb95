"""The two file formats of the vault: sealed objects and sealed shares. Nothing here can decrypt.

Object: header, stream header (24 bytes), chunks (each 65,536 bytes of content + 17), check (32 bytes).
Share: header, one sealed box (X25519, XSalsa20-Poly1305) whose content repeats the header, check.

The header is the associated data of every chunk, so that a chunk can't be moved to another object. The commitment ties
an object and its shares to one data key. The check is a keyed digest under the home's vault key: with it the machine
can tell, without any custodian, whether what it stores is what it sealed.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass

from nacl import bindings

from safehold.vault.errors import VaultSealedError
from safehold.vault.evidence import EvidenceId

CHUNK_BYTES = 1 << 16
DATA_KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
CHUNK_OVERHEAD_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
STREAM_HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
CHECK_BYTES = 32

_OBJECT_MAGIC = b"safehold-object1"
_SHARE_MAGIC = b"safehold-share-1"
_OBJECT = struct.Struct(">16s32s32sQHH")
_SHARE = struct.Struct(">16s32s32sHHH")
OBJECT_HEADER_BYTES = _OBJECT.size
SHARE_HEADER_BYTES = _SHARE.size
SHARE_BYTES = 2 * SHARE_HEADER_BYTES + DATA_KEY_BYTES + bindings.crypto_box_SEALBYTES + CHECK_BYTES
"""How long every share file is: two headers, the share of the key, the sealed box's own bytes, the check."""


@dataclass(frozen=True, slots=True)
class ObjectHeader:
    """The clear first bytes of a sealed object.

    Attributes:
        id: the evidence.
        commitment: what ties the object and its shares to one data key; says nothing about the key.
        size: bytes of content.
        threshold: how many shares open it.
        count: how many shares there are.
    """

    id: EvidenceId
    commitment: bytes
    size: int
    threshold: int
    count: int

    def to_bytes(self) -> bytes:
        """Return the header as it is stored."""
        return _OBJECT.pack(
            _OBJECT_MAGIC, bytes.fromhex(self.id), self.commitment, self.size, self.threshold, self.count
        )

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> "ObjectHeader":
        """Read the first bytes of an object.

        Raises:
            VaultSealedError: they are something else.
        """
        if len(data) < _OBJECT.size:
            raise _not_ours("object")
        magic, identifier, commitment, size, threshold, count = _OBJECT.unpack_from(data)
        if magic != _OBJECT_MAGIC or not 1 <= threshold <= count:
            raise _not_ours("object")
        return cls(EvidenceId(identifier.hex()), commitment, size, threshold, count)

    @property
    def stored_bytes(self) -> int:
        """Return how long the whole object file is."""
        chunks = max(1, -(-self.size // CHUNK_BYTES))
        return _OBJECT.size + STREAM_HEADER_BYTES + self.size + chunks * CHUNK_OVERHEAD_BYTES + CHECK_BYTES


@dataclass(frozen=True, slots=True)
class ShareHeader:
    """The clear first bytes of a share; the sealed box repeats them.

    Attributes:
        id: the evidence.
        commitment: the object's.
        number: which share, 1..count.
        threshold: how many shares open the object.
        count: how many shares there are.
    """

    id: EvidenceId
    commitment: bytes
    number: int
    threshold: int
    count: int

    def to_bytes(self) -> bytes:
        """Return the header as it is stored."""
        return _SHARE.pack(
            _SHARE_MAGIC, bytes.fromhex(self.id), self.commitment, self.number, self.threshold, self.count
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "ShareHeader":
        """Read the first bytes of a share.

        Raises:
            VaultSealedError: they are something else.
        """
        if len(data) < _SHARE.size:
            raise _not_ours("share")
        magic, identifier, commitment, number, threshold, count = _SHARE.unpack_from(data)
        if magic != _SHARE_MAGIC or not 1 <= threshold <= count or not 1 <= number <= count:
            raise _not_ours("share")
        return cls(EvidenceId(identifier.hex()), commitment, number, threshold, count)

    def belongs_to(self, header: ObjectHeader) -> bool:
        """Return whether this share opens the object with that header."""
        return (self.id, self.commitment, self.threshold, self.count) == (
            header.id,
            header.commitment,
            header.threshold,
            header.count,
        )


def commit(data_key: bytes, identifier: EvidenceId) -> bytes:
    """Return the 32 bytes that tie an object to its data key; a digest of 32 random bytes can't be inverted."""
    return hashlib.blake2b(bytes.fromhex(identifier), key=data_key, digest_size=32, person=b"safehold-commit").digest()


def name_content(sha256: bytes, vault_key: bytes) -> EvidenceId:
    """Return the id of content with this SHA-256: keyed, so that a stolen register can't be compared with lists."""
    return EvidenceId(hmac.new(vault_key, sha256, hashlib.sha256).hexdigest())


class Check:
    """The keyed digest at the end of an object or share, computed as its bytes pass by."""

    def __init__(self, vault_key: bytes) -> None:
        self._digest = hashlib.blake2b(key=vault_key, digest_size=CHECK_BYTES, person=b"safehold-object")

    def update(self, data: bytes | memoryview) -> None:
        """Take in the next bytes, in order."""
        self._digest.update(data)

    def value(self) -> bytes:
        """Return the digest of everything taken in."""
        return self._digest.digest()

    def is_equal(self, other: bytes) -> bool:
        """Return whether the digest is ``other``."""
        return hmac.compare_digest(self._digest.digest(), other)


def _not_ours(what: str) -> VaultSealedError:
    return VaultSealedError(f"this is not a sealed {what}", advice="Run `safehold vault fsck`; restore from a backup.")
