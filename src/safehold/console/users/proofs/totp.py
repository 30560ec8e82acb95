"""Codes of an authenticator app: six digits that change every half minute.

A code counts for its own half minute and the ones before and after it, since clocks differ; and once: whoever calls
says which half minute was used last, and nothing up to that one is taken again.

Source: RFC 6238 (TOTP), sections 4 and 5.2; RFC 4226 (HOTP), section 5.3. SHA-1, since some apps know nothing else;
RFC 6238 allows it, and no weakness of SHA-1 is one of HMAC-SHA-1.
"""

import base64
import datetime as dt
import hashlib
import hmac
import re
import secrets
from urllib.parse import quote

PERIOD_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
"""Source: RFC 4226, section 4, R6: 160 bits recommended."""

_DRIFT = 1
_CODE = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)
_ISSUER = "Safehold"


def new_secret() -> bytes:
    """Return a secret for an app, from the operating system's randomness."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(now: dt.datetime) -> int:
    """Return the number of the half minute of a moment."""
    return int(now.timestamp()) // PERIOD_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """Return the code of a half minute."""
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def used_step(secret: bytes, typed: str, *, now: dt.datetime, after: int) -> int | None:
    """Return which half minute a code is of; None where it is wrong, or was taken already.

    Args:
        secret: of the app.
        typed: what somebody typed; spaces don't count.
        now: the time.
        after: the last half minute that was taken: this one and all before count no more.
    """
    code = typed[: 2 * DIGITS].replace(" ", "")
    if not _CODE.fullmatch(code) or len(typed) > 2 * DIGITS:
        return None
    middle, found = step_of(now), None
    for step in range(middle - _DRIFT, middle + _DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step), code) and step > after:
            found = step
    return found


def written_secret(secret: bytes) -> str:
    """Return a secret as a person types it into an app: groups of four letters."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def address_of(secret: bytes, name: str) -> str:
    """Return what the picture for the app says.

    Source: Google Authenticator, "Key Uri Format", which every app reads.
    """
    text = base64.b32encode(secret).decode()
    return f"otpauth://totp/{_ISSUER}:{quote(name)}?secret={text}&issuer={_ISSUER}"
