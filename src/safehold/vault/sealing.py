"""Seal bytes to custodians: a random data key for each object, its shares to one custodian each.

1. Draw a data key. 2. Encrypt the content as a stream of chunks with XChaCha20-Poly1305, the object's header being
associated data of each chunk. 3. Split the key k of n by Shamir's scheme. 4. Seal each share to one custodian's public
key. 5. Forget the key. Whoever ran these steps can't undo them.

Source: libsodium's secretstream and sealed boxes; Shamir, "How to share a secret", CACM 22(11), 1979, over GF(2^128)
as in PyCryptodome, which shares 16 bytes at a time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import nacl.utils
from Crypto.Protocol.SecretSharing import Shamir
from nacl import bindings
from nacl.public import PublicKey, SealedBox

from safehold.vault.custodians import Quorum
from safehold.vault.envelope import CHUNK_BYTES, DATA_KEY_BYTES, Check, ObjectHeader, ShareHeader, commit
from safehold.vault.errors import VaultError
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
    view = memoryview(data).cast("B")
    chunks = (bytes(view[start : start + CHUNK_BYTES]) for start in range(0, max(1, len(view)), CHUNK_BYTES))
    return _sealed(chunks, len(view), identifier, quorum=quorum, vault_key=vault_key)


def seal_passing(
    parts: Iterable[bytes], size: int, identifier: EvidenceId, *, quorum: Quorum, vault_key: bytes
) -> Sealed:
    """Seal content that passes by: of it no more than a chunk and a part are in memory.

    Args:
        parts: the content in pieces of any length; taken as the sealed parts are.
        size: bytes of all of them together.
        identifier: as for `seal`.
        quorum: as for `seal`.
        vault_key: as for `seal`.

    Raises:
        VaultError: the content is not as long as it was said to be; raised while parts are taken, before the last.
    """
    return _sealed(_chunked(parts, size), size, identifier, quorum=quorum, vault_key=vault_key)


def _sealed(chunks: Iterable[bytes], size: int, identifier: EvidenceId, *, quorum: Quorum, vault_key: bytes) -> Sealed:
    data_key = nacl.utils.random(DATA_KEY_BYTES)
    header = ObjectHeader(identifier, commit(data_key, identifier), size, quorum.threshold, len(quorum.custodians))
    return Sealed(
        header,
        _encrypt(chunks, header, data_key=data_key, vault_key=vault_key),
        _share(data_key, header, quorum=quorum, vault_key=vault_key),
    )


def _chunked(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield content of a stated size in chunks of the stream; the last one is shorter, and empty where nothing is."""
    waiting, left = bytearray(), size
    for part in parts:
        waiting += part
        while len(waiting) > CHUNK_BYTES:  # what may be the last waits, until it is sure that it is
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
            left -= CHUNK_BYTES
    if len(waiting) != left:
        raise VaultError("what was to be sealed is not as long as it was said to be", advice="Try again; report it.")
    yield bytes(waiting)


def _encrypt(chunks: Iterable[bytes], header: ObjectHeader, *, data_key: bytes, vault_key: bytes) -> Iterator[bytes]:
    check = Check(vault_key)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    stream_header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, data_key)
    clear = header.to_bytes()
    check.update(clear + stream_header)
    yield clear + stream_header
    last = max(1, -(-header.size // CHUNK_BYTES))
    for number, content in enumerate(chunks, start=1):
        tag = (
            bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            if number == last
            else bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
        )
        chunk = bindings.crypto_secretstream_xchacha20poly1305_push(state, content, ad=clear, tag=tag)
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
