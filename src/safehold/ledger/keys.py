"""The installation's Ed25519 key: what it signs, this installation said.

key = SigningKey.load_or_create(home.keys, "installation")
verify(key.public_key, data, key.sign(data))
"""

import base64
import binascii
from pathlib import Path
from typing import NoReturn, Self

import nacl.exceptions
import nacl.signing

from safehold.home.files import FILE_MODE, locked_folder, tighten, write_atomic
from safehold.ledger.errors import BadSignatureError, MalformedKeyError

_PUBLIC = "safehold-ed25519:"
_PRIVATE = "safehold-ed25519-private:"
_KEY_BYTES = 32


class SigningKey:
    """A private key; it shows its public half and nothing else of itself.

    Args:
        seed: 32 secret bytes.
    """

    __slots__ = ("_key",)

    def __init__(self, seed: bytes) -> None:
        self._key = nacl.signing.SigningKey(seed)

    @classmethod
    def generate(cls) -> Self:
        """Return a new key from the operating system's randomness."""
        return cls(nacl.signing.SigningKey.generate().encode())

    @classmethod
    def load_or_create(cls, folder: Path, name: str) -> Self:
        """Return the key kept in a folder, making it first where there is none; safe from several processes.

        Raises:
            MalformedKeyError: the file is not a key of ours.
        """
        with locked_folder(folder):
            path = key_path(folder, name)
            if not path.exists():
                cls.generate().save(path)
            return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the key in a file, closing the file to others where it was open to them.

        Raises:
            MalformedKeyError: it is not a key of ours.
        """
        tighten(path, FILE_MODE)
        return cls(_decoded(path.read_text(encoding="ascii", errors="replace").strip(), _PRIVATE))

    def save(self, path: Path) -> None:
        """Write the key to a file that its owner alone can read; durable when it returns."""
        write_atomic(path, (_PRIVATE + base64.b64encode(self._key.encode()).decode() + "\n").encode())

    @property
    def public_key(self) -> str:
        """The public half, as text: ``safehold-ed25519:BASE64``."""
        return _PUBLIC + base64.b64encode(self._key.verify_key.encode()).decode()

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature of the data."""
        return self._key.sign(data).signature

    def __repr__(self) -> str:
        return f"SigningKey(public_key={self.public_key!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not copied or serialised")


def key_path(folder: Path, name: str) -> Path:
    """Return where a folder keeps the private key of this name."""
    return folder / f"{name}.key"


def verify(public_key: str, data: bytes, signature: bytes) -> None:
    """Check a signature.

    Raises:
        BadSignatureError: it is not this key's signature of these bytes.
        MalformedKeyError: the public key is none.
    """
    try:
        nacl.signing.VerifyKey(_decoded(public_key, _PUBLIC)).verify(data, signature)
    except (nacl.exceptions.CryptoError, ValueError) as error:
        raise BadSignatureError(
            "the signature does not belong to these bytes and this key",
            advice="Check that the public key is the one the installation gave you; if it is, the bytes were altered.",
        ) from error


def parse_public_key(text: str) -> str:
    """Return the public key that a person named.

    Raises:
        MalformedKeyError: it is none.
    """
    key = text.strip()
    try:
        _decoded(key, _PUBLIC)
    except MalformedKeyError as error:
        raise MalformedKeyError("that is not a public key", advice=error.advice) from error
    return key


def public_key_hex(public_key: str) -> str:
    """Return a public key in the form that an event can carry: 64 hexadecimal digits.

    Raises:
        MalformedKeyError: it is none.
    """
    return _decoded(public_key, _PUBLIC).hex()


def public_key_from_hex(digits: str) -> str:
    """Return the public key that an event carries.

    Raises:
        MalformedKeyError: it is none.
    """
    try:
        raw = bytes.fromhex(digits)
    except ValueError as error:
        raise _malformed() from error
    return _checked(_PUBLIC + base64.b64encode(raw).decode(), _PUBLIC)


def _checked(text: str, prefix: str) -> str:
    _decoded(text, prefix)
    return text


def _decoded(text: str, prefix: str) -> bytes:
    try:
        raw = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed() from error
    if not text.startswith(prefix) or len(raw) != _KEY_BYTES or base64.b64encode(raw).decode() != text[len(prefix) :]:
        raise _malformed()
    return raw


def _malformed() -> MalformedKeyError:
    return MalformedKeyError(
        "this is not a Safehold Ed25519 key", advice="A public key reads safehold-ed25519: and 44 more characters."
    )
