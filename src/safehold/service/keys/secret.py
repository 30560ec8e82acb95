"""The secret of an API key: how it is made, written, read and compared.

``safehold_ID_SECRET``: the id finds the row, the secret is 256 random bits. SHA-256 is enough to keep it by: a slow
password hash makes guessing costly where few guesses suffice, and 2^256 guesses suffice for nobody. It costs a
microsecond, where a password hash would cost more than the whole check.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

_SECRET_BYTES = 32
_ID_BYTES = 6
"""48 bits: ids are looked up, not secret."""

_WRITTEN = re.compile(r"safehold_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """An API key as its holder has it.

    Attributes:
        id: what finds its row.
        secret: what proves it.
    """

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a new one from the operating system's randomness."""
        return cls(secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return what is written in a header, or None where it has not the form of a key."""
        found = _WRITTEN.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    @property
    def written(self) -> str:
        """The text that is shown once."""
        return f"safehold_{self.id}_{self.secret}"

    @property
    def digest(self) -> str:
        """What the database keeps, in hexadecimal."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def has(self, digest: str) -> bool:
        """Whether the digest is this secret's; takes the same time wherever they differ."""
        return hmac.compare_digest(self.digest, digest)

    def sign(self, data: bytes) -> str:
        """Return an HMAC-SHA-256 under the secret, in hexadecimal: a digest that our own database can't be guessed by.

        A plain digest of a short prompt could be guessed by whoever reads the database; the secret is not in there.
        """
        return hmac.new(self.secret.encode(), data, hashlib.sha256).hexdigest()
