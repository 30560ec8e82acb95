"""Sealing and opening, for any content and any quorum."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey

from safehold.vault import Custodian, CustodianKey, OpeningRefusedError, Quorum, VaultSealedError
from safehold.vault.envelope import CHECK_BYTES, name_content
from safehold.vault.opening import is_named, open_sealed
from safehold.vault.sealing import seal

VAULT_KEY = b"v" * 32
KEYS = [CustodianKey(f"c{number}", bytes(PrivateKey.generate())) for number in range(6)]
CUSTODIANS = [Custodian(key.name, key.public_key) for key in KEYS]


@st.composite
def quorums(draw: st.DrawFn) -> tuple[Quorum, list[CustodianKey]]:
    count = draw(st.integers(1, 6))
    quorum = Quorum(tuple(CUSTODIANS[:count]), draw(st.integers(1, count)))
    return quorum, draw(st.permutations(KEYS[:count]))


@given(content=st.binary(max_size=70_000), quorum_and_keys=quorums(), present=st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_as_many_as_the_threshold_open_any_content_and_fewer_open_none(
    content: bytes, quorum_and_keys: tuple[Quorum, list[CustodianKey]], present: int
) -> None:
    quorum, order = quorum_and_keys
    identifier = name_content(hashlib.sha256(content).digest(), VAULT_KEY)
    sealed = seal(content, identifier, quorum=quorum, vault_key=VAULT_KEY)
    stored = b"".join(sealed.parts)
    assert len(stored) == sealed.header.stored_bytes
    keys = {key.name: key for key in order[:present]}
    if len(keys) < quorum.threshold:
        with pytest.raises(OpeningRefusedError):
            open_sealed(stored, identifier, shares=sealed.shares, keys=keys)
        return
    opened = open_sealed(stored, identifier, shares=sealed.shares, keys=keys)
    assert opened == content
    assert is_named(opened, identifier, VAULT_KEY)


@given(content=st.binary(max_size=300), data=st.data())
@settings(max_examples=120, deadline=None)
def test_any_flipped_bit_before_the_check_stops_an_opening(content: bytes, data: st.DataObject) -> None:
    identifier = name_content(hashlib.sha256(content).digest(), VAULT_KEY)
    sealed = seal(content, identifier, quorum=Quorum(tuple(CUSTODIANS[:2]), 2), vault_key=VAULT_KEY)
    stored = bytearray(b"".join(sealed.parts))
    bit = data.draw(st.integers(0, 8 * (len(stored) - CHECK_BYTES) - 1))
    stored[bit // 8] ^= 1 << bit % 8
    with pytest.raises((VaultSealedError, OpeningRefusedError)):
        open_sealed(bytes(stored), identifier, shares=sealed.shares, keys={key.name: key for key in KEYS[:2]})
