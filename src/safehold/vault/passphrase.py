"""Passphrases: a custodian's private key, encrypted under words that the custodian knows.

A stolen key file then opens nothing by itself. The key is stretched with Argon2id at libsodium's "moderate" cost
(256 MiB, half a second a guess), and the secret is sealed with XSalsa20-Poly1305.

    sealed = seal_secret(secret, b"five words that nobody would guess")
    open_secret(sealed, [b"..."])

Source: RFC 9106, Argon2; the libsodium manual, "Password hashing", OPSLIMIT_MODERATE and MEMLIMIT_MODERATE.
"""

from collections.abc import Iterable
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random

from safehold.vault.errors import CustodianRefusedError

SHORTEST_BYTES = 12
"""Of a passphrase: four short words. The number is ours; what matters more is that they are drawn by chance."""

_LONGEST_BYTES = 1024


def read_passphrase(path: Path) -> bytes:
    """Read a passphrase: the file's first line.

    Raises:
        CustodianRefusedError: it can't be read, or is too short or too long.
    """
    try:
        with path.open("rb") as file:
            words = file.readline(_LONGEST_BYTES + 2).rstrip(b"\r\n")
    except OSError as error:
        raise CustodianRefusedError(
            f"the passphrase file can't be read: {error.strerror}", advice="Give a file with the words on one line."
        ) from error
    if not SHORTEST_BYTES <= len(words) <= _LONGEST_BYTES:
        raise CustodianRefusedError(
            f"a passphrase has {SHORTEST_BYTES} to {_LONGEST_BYTES} bytes", advice="Draw five words or more by chance."
        )
    return words


def seal_secret(secret: bytes, passphrase: bytes) -> bytes:
    """Encrypt a private key; a salt of its own comes first."""
    salt = random(argon2id.SALTBYTES)
    return salt + bytes(_box(salt, passphrase).encrypt(secret))


def open_secret(sealed: bytes, passphrases: Iterable[bytes]) -> bytes:
    """Decrypt a private key with the one of these passphrases that fits.

    Raises:
        CustodianRefusedError: none does, or what is sealed was changed.
    """
    salt, box = sealed[: argon2id.SALTBYTES], sealed[argon2id.SALTBYTES :]
    for passphrase in passphrases:
        try:
            return _box(salt, passphrase).decrypt(box)
        except CryptoError:
            continue
    raise CustodianRefusedError(
        "a custodian's key is encrypted, and no passphrase that was given opens it",
        advice="Give the custodian's words with --passphrase-file, once for each encrypted key.",
    )


def _box(salt: bytes, passphrase: bytes) -> SecretBox:
    key = argon2id.kdf(
        SecretBox.KEY_SIZE, passphrase, salt, opslimit=argon2id.OPSLIMIT_MODERATE, memlimit=argon2id.MEMLIMIT_MODERATE
    )
    return SecretBox(key)
