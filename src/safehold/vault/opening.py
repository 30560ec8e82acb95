"""Open a sealed object with k custodians' private keys. Pure: sealed bytes and keys in, content in memory out.

This needs nothing of the home, so that custodians can open evidence on a machine of their own.

1. Read the header; the length of the object must be what the header says, which fixes where each chunk begins.
2. Unseal each custodian's share; it must repeat its clear header and belong to this object.
3. Join k shares to the data key and compare it with the commitment. 4. Decrypt every chunk in order, to the one marked
final.

What the caller still owes: that purpose and case are recorded, and that the content is what its id says (``is_named``).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from Crypto.Protocol.SecretSharing import Shamir
from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from safehold.vault.custodians import CustodianKey
from safehold.vault.envelope import (
    CHECK_BYTES,
    CHUNK_BYTES,
    CHUNK_OVERHEAD_BYTES,
    DATA_KEY_BYTES,
    OBJECT_HEADER_BYTES,
    SHARE_HEADER_BYTES,
    STREAM_HEADER_BYTES,
    ObjectHeader,
    ShareHeader,
    commit,
    name_content,
)
from safehold.vault.errors import EvidenceErasedError, OpeningRefusedError, VaultSealedError
from safehold.vault.evidence import WORD_ADVICE, Evidence, EvidenceId, EvidenceState, is_word
from safehold.vault.inspection import Stored

_HALF_BYTES = DATA_KEY_BYTES // 2


def open_sealed(
    data: bytes, identifier: EvidenceId, *, shares: Mapping[str, bytes], keys: Mapping[str, CustodianKey]
) -> bytes:
    """Return the content of a sealed object.

    Args:
        data: the object file.
        identifier: which evidence it is expected to be.
        shares: custodian's name → that custodian's share file.
        keys: custodian's name → private key; at least as many as the threshold must have a share.

    Raises:
        OpeningRefusedError: there are too few keys, or a key does not fit its share.
        VaultSealedError: the object or a share was changed, exchanged or cut short.
    """
    header = read_header(data, identifier)
    parts = [unseal_share(shares[name], header, key=key) for name, key in sorted(keys.items()) if name in shares]
    data_key = join_shares(parts, header)
    return decrypt_object(memoryview(data), header, data_key)


def read_header(data: bytes, identifier: EvidenceId) -> ObjectHeader:
    """Return the header of an object that is as long as it says.

    Raises:
        VaultSealedError: the object is other evidence, cut short, or has bytes too many.
    """
    header = ObjectHeader.from_bytes(data)
    if header.id != identifier:
        raise _sealed("the object belongs to other evidence")
    if len(data) != header.stored_bytes:
        raise _sealed("the object is cut short or has bytes too many")
    return header


def refuse_incomplete(row: Evidence, keys: Sequence[CustodianKey], *, purpose: str, case: str) -> None:
    """Stop a ceremony that lacks something before any key is used.

    Raises:
        EvidenceErasedError: the evidence was erased.
        OpeningRefusedError: there is no purpose or no case, somebody's key is there twice, or it is a stranger's.
    """
    refuse_erased(row)
    if not is_word(purpose) or not is_word(case):
        raise OpeningRefusedError("opening needs a purpose and a case, each as one word", advice=WORD_ADVICE)
    names = [key.name for key in keys]
    strangers = set(names) - set(row.custodians)
    if strangers or len(set(names)) != len(names):
        raise OpeningRefusedError(
            "a key is there twice, or belongs to nobody who holds a share of this evidence",
            advice=f"Bring one key each of {row.threshold} of: {', '.join(row.custodians)}.",
        )


def refuse_erased(row: Evidence) -> None:
    """Stop what only sealed evidence can be asked for.

    Raises:
        EvidenceErasedError: it was erased, or its erasure has begun.
    """
    if row.state is not EvidenceState.SEALED:
        raise EvidenceErasedError(
            "this evidence was erased", advice="Nobody can open it; the ledger says when and why."
        )


def refuse_missing(stored: Stored) -> Stored:
    """Return what is stored, which has an object.

    Raises:
        VaultSealedError: it has none.
    """
    if stored.object is None:
        raise VaultSealedError("the sealed object is missing", advice="Restore the vault from a backup.")
    return stored


def is_named(content: bytes, identifier: EvidenceId, vault_key: bytes) -> bool:
    """Return whether the content is what the id says, so that nothing was planted under it."""
    return hmac.compare_digest(name_content(hashlib.sha256(content).digest(), vault_key), identifier)


def unseal_share(share: bytes, header: ObjectHeader, *, key: CustodianKey) -> tuple[int, bytes]:
    """Return the number of a custodian's share and its 32 bytes.

    Raises:
        OpeningRefusedError: the key does not open it.
        VaultSealedError: the share belongs to another sealing, or was changed.
    """
    clear = ShareHeader.from_bytes(share)
    if not clear.belongs_to(header):
        raise _sealed(f"the share of {key.name} belongs to another object or an earlier sealing")
    try:
        content = SealedBox(PrivateKey(key.secret)).decrypt(share[SHARE_HEADER_BYTES:-CHECK_BYTES])
    except (CryptoError, ValueError, TypeError) as error:
        raise OpeningRefusedError(
            f"the key of {key.name} does not open that custodian's share",
            advice="Check that it is this custodian's key; if it is, the share was changed: run `safehold vault fsck`.",
        ) from error
    if content[:SHARE_HEADER_BYTES] != clear.to_bytes() or len(content) != SHARE_HEADER_BYTES + DATA_KEY_BYTES:
        raise _sealed(f"the share of {key.name} does not match its own header")
    return clear.number, content[SHARE_HEADER_BYTES:]


def join_shares(parts: Sequence[tuple[int, bytes]], header: ObjectHeader) -> bytes:
    """Return the data key of an object, from the shares that :func:`unseal_share` gave.

    Raises:
        OpeningRefusedError: there are too few.
        VaultSealedError: they don't join to the key that the object names.
    """
    distinct = dict(parts)
    if len(distinct) < header.threshold:
        raise OpeningRefusedError(
            f"{len(distinct)} of the {header.threshold} custodians' keys that this needs are here",
            advice=f"Bring together the keys of {header.threshold} of its {header.count} custodians.",
        )
    chosen = sorted(distinct.items())[: header.threshold]
    data_key = bytes(
        Shamir.combine([(number, part[:_HALF_BYTES]) for number, part in chosen])
        + Shamir.combine([(number, part[_HALF_BYTES:]) for number, part in chosen])
    )
    if not hmac.compare_digest(commit(data_key, header.id), header.commitment):
        raise _sealed("the shares do not join to the key that the object was sealed with")
    return data_key


def decrypt_object(data: memoryview, header: ObjectHeader, data_key: bytes) -> bytes:
    """Return the content of an object whose length was found to be right.

    Raises:
        VaultSealedError: a chunk was changed, moved, or is missing.
    """
    clear = header.to_bytes()
    start = OBJECT_HEADER_BYTES + STREAM_HEADER_BYTES
    end = len(data) - CHECK_BYTES
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, bytes(data[OBJECT_HEADER_BYTES:start]), data_key)
    content = bytearray()
    step = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES
    for place in range(start, end, step):
        is_last = place + step >= end
        chunk, tag = _pull(state, bytes(data[place : min(place + step, end)]), clear)
        if (tag == bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL) is not is_last:
            raise _sealed("the object ends before its last chunk, or goes on after it")
        content += chunk
    return bytes(content)


def _pull(state: bindings.crypto_secretstream_xchacha20poly1305_state, chunk: bytes, clear: bytes) -> tuple[bytes, int]:
    try:
        return bindings.crypto_secretstream_xchacha20poly1305_pull(state, chunk, ad=clear)
    except (CryptoError, ValueError, TypeError, RuntimeError) as error:
        raise _sealed("a chunk of the object was changed or moved") from error


def _sealed(what: str) -> VaultSealedError:
    return VaultSealedError(what, advice="Run `safehold vault fsck`, then restore this object from a backup.")
