import json

import pytest

from safehold.ledger import BadSignatureError, Checkpoint, MalformedCheckpointError, SigningKey, canonical

KEY = SigningKey(bytes(32))
GOOD = Checkpoint.sign(KEY, origin="safehold-ab", size=3, root=bytes(32), issued_at="2026-11-21T12:00:00.000000Z")


def changed(**fields: object) -> str:
    return canonical({**json.loads(GOOD.to_json()), **fields}).decode()  # type: ignore[dict-item]


def test_the_text_form_gives_the_checkpoint_back() -> None:
    assert Checkpoint.from_json(GOOD.to_json()) == GOOD
    assert Checkpoint.from_json(GOOD.to_json() + "\n") == GOOD


@pytest.mark.parametrize(
    ("field", "value"),
    [("origin", "safehold-cd"), ("size", 4), ("root", "11" * 32), ("issued_at", "2027-01-01T00:00:00.000000Z")],
)
def test_every_field_is_signed(field: str, value: object) -> None:
    with pytest.raises(BadSignatureError):
        Checkpoint.from_json(changed(**{field: value}))


def test_another_key_can_not_be_put_in() -> None:
    with pytest.raises(BadSignatureError):
        Checkpoint.from_json(changed(public_key=SigningKey(b"\x01" * 32).public_key))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "nonsense", GOOD.to_json()[:-1], GOOD.to_json().replace(",", ", ")),
        *(changed(size="3"), changed(size=-1), changed(root="00"), changed(root="zz" * 32), changed(root="0 " * 32)),
        *(changed(signature="00"), changed(schema="safehold.other/1"), changed(added=1), changed(size=True)),
    ],
)
def test_other_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(MalformedCheckpointError):
        Checkpoint.from_json(text)


def test_the_signature_can_not_serve_another_document() -> None:
    assert b'"schema":"safehold.checkpoint/1"' in GOOD.signed_bytes()
