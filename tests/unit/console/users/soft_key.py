"""A security key made of software, for tests: it signs what it is asked, and misbehaves where it is told to.

Source: W3C, Web Authentication Level 2, sections 6.1 (authenticator data) and 6.5 (attestation "none").
"""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

ORIGIN = "https://console.test"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """A key with a count of its signatures."""

    counter: int = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def name(self) -> str:
        return bytes_to_base64url(self.credential)

    def make(self, options: str, **odd: Any) -> str:
        """Return what a browser sends of a new key."""
        told = json.loads(options)
        numbers = self._private.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = b"\0" * 16 + struct.pack(">H", len(self.credential)) + self.credential + public
        party = odd.get("party", told["rp"]["id"])
        data = self._data(party, odd.get("flags", _PRESENT | _VERIFIED) | _ATTESTED) + attested
        client = _client("webauthn.create", told["challenge"], odd)
        response = {
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "clientDataJSON": bytes_to_base64url(client),
        }
        return self._sent(response)

    def sign(self, options: str, **odd: Any) -> str:
        """Return what a browser sends of a key that signs; its count goes up unless `stays` is given."""
        told = json.loads(options)
        self.counter += 0 if odd.get("stays") else 1
        data = self._data(odd.get("party", told["rpId"]), odd.get("flags", _PRESENT | _VERIFIED))
        client = _client("webauthn.get", told["challenge"], odd)
        signed = self._private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": bytes_to_base64url(data),
            "clientDataJSON": bytes_to_base64url(client),
            "signature": bytes_to_base64url(odd.get("signature", signed)),
        }
        return self._sent(response, odd.get("credential"))

    def _data(self, party: str, flags: int) -> bytes:
        return hashlib.sha256(party.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _sent(self, response: dict[str, str], named: str | None = None) -> str:
        name = named or self.name
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _client(kind: str, challenge: str, odd: dict[str, Any]) -> bytes:
    told = {"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False}
    return json.dumps({**told, **odd.get("client", {})}).encode()
