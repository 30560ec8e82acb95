"""Seal bytes to custodians: a random data key for each object, its shares to one custodian each.

1. Draw a data key. 2. Encrypt the content as a stream of chunks with XChaCha20-Poly1305, the object's header being
associated data of each chunk. 3. Split the key k of n by Shamir's scheme. 4. Seal each share to one custodian's public
key. 5. Forget the key. Whoever ran these steps can't undo them.

Source: libsodium's secretstream and sealed boxes; Shamir, "How to share a secret", CACM 22(11), 1979, over GF(2^128)
as in PyCryptodome, which shares 16 bytes at a time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import nacl.utils
from Crypto.Protocol.SecretSharing import Shamir
from nacl import bindings
from nacl.public import PublicKey, SealedBox

from safehold.vault.custodians import Quorum
from safehold.vault.envelope import CHUNK_BYTES, DATA_KEY_BYTES, Check, ObjectHeader, ShareHeader, commit
from safehold.vault.evidence import EvidenceId

_SHAMIR_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Sealed:
    """Content after sealing.

    Attributes:
        header: the object's clear header.
        parts: the object's bytes, in order, encrypted as they are taken; can be taken once.
        shares: custodian's name → that custodian's sealed share.
    """

    header: ObjectHeader
    parts: Iterator[bytes]
    shares: Mapping[str, bytes]


def seal(data: bytes | memoryview, identifier: EvidenceId, *, quorum: Quorum, vault_key: bytes) -> Sealed:
    """Seal ``data`` to the quorum.

    Args:
        data: the content; a memoryview is read chunk by chunk, never copied whole.
        identifier: what the object is called.
        quorum: to whom, and how many of them open it.
        vault_key: the home's, for the checks at the end of object and shares; it opens nothing.
    """
    data_key = nacl.utils.random(DATA_KEY_BYTES)
    header = ObjectHeader(identifier, commit(data_key, identifier), len(data), quorum.threshold, len(quorum.custodians))
    return Sealed(
        header,
        _encrypt(data, header, data_key=data_key, vault_key=vault_key),
        _share(data_key, header, quorum=quorum, vault_key=vault_key),
    )


def _encrypt(data: bytes | memoryview, header: ObjectHeader, *, data_key: bytes, vault_key: bytes) -> Iterator[bytes]:
    view = memoryview(data).cast("B")
    check = Check(vault_key)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    stream_header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, data_key)
    clear = header.to_bytes()
    check.update(clear + stream_header)
    yield clear + stream_header
    for start in range(0, max(1, len(view)), CHUNK_BYTES):
        is_last = start + CHUNK_BYTES >= len(view)
        tag = (
            bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            if is_last
            else bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
        )
        chunk = bindings.crypto_secretstream_xchacha20poly1305_push(
            state, bytes(view[start : start + CHUNK_BYTES]), ad=clear, tag=tag
        )
        check.update(chunk)
        yield chunk
    yield check.value()


def _share(data_key: bytes, header: ObjectHeader, *, quorum: Quorum, vault_key: bytes) -> dict[str, bytes]:
    count = len(quorum.custodians)
    first = Shamir.split(quorum.threshold, count, data_key[:_SHAMIR_SECRET_BYTES])
    second = Shamir.split(quorum.threshold, count, data_key[_SHAMIR_SECRET_BYTES:])
    shares = {}
    for custodian, (number, half), (_, other) in zip(quorum.custodians, first, second, strict=True):
        clear = ShareHeader(header.id, header.commitment, number, header.threshold, header.count).to_bytes()
        box = SealedBox(PublicKey(custodian.public_key))
        sealed = clear + box.encrypt(clear + half + other)
        check = Check(vault_key)
        check.update(sealed)
        shares[custodian.name] = sealed + check.value()
    return shares
