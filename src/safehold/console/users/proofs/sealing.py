"""The home's key for users' secrets: it seals what must be read again, and marks what must only be found again.

The key lies in the home's folder of keys, not in the database: whoever reads the database alone can make no code.
Several machines on one database need the same one.
"""

import hashlib
import hmac
from pathlib import Path

import nacl.exceptions
import nacl.secret

from safehold.console.users.errors import SecretKeyError
from safehold.home.secret import home_secret

KEY_NAME = "users.key"


def user_key(folder: Path) -> bytes:
    """Return the home's key for users' secrets, making it first where there is none; safe from several processes.

    Raises:
        SecretKeyError: the file is not such a key.
    """
    return home_secret(folder / KEY_NAME, unfit=SecretKeyError)


class Sealing:
    """Seal, open and mark with the home's key.

    Args:
        key: 32 secret bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._box = nacl.secret.Aead(hmac.new(key, b"seal", hashlib.sha256).digest())

    def seal(self, secret: bytes, owner: str) -> bytes:
        """Return a secret sealed for a place: in another one it does not open."""
        return bytes(self._box.encrypt(secret, owner.encode()))

    def open(self, sealed: bytes, owner: str) -> bytes:
        """Return a secret.

        Raises:
            SecretKeyError: another key sealed it, or it was moved or altered.
        """
        try:
            return self._box.decrypt(sealed, owner.encode())
        except (nacl.exceptions.CryptoError, ValueError) as error:
            raise SecretKeyError(
                "a second factor can't be read with this home's key",
                advice=f"Restore {KEY_NAME} from a backup; or give the user a new start: safehold user reset NAME",
            ) from error

    def mark(self, kind: str, text: str) -> str:
        """Return what stands for a text of a kind, in hexadecimal; it can't be guessed back without the key."""
        told = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, told, hashlib.sha256).hexdigest()
