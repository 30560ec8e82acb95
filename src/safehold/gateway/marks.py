"""Marks: what stands for an account or a session in our tables. Keyed, so that they can't be guessed back.

The key is made with the home and stays in it; several machines on one database need the same one.

    marks = Marks(digest_key(home.keys))
    marks.of("account", "a-17")
"""

import hmac
from pathlib import Path

from safehold.gateway.errors import DigestKeyError
from safehold.home.secret import home_secret

KEY_NAME = "marks.key"
_MARK_BYTES = 16
"""Of 32: far too many for two of an installation's accounts to share one (2**64 for an even chance)."""


def digest_key(folder: Path) -> bytes:
    """Return the home's key for marks, making it first where there is none; safe from several processes.

    Raises:
        DigestKeyError: the file is not such a key.
    """
    return home_secret(folder / KEY_NAME, unfit=DigestKeyError)


class Marks:
    """Make marks.

    Args:
        key: 32 secret bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, owner: str, name: str) -> str | None:
        """Return the mark of a name; None for no name.

        Args:
            owner: what the name is of, so that an account and a session of one name have different marks.
            name: as the operator calls it.
        """
        if not name:
            return None
        text = f"{owner}\0{name}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, "sha256")[:_MARK_BYTES].hex()
