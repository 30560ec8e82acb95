"""The signature of a delivery, so that a receiver knows who sent it, when, and that it is whole.

Source: Standard Webhooks specification 1.0.0, "Signature scheme" and "Webhook headers": Ed25519 over
``ID.TIMESTAMP.BODY``, written ``v1a,BASE64``; several, for changes of key, are separated by spaces. Public keys read
``whpk_BASE64``.
"""

import base64
import binascii

from safehold.ledger.errors import BadSignatureError, MalformedKeyError
from safehold.ledger.keys import SigningKey, public_key_from_hex, public_key_hex
from safehold.ledger.keys import verify as verify_bytes

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SCHEME = "v1a"
_PUBLIC = "whpk_"


def headers(key: SigningKey, delivery: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a delivery.

    Args:
        key: the installation's for webhooks.
        delivery: its id, the same at every try.
        seconds: when this try is sent, since 1970.
        body: all of it.
    """
    signature = base64.b64encode(key.sign(signed_bytes(delivery, str(seconds), body))).decode()
    return {ID: delivery, TIMESTAMP: str(seconds), SIGNATURE: f"{_SCHEME},{signature}"}


def signed_bytes(delivery: str, seconds: str, body: bytes) -> bytes:
    """Return what the signature is over."""
    return f"{delivery}.{seconds}.".encode() + body


def is_signed(signatures: str, signed: bytes, public_keys: frozenset[str]) -> bool:
    """Return whether one of the signatures is one of the keys'.

    Raises:
        MalformedKeyError: a key is none.
    """
    known = [_parsed(public_key) for public_key in public_keys]
    offered = [word.partition(",")[2] for word in signatures.split() if word.startswith(f"{_SCHEME},")]
    return any(_is_of(public_key, signed, signature) for public_key in known for signature in offered)


def public_text(key: SigningKey) -> str:
    """Return a key's public half as receivers know it: ``whpk_BASE64``."""
    return _PUBLIC + base64.b64encode(bytes.fromhex(public_key_hex(key.public_key))).decode()


def _parsed(text: str) -> str:
    try:
        return public_key_from_hex(base64.b64decode(text.strip().removeprefix(_PUBLIC), validate=True).hex())
    except (binascii.Error, ValueError) as error:
        raise MalformedKeyError("that is not a webhook's public key", advice="It reads whpk_ and more.") from error


def _is_of(public_key: str, signed: bytes, signature: str) -> bool:
    try:
        verify_bytes(public_key, signed, base64.b64decode(signature, validate=True))
    except (BadSignatureError, binascii.Error, ValueError):
        return False
    return True
