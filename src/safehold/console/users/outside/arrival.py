"""An arrival: what a browser keeps, sealed, between being sent to the identity provider and coming back.

It ties the answer to the browser that asked: without it, somebody could have another person sign in as themselves.
"""

import base64
import datetime as dt
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Self

from safehold.console.users.errors import RefusedError, SecretKeyError
from safehold.console.users.proofs.sealing import Sealing
from safehold.console.users.signing_in import refused

SECONDS = 600
"""How long somebody may take at the provider."""

_PLACE = "arrival"
_BYTES = 32
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Arrival:
    """What must fit the provider's answer.

    Attributes:
        state: comes back in the address.
        nonce: comes back in what the provider signs.
        verifier: proves that who redeems the code is who asked for it (PKCE).
        at: when they were sent, in seconds since 1970.
        to: where they wanted to go.
        person: whom it must be: who is signed in and confirms that it is them; "" for anybody.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    at: int
    to: str = ""
    person: str = ""

    @classmethod
    def begun(cls, now: dt.datetime, *, to: str, person: str) -> Self:
        """Return a new one from the operating system's randomness."""
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, int(now.timestamp()), to, person)

    def sealed(self, sealing: Sealing) -> str:
        """Return it as the browser keeps it."""
        return base64.urlsafe_b64encode(sealing.seal(json.dumps(asdict(self)).encode(), _PLACE)).decode()

    @classmethod
    def read(cls, kept: str, sealing: Sealing, now: dt.datetime) -> Self:
        """Return what a browser kept.

        Raises:
            RefusedError: nothing of ours, or it is too old.
        """
        try:
            sealed = base64.urlsafe_b64decode(kept.encode()) if len(kept) <= _LONGEST else b""
            told = cls(**json.loads(sealing.open(sealed, _PLACE)))
        except (SecretKeyError, ValueError, TypeError) as error:
            raise refused() from error
        if not 0 <= now.timestamp() - told.at + 1 <= SECONDS:
            raise _late()
        return told


def _late() -> RefusedError:
    return RefusedError("that took too long", advice="Please begin again.")
