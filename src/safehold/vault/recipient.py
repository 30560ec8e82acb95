"""Recipients: an authority's key pair, to which exports are sealed; only its private half opens them.

The authority makes the pair on its own machine and gives the public half away. The envelope is the vault's: a random
data key for each file, sealed to one holder, so that a file can't be opened, changed or cut unnoticed on its way.

    public = make_recipient_key(Path("authority.key"))
    sealed = public.seal(package)
    open_for(sealed, read_recipient_key(Path("authority.key")))
"""

import base64
import binascii
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nacl.public import PrivateKey, PublicKey

from safehold.home.files import FILE_MODE, fsync_folder
from safehold.vault.custodians import Custodian, CustodianKey, Quorum
from safehold.vault.envelope import OBJECT_HEADER_BYTES, SHARE_BYTES, ObjectHeader
from safehold.vault.errors import RecipientKeyError, VaultError
from safehold.vault.evidence import EvidenceId
from safehold.vault.opening import open_sealed
from safehold.vault.sealing import seal_passing

MAGIC = b"safehold-sealed-export-1\n"
_HOLDER = "recipient"
_PUBLIC = "safehold-recipient:"
_PRIVATE = "safehold-recipient-PRIVATE-KEY:"
_KEY_BYTES = 32
_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class RecipientKey:
    """The public half.

    Attributes:
        public_key: X25519, 32 bytes.
    """

    public_key: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a text.

        Raises:
            RecipientKeyError: it is none.
        """
        key = _decoded(text, _PUBLIC)
        return cls(bytes(PublicKey(key)))

    @property
    def text(self) -> str:
        """Return the text form: ``safehold-recipient:BASE64``."""
        return f"{_PUBLIC}{base64.b64encode(self.public_key).decode()}"

    def seal(self, data: bytes) -> bytes:
        """Return the data so that the private half alone opens it."""
        return b"".join(self.seal_passing((data,), len(data)))

    def seal_passing(self, parts: Iterable[bytes], size: int) -> Iterator[bytes]:
        """Yield data that passes by, sealed as by `seal`: no more of it than a part is in memory.

        Args:
            parts: the data in pieces of any length.
            size: bytes of all of them together.

        Raises:
            VaultError: the data is not as long as it was said to be; what was yielded then opens for nobody.
        """
        identifier = EvidenceId(secrets.token_hex(_ID_BYTES))
        quorum = Quorum((Custodian(_HOLDER, self.public_key),), 1)
        sealed = seal_passing(parts, size, identifier, quorum=quorum, vault_key=secrets.token_bytes(_KEY_BYTES))
        yield MAGIC + sealed.shares[_HOLDER]
        yield from sealed.parts


def make_recipient_key(out: Path) -> RecipientKey:
    """Make a key pair: the private half into a new file (mode 0600); return the public half.

    Raises:
        RecipientKeyError: the file is there already or can't be made.
    """
    key = PrivateKey.generate()
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"{_PRIVATE}{base64.b64encode(bytes(key)).decode()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        fsync_folder(out.parent)
    except OSError as error:
        raise RecipientKeyError(
            f"{out} can't be made: {error.strerror}", advice="Name a file that does not exist yet."
        ) from error
    return RecipientKey(bytes(key.public_key))


def read_recipient_key(path: Path) -> CustodianKey:
    """Read the private half.

    Raises:
        RecipientKeyError: it can't be read, or is something else.
    """
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise RecipientKeyError(f"{path} can't be read", advice="Name the file of the private key.") from error
    return CustodianKey(_HOLDER, _decoded(text, _PRIVATE))


def open_for(sealed: bytes, key: CustodianKey) -> bytes:
    """Return what was sealed for a recipient.

    Raises:
        RecipientKeyError: it was sealed for another one, was changed, or is something else.
    """
    share, data = sealed[len(MAGIC) : len(MAGIC) + SHARE_BYTES], sealed[len(MAGIC) + SHARE_BYTES :]
    try:
        if not sealed.startswith(MAGIC):
            raise _unfit("this file is not sealed for a recipient")
        identifier = ObjectHeader.from_bytes(data[:OBJECT_HEADER_BYTES]).id
        return open_sealed(data, identifier, shares={_HOLDER: share}, keys={_HOLDER: key})
    except VaultError as error:
        raise _unfit("this file does not open with this key: it is another's, or was changed") from error


def _decoded(text: str, prefix: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().removeprefix(prefix), validate=True)
    except (ValueError, binascii.Error) as error:
        raise _unfit("this is not a recipient's key") from error
    if not text.strip().startswith(prefix) or len(key) != _KEY_BYTES:
        raise _unfit("this is not a recipient's key")
    return key


def _unfit(what: str) -> RecipientKeyError:
    return RecipientKeyError(what, advice="The recipient makes a key with: safehold case recipient-key --out FILE")
