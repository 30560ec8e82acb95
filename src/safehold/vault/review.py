"""Review: items that were held or denied, sealed to the review key, for a short time. Nothing else is ever kept.

The gateway has the public half alone (``keys/review.pub`` in the home) and can't read back what it sealed; the private
half belongs to the console's process, and is made into a file outside the home. Without a public half nothing is kept.

    key = make_review_key(home.keys, out=Path("/run/secrets/review.key"))
    sealed = ReviewKey.load(home.keys).seal(data, check_key=...)
    open_item(sealed, read_review_key(Path("/run/secrets/review.key")))

The envelope is the vault's: a random data key for each item, sealed to one holder.
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from safehold.home import write_atomic
from safehold.home.files import FILE_MODE, fsync_folder, sync
from safehold.vault.custodians import Custodian, CustodianKey, Quorum
from safehold.vault.errors import ReviewKeyError, VaultError
from safehold.vault.evidence import EvidenceId
from safehold.vault.opening import open_sealed
from safehold.vault.sealing import seal

PUBLIC_NAME = "review.pub"
_HOLDER = "review"
_PUBLIC = "safehold-review:"
_PRIVATE = "safehold-review-PRIVATE-KEY:"
_KEY_BYTES = 32
_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class SealedItem:
    """An item that only the review key opens.

    Attributes:
        id: 64 hexadecimal digits.
        object: the encrypted content.
        share: its key, sealed.
        size: bytes of content.
        review_key: which key it is sealed to: the first digits of its public half.
    """

    id: str
    object: bytes
    share: bytes
    size: int
    review_key: str


@dataclass(frozen=True, slots=True)
class ReviewKey:
    """The public half, to which the gateway seals.

    Attributes:
        public_key: X25519, 32 bytes.
    """

    public_key: bytes

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Return the key registered in a home; None where there is none.

        Raises:
            ReviewKeyError: the file is something else.
        """
        path = folder / PUBLIC_NAME
        return cls(_parse(path, _PUBLIC)) if path.exists() else None

    @property
    def name(self) -> str:
        """Return what tells it from others."""
        return self.public_key.hex()[:16]

    def box(self, data: bytes) -> bytes:
        """Return a few bytes (a note, the circumstances of an item) sealed as one box; :func:`open_box` opens it."""
        return SealedBox(PublicKey(self.public_key)).encrypt(data)

    def seal(self, data: bytes, *, check_key: bytes, identifier: EvidenceId | None = None) -> SealedItem:
        """Seal an item.

        Args:
            data: its bytes.
            check_key: 32 secret bytes of the home's, by which it can tell that a stored item is what it sealed.
            identifier: what it is called; drawn at random by default.
        """
        identifier = identifier or EvidenceId(secrets.token_hex(_ID_BYTES))
        quorum = Quorum((Custodian(_HOLDER, self.public_key),), 1)
        sealed = seal(data, identifier, quorum=quorum, vault_key=check_key)
        return SealedItem(identifier, b"".join(sealed.parts), sealed.shares[_HOLDER], len(data), self.name)


def make_review_key(folder: Path, *, out: Path, replaces: bool = False) -> ReviewKey:
    """Make a key pair: the private half into a new file (mode 0600), the public half into the home.

    Args:
        folder: the home's keys.
        out: where the private half goes; not in the home.
        replaces: whether one that is there may be replaced: what is sealed to it, it alone still opens.

    Raises:
        ReviewKeyError: `out` is there already or lies in the home, or there is a key.
    """
    public = folder / PUBLIC_NAME
    if public.exists() and not replaces:
        raise ReviewKeyError(
            "there is a review key already", advice="Say --replace; keep the old private key while its items last."
        )
    if out.resolve().is_relative_to(folder.parent.resolve()):
        raise ReviewKeyError(
            f"{out} lies inside the home, where the gateway could read it",
            advice="Name a file that only the console's process can read.",
        )
    key = PrivateKey.generate()
    _write_once(out, _line(_PRIVATE, bytes(key)))
    write_atomic(public, _line(_PUBLIC, bytes(key.public_key)))
    return ReviewKey(bytes(key.public_key))


def read_review_key(path: Path) -> CustodianKey:
    """Read the private half.

    Raises:
        ReviewKeyError: it can't be read, or is something else.
    """
    return CustodianKey(_HOLDER, _parse(path, _PRIVATE))


def open_item(sealed: SealedItem, key: CustodianKey) -> bytes:
    """Return the content of a sealed item; the caller owes that the opening is recorded.

    Raises:
        ReviewKeyError: another key sealed it, or it was changed.
    """
    try:
        return open_sealed(sealed.object, EvidenceId(sealed.id), shares={_HOLDER: sealed.share}, keys={_HOLDER: key})
    except VaultError as error:
        raise ReviewKeyError(
            "a held item does not open with this key", advice=f"It was sealed to the review key {sealed.review_key}."
        ) from error


def open_box(sealed: bytes, key: CustodianKey) -> bytes:
    """Return what :meth:`ReviewKey.box` sealed; the caller owes that the opening is recorded.

    Raises:
        ReviewKeyError: another key sealed it, or it was changed.
    """
    try:
        return SealedBox(PrivateKey(key.secret)).decrypt(sealed)
    except (CryptoError, ValueError, TypeError) as error:
        raise ReviewKeyError(
            "what was sealed for review does not open with this key", advice="Use the review key it was sealed to."
        ) from error


def _line(prefix: str, key: bytes) -> bytes:
    return f"{prefix}{base64.b64encode(key).decode()}\n".encode()


def _parse(path: Path, prefix: str) -> bytes:
    try:
        text = path.read_text(encoding="ascii").strip()
        key = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (OSError, ValueError, binascii.Error) as error:
        raise _unfit(path) from error
    if not text.startswith(prefix) or len(key) != _KEY_BYTES:
        raise _unfit(path)
    return key


def _unfit(path: Path) -> ReviewKeyError:
    return ReviewKeyError(f"{path} is not a review key", advice="Make one with: safehold vault review-key --out FILE")


def _write_once(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
        fsync_folder(path.parent)
    except OSError as error:
        raise ReviewKeyError(
            f"{path} can't be made: {error.strerror}", advice="Name a file that does not exist yet."
        ) from error
