"""Sealing and opening as pure functions: what is stored, and what happens to it when it is changed."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from nacl.public import PrivateKey

from safehold.vault import Custodian, CustodianKey, OpeningRefusedError, Quorum, VaultError, VaultSealedError
from safehold.vault.envelope import (
    CHECK_BYTES,
    CHUNK_BYTES,
    CHUNK_OVERHEAD_BYTES,
    OBJECT_HEADER_BYTES,
    SHARE_BYTES,
    SHARE_HEADER_BYTES,
    STREAM_HEADER_BYTES,
    ObjectHeader,
    ShareHeader,
    name_content,
)
from safehold.vault.evidence import EvidenceId
from safehold.vault.opening import is_named, open_sealed
from safehold.vault.sealing import seal, seal_passing

VAULT_KEY = b"v" * 32
CONTENT = bytes(range(256)) * 600  # three chunks
KEYS = {name: CustodianKey(name, bytes(PrivateKey.generate())) for name in ("amira", "jonas", "wen")}
QUORUM = Quorum(tuple(Custodian(name, key.public_key) for name, key in KEYS.items()), 2)


@dataclass(frozen=True)
class Kept:
    id: EvidenceId
    object: bytes
    shares: dict[str, bytes]

    def open(self, *names: str) -> bytes:
        chosen = {name: KEYS[name] for name in names or ("amira", "jonas")}
        return open_sealed(self.object, self.id, shares=self.shares, keys=chosen)


def keep(content: bytes = CONTENT, quorum: Quorum = QUORUM) -> Kept:
    identifier = name_content(hashlib.sha256(content).digest(), VAULT_KEY)
    sealed = seal(content, identifier, quorum=quorum, vault_key=VAULT_KEY)
    return Kept(identifier, b"".join(sealed.parts), dict(sealed.shares))


def flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_lengths_are_known_beforehand() -> None:
    for size in (0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES):
        kept = keep(b"x" * size)
        assert len(kept.object) == ObjectHeader.from_bytes(kept.object).stored_bytes
        assert {len(share) for share in kept.shares.values()} == {SHARE_BYTES}


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 150_000])
@pytest.mark.parametrize("step", [700, CHUNK_BYTES, CHUNK_BYTES + 1, 1 << 20])
def test_content_that_passes_by_in_pieces_of_any_length_is_sealed_as_a_whole_one(size: int, step: int) -> None:
    content = (CONTENT * 2)[:size]
    identifier = name_content(hashlib.sha256(content).digest(), VAULT_KEY)
    pieces = (content[start : start + step] for start in range(0, size, step))
    sealed = seal_passing(pieces, size, identifier, quorum=QUORUM, vault_key=VAULT_KEY)
    kept = Kept(identifier, b"".join(sealed.parts), dict(sealed.shares))
    assert kept.open() == content
    assert len(kept.object) == len(keep(content).object)


@pytest.mark.parametrize("stated", [0, CHUNK_BYTES, len(CONTENT) - 1, len(CONTENT) + 1, len(CONTENT) + CHUNK_BYTES])
def test_content_that_is_not_as_long_as_was_said_is_not_sealed_to_its_end(stated: int) -> None:
    identifier = name_content(hashlib.sha256(CONTENT).digest(), VAULT_KEY)
    sealed = seal_passing((CONTENT,), stated, identifier, quorum=QUORUM, vault_key=VAULT_KEY)
    taken: list[bytes] = []
    with pytest.raises(VaultError, match="not as long"):
        taken.extend(sealed.parts)
    half = Kept(identifier, b"".join(taken), dict(sealed.shares))
    with pytest.raises(VaultSealedError):
        half.open()


def test_of_what_passes_by_no_more_is_taken_than_was_sealed() -> None:
    taken = []

    def pieces() -> Iterator[bytes]:
        for number in range(8):
            taken.append(number)
            yield b"x" * CHUNK_BYTES

    identifier = name_content(bytes(32), VAULT_KEY)
    sealed = seal_passing(pieces(), 8 * CHUNK_BYTES, identifier, quorum=QUORUM, vault_key=VAULT_KEY)
    assert taken == []
    for number, _part in enumerate(sealed.parts):
        assert len(taken) <= number + 1


def test_nothing_of_the_content_shows() -> None:
    content = b"a rather long harmless canary sentence" * 50
    kept = keep(content)
    stored = kept.object + b"".join(kept.shares.values())
    assert not any(content[start : start + 8] in stored for start in range(64))


def test_sealing_the_same_bytes_twice_gives_different_objects() -> None:
    assert keep().object[OBJECT_HEADER_BYTES:] != keep().object[OBJECT_HEADER_BYTES:]


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_any_k_of_n_open_and_no_fewer(threshold: int) -> None:
    kept = keep(b"content", replace(QUORUM, threshold=threshold))
    names = sorted(KEYS)
    for mask in range(1, 8):
        chosen = [name for bit, name in enumerate(names) if mask >> bit & 1]
        if len(chosen) >= threshold:
            assert kept.open(*chosen) == b"content"
        else:
            with pytest.raises(OpeningRefusedError):
                kept.open(*chosen)


def test_a_flipped_bit_anywhere_in_the_encrypted_object_is_found() -> None:
    kept = keep()
    for place in range(0, len(kept.object) - CHECK_BYTES, 997):
        with pytest.raises((VaultSealedError, OpeningRefusedError)):
            replace(kept, object=flip(kept.object, place)).open()


@pytest.mark.parametrize("place", range(OBJECT_HEADER_BYTES + STREAM_HEADER_BYTES))
def test_a_flipped_bit_anywhere_in_the_headers_is_found(place: int) -> None:
    kept = keep(b"content")
    with pytest.raises((VaultSealedError, OpeningRefusedError)):
        replace(kept, object=flip(kept.object, place)).open()


@pytest.mark.parametrize("place", range(SHARE_BYTES - CHECK_BYTES))
def test_a_flipped_bit_anywhere_in_a_share_is_found(place: int) -> None:
    kept = keep(b"content")
    shares = kept.shares | {"jonas": flip(kept.shares["jonas"], place)}
    with pytest.raises((VaultSealedError, OpeningRefusedError)):
        replace(kept, shares=shares).open()


@pytest.mark.parametrize(
    "cut", [0, 10, OBJECT_HEADER_BYTES, OBJECT_HEADER_BYTES + STREAM_HEADER_BYTES, -1, -CHECK_BYTES]
)
def test_an_object_that_is_cut_short_does_not_open(cut: int) -> None:
    kept = keep()
    with pytest.raises(VaultSealedError):
        replace(kept, object=kept.object[:cut]).open()


def test_bytes_after_the_end_are_refused() -> None:
    kept = keep()
    with pytest.raises(VaultSealedError):
        replace(kept, object=kept.object + b"x").open()


def _with_size(kept: Kept, size: int) -> bytes:
    header = replace(ObjectHeader.from_bytes(kept.object), size=size)
    return header.to_bytes() + kept.object[OBJECT_HEADER_BYTES:]


def test_a_chunk_dropped_with_a_matching_header_is_found() -> None:
    kept = keep()
    step = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES
    start = OBJECT_HEADER_BYTES + STREAM_HEADER_BYTES
    shorter = _with_size(kept, len(CONTENT) - CHUNK_BYTES)
    for place in (start, start + step):
        with pytest.raises(VaultSealedError):
            replace(kept, object=shorter[:place] + shorter[place + step :]).open()


def test_two_chunks_exchanged_are_found() -> None:
    kept = keep()
    step = CHUNK_BYTES + CHUNK_OVERHEAD_BYTES
    start = OBJECT_HEADER_BYTES + STREAM_HEADER_BYTES
    data = kept.object
    swapped = (
        data[:start] + data[start + step : start + 2 * step] + data[start : start + step] + data[start + 2 * step :]
    )
    with pytest.raises(VaultSealedError, match="changed or moved"):
        replace(kept, object=swapped).open()


def test_an_object_under_another_id_is_found() -> None:
    first, second = keep(b"first"), keep(b"second")
    with pytest.raises(VaultSealedError, match="other evidence"):
        replace(first, object=second.object).open()


def test_shares_of_another_object_are_found() -> None:
    first, second = keep(b"first"), keep(b"second")
    with pytest.raises(VaultSealedError, match="belongs to another"):
        replace(first, shares=second.shares).open()


def test_shares_of_an_earlier_sealing_of_the_same_content_are_found() -> None:
    earlier, later = keep(), keep()
    with pytest.raises(VaultSealedError, match="earlier sealing"):
        replace(later, shares=later.shares | {"jonas": earlier.shares["jonas"]}).open()


def test_two_custodians_shares_exchanged_do_not_open() -> None:
    kept = keep()
    shares = kept.shares | {"amira": kept.shares["jonas"], "jonas": kept.shares["amira"]}
    with pytest.raises(OpeningRefusedError, match="does not open"):
        replace(kept, shares=shares).open()


def test_a_forged_share_under_a_copied_header_is_found() -> None:
    """Anybody can seal to a public key; only the right share joins to the committed key."""
    from nacl.public import PublicKey, SealedBox

    kept = keep()
    clear = kept.shares["jonas"][:SHARE_HEADER_BYTES]
    box = SealedBox(PublicKey(KEYS["jonas"].public_key)).encrypt(clear + b"z" * 32)
    with pytest.raises(VaultSealedError, match="do not join"):
        replace(kept, shares=kept.shares | {"jonas": clear + box + b"c" * CHECK_BYTES}).open()
    box = SealedBox(PublicKey(KEYS["jonas"].public_key)).encrypt(clear + b"too short")
    with pytest.raises(VaultSealedError, match="own header"):
        replace(kept, shares=kept.shares | {"jonas": clear + box + b"c" * CHECK_BYTES}).open()


def test_a_planted_object_opens_but_is_not_what_its_id_says() -> None:
    """Whoever can write files but lacks the vault key can seal other bytes under an id; the id gives them away."""
    genuine = keep()
    sealed = seal(b"planted", genuine.id, quorum=QUORUM, vault_key=b"w" * 32)
    planted = Kept(genuine.id, b"".join(sealed.parts), dict(sealed.shares))
    content = planted.open()
    assert not is_named(content, genuine.id, VAULT_KEY)
    assert is_named(CONTENT, genuine.id, VAULT_KEY)


def test_a_stream_that_says_it_ends_before_it_ends_is_refused() -> None:
    """Only whoever holds the data key can make one; two chunks, both marked final."""
    from nacl import bindings

    from safehold.vault.envelope import commit
    from safehold.vault.sealing import _share

    identifier, data_key = keep().id, b"k" * 32
    header = ObjectHeader(identifier, commit(data_key, identifier), CHUNK_BYTES + 1, 2, 3)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    data = header.to_bytes() + bindings.crypto_secretstream_xchacha20poly1305_init_push(state, data_key)
    final = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    for chunk in (b"x" * CHUNK_BYTES, b"x"):
        data += bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, ad=header.to_bytes(), tag=final)
    shares = _share(data_key, header, quorum=QUORUM, vault_key=VAULT_KEY)
    with pytest.raises(VaultSealedError, match="ends before"):
        Kept(identifier, data + b"c" * CHECK_BYTES, shares).open()


def test_other_bytes_are_neither_object_nor_share() -> None:
    kept = keep(b"content")
    for data in (b"", b"x" * 500, kept.shares["wen"]):
        with pytest.raises(VaultSealedError, match="not a sealed object"):
            ObjectHeader.from_bytes(data)
    for data in (b"", b"x" * 500, kept.object):
        with pytest.raises(VaultSealedError, match="not a sealed share"):
            ShareHeader.from_bytes(data)
