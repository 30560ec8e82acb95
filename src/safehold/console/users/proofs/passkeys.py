"""Security keys and devices: what they are asked to sign, and whether they did.

A key signs a challenge of ours together with the address of the page that asked, so that what was signed for another
site is worth nothing here.

Source: W3C, Web Authentication Level 2 (2021), sections 7.1 and 7.2, by the package webauthn.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from safehold.console.users.errors import DID_NOT_WORK, RefusedError

LONGEST_SENT = 16_384
"""What a browser sends has some two thousand characters, with an attestation some eight thousand."""

_SERVICE = "Safehold"
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error)
"""What the package raises of what a browser sends: its own errors, and those of what it reads bytes with."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks a key to sign.

    Attributes:
        id: the host.
        origin: the address of the page, without its path.
    """

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a key is asked.

    Attributes:
        challenge: what it must sign, in base64url.
        options: what the browser is told, as JSON.
    """

    challenge: str
    options: str


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key that has signed.

    Attributes:
        credential: what it is called, in base64url.
        public_key: as COSE, CBOR bytes; b"" where it was known before.
        counter: its own count of signatures; 0 where it keeps none.
    """

    credential: str
    public_key: bytes
    counter: int


def ask_new(party: Party, name: str, handle: bytes, known: Sequence[str]) -> Asked:
    """Return what a new key is asked.

    Args:
        party: who asks.
        name: of the user, which the browser shows.
        handle: what the key may know the user by: nothing about them.
        known: credentials that the user has already.
    """
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=_SERVICE,
        user_name=name,
        user_id=handle,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(known),
    )
    return Asked(bytes_to_base64url(options.challenge), webauthn.options_to_json(options))


def ask_known(party: Party, known: Sequence[str]) -> Asked:
    """Return what any of a user's keys is asked."""
    options = webauthn.generate_authentication_options(rp_id=party.id, allow_credentials=_descriptors(known))
    return Asked(bytes_to_base64url(options.challenge), webauthn.options_to_json(options))


def read_new(party: Party, challenge: str, sent: str) -> ShownKey:
    """Return the new key that signed a challenge.

    Raises:
        RefusedError: none did.
    """
    try:
        found = webauthn.verify_registration_response(
            credential=_read(sent),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except _MALFORMED as error:
        raise refused() from error
    return ShownKey(bytes_to_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def credential_of(sent: str) -> str:
    """Return which key a browser says has signed; "" for none. Nothing is verified yet."""
    try:
        named = _read(sent).get("id")
    except (ValueError, RefusedError):
        return ""
    return named if isinstance(named, str) else ""


def read_known(party: Party, challenge: str, sent: str, known: ShownKey) -> ShownKey:
    """Return a key with its new count, since it has signed a challenge.

    Raises:
        RefusedError: it has not, or its count says that there is a copy of it.
    """
    try:
        found = webauthn.verify_authentication_response(
            credential=_read(sent),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.counter,
        )
    except _MALFORMED as error:
        raise refused() from error
    return ShownKey(bytes_to_base64url(found.credential_id), b"", found.new_sign_count)


def refused() -> RefusedError:
    """Return the refusal of whatever a key did wrong."""
    return RefusedError(DID_NOT_WORK, advice="Try the key again, or use another way.")


def _read(sent: str) -> dict[str, object]:
    """Return what a browser sends.

    Raises:
        RefusedError: it is too long, or no object.
        ValueError: it is no JSON.
    """
    try:
        told = json.loads(sent) if len(sent) <= LONGEST_SENT else None
    except RecursionError as error:
        raise refused() from error
    if not isinstance(told, dict):
        raise refused()
    return told


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
