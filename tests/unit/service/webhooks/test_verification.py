import base64
import datetime as dt

import pytest

from safehold.ledger import MalformedKeyError, SigningKey
from safehold.service.webhooks import DeliveryRefusedError, DeliverySeenError, DeliveryStaleError, verify
from safehold.service.webhooks.signature import headers, public_text

KEY = SigningKey(bytes(32))
PUBLIC = [public_text(KEY)]
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
SECONDS = int(NOW.timestamp())
BODY = b'{"data":{"check":"chk_1"},"timestamp":"t","type":"check.answered"}'


def test_a_genuine_delivery_says_what_happened() -> None:
    delivered = verify(headers(KEY, "job_1", SECONDS, BODY), BODY, public_keys=PUBLIC, now=NOW)
    assert (delivered.id, delivered.sent_at, delivered.kind) == ("job_1", NOW, "check.answered")
    assert delivered.about == {"check": "chk_1"}


def test_the_signature_is_the_one_of_the_standard() -> None:
    """Standard Webhooks 1.0.0: `v1a,` and Ed25519 over ID.TIMESTAMP.BODY; `whpk_` and the public key's 32 bytes."""
    import nacl.signing

    told = headers(KEY, "job_1", SECONDS, BODY)
    scheme, signature = told["webhook-signature"].split(",")
    assert scheme == "v1a"
    public = nacl.signing.VerifyKey(base64.b64decode(PUBLIC[0].removeprefix("whpk_")))
    public.verify(f"job_1.{SECONDS}.".encode() + BODY, base64.b64decode(signature))


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "job_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(SECONDS + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-5"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-timestamp": "\u0665"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1a,"},
        {"webhook-signature": "v1a,AAAA"},
        {"webhook-signature": "v1a,\u00e9"},
        {"webhook-signature": headers(SigningKey(b"\x01" * 32), "job_1", SECONDS, BODY)["webhook-signature"]},
        {"webhook-signature": headers(KEY, "job_1", SECONDS, BODY)["webhook-signature"].replace("v1a", "v1")},
    ],
)
def test_a_delivery_with_any_other_header_is_refused(change: dict[str, str]) -> None:
    told = headers(KEY, "job_1", SECONDS, BODY) | change
    with pytest.raises(DeliveryRefusedError) as caught:
        verify(told, BODY, public_keys=PUBLIC, now=NOW)
    assert "400" in caught.value.advice


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", BODY.replace(b"chk_1", b"chk_2")])
def test_a_delivery_with_any_other_body_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRefusedError):
        verify(headers(KEY, "job_1", SECONDS, BODY), body, public_keys=PUBLIC, now=NOW)


def test_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(DeliveryRefusedError):
        verify(headers(KEY, "job_1", SECONDS, BODY), BODY, public_keys=[], now=NOW)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"no json", b'{"type":"t","data":5}'])
def test_a_signed_body_of_another_kind_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRefusedError):
        verify(headers(KEY, "job_1", SECONDS, body), body, public_keys=PUBLIC, now=NOW)


@pytest.mark.parametrize(("apart", "is_taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_delivery_is_believed_for_five_minutes_either_way(apart: int, is_taken: bool) -> None:
    told = headers(KEY, "job_1", SECONDS + apart, BODY)
    if is_taken:
        assert verify(told, BODY, public_keys=PUBLIC, now=NOW).id == "job_1"
    else:
        with pytest.raises(DeliveryStaleError):
            verify(told, BODY, public_keys=PUBLIC, now=NOW)


def test_a_delivery_is_taken_once() -> None:
    told = headers(KEY, "job_1", SECONDS, BODY)
    with pytest.raises(DeliverySeenError) as caught:
        verify(told, BODY, public_keys=PUBLIC, now=NOW, seen={"job_1"})
    assert "200" in caught.value.advice
    assert verify(told, BODY, public_keys=PUBLIC, now=NOW, seen={"job_2"}).id == "job_1"


def test_header_names_are_the_same_in_upper_and_lower_case() -> None:
    told = {name.title(): value for name, value in headers(KEY, "job_1", SECONDS, BODY).items()}
    assert verify(told, BODY, public_keys=PUBLIC, now=NOW).id == "job_1"


def test_two_keys_and_two_signatures_serve_while_a_key_changes() -> None:
    new = SigningKey(b"\x01" * 32)
    told, other = headers(KEY, "job_1", SECONDS, BODY), headers(new, "job_1", SECONDS, BODY)
    told["webhook-signature"] = f"v1,{'A' * 44} {other['webhook-signature']} {told['webhook-signature']}"
    for keys in ([public_text(new)], PUBLIC, [public_text(new), *PUBLIC]):
        assert verify(told, BODY, public_keys=keys, now=NOW).id == "job_1"


@pytest.mark.parametrize("key", ["", "whpk_", "whpk_AAAA", "nonsense", "whsk_" + "A" * 43 + "="])
def test_what_is_no_public_key_is_said_and_nothing_believed(key: str) -> None:
    with pytest.raises(MalformedKeyError):
        verify(headers(KEY, "job_1", SECONDS, BODY), BODY, public_keys=[key], now=NOW)
