"""Custodians: the people whose keys open evidence, k of n together.

A custodian's X25519 key pair is made by ``generate``. The private half goes to a file that the custodian takes away
(it may not lie inside the home); the public half is registered in the home's ``keys/custodians`` folder. From then on
the machine seals to the custodian without being able to read back.

    custodians = Custodians(home.keys / "custodians")
    custodians.generate("amira", out=Path("/media/stick/amira.key"))
    custodians.generate("jonas", out=Path("/media/other/jonas.key"))
    custodians.quorum()        # Quorum of two, threshold 2
"""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nacl.public import PrivateKey, PublicKey

from safehold.home.files import fsync_folder, private_folder, write_atomic
from safehold.vault.errors import CustodianRefusedError, NoCustodiansError
from safehold.vault.passphrase import open_secret, seal_secret

_PUBLIC_PREFIX = "safehold-custodian"
_PRIVATE_PREFIX = "safehold-custodian-PRIVATE-KEY"
_ENCRYPTED_PREFIX = "safehold-custodian-PRIVATE-KEY-ENCRYPTED"
_KEY_WIDTH_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_MOST_CUSTODIANS = 64

FEWEST = 2
"""How many must act together at least, wherever there are as many: no single person opens evidence. Ours."""


@dataclass(frozen=True, slots=True)
class Custodian:
    """A person who holds a share of every object that is sealed while they are registered.

    Attributes:
        name: lower-case letters, digits and hyphens; it names a folder.
        public_key: X25519, 32 bytes.
    """

    name: str
    public_key: bytes


@dataclass(frozen=True, slots=True)
class CustodianKey:
    """A custodian's private key, in memory for the length of a ceremony.

    Attributes:
        name: whose it is.
        secret: X25519, 32 bytes; not part of the representation, so that no log or traceback shows it.
    """

    name: str
    secret: bytes = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """Return the public half."""
        return bytes(PrivateKey(self.secret).public_key)


@dataclass(frozen=True, slots=True)
class Quorum:
    """To whom the next object is sealed, and how many of them can open it.

    Attributes:
        custodians: ordered by name.
        threshold: k; between 1 and the number of custodians.

    Raises:
        NoCustodiansError: fewer custodians than the threshold, or none.
    """

    custodians: tuple[Custodian, ...]
    threshold: int

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(self.custodians):
            raise NoCustodiansError(
                f"{len(self.custodians)} custodians can't form a quorum of {self.threshold}",
                advice="Register custodians with `safehold vault keygen NAME --out FILE`.",
            )

    @property
    def is_single_operator(self) -> bool:
        """Whether one person alone can open: every export and certificate then says so."""
        return self.threshold == 1


class Custodians:
    """The register of public keys in a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def generate(self, name: str, *, out: Path, passphrase: bytes | None = None) -> Custodian:
        """Make a key pair, write the private half to ``out`` (mode 0600) and register the public half.

        With a passphrase, the private half is encrypted under it. The private file is on the disk before the
        registration, so that nothing is ever sealed to a lost key.

        Raises:
            CustodianRefusedError: the name is unusable or taken, ``out`` exists, or it lies inside the home.
        """
        self._refuse_taken(name)
        home = self._folder.parent.parent.resolve()
        if out.resolve().is_relative_to(home):
            raise CustodianRefusedError(
                f"{out} lies inside the home, where the scanning machine could read it",
                advice="Name a file on a medium that the custodian takes away.",
            )
        key = PrivateKey.generate()
        if passphrase is None:
            _write_once(out, _line(_PRIVATE_PREFIX, name, bytes(key)))
        else:
            _write_once(out, _line(_ENCRYPTED_PREFIX, name, seal_secret(bytes(key), passphrase)))
        return self.register(name, bytes(key.public_key))

    def register(self, name: str, public_key: bytes) -> Custodian:
        """Register a public key that was made elsewhere.

        Raises:
            CustodianRefusedError: the name is unusable or taken, or the key has a wrong width or is registered already.
        """
        self._refuse_taken(name)
        if len(public_key) != _KEY_WIDTH_BYTES or any(known.public_key == public_key for known in self.list()):
            raise CustodianRefusedError(
                f"the public key for {name} is not a new X25519 key",
                advice="Every custodian needs a key of their own: make one with `safehold vault keygen`.",
            )
        private_folder(self._folder)
        write_atomic(self._folder / f"{name}.pub", _line(_PUBLIC_PREFIX, name, public_key))
        return Custodian(name, public_key)

    def retire(self, name: str) -> None:
        """Seal nothing more to this custodian; earlier shares stay theirs, and the name stays taken.

        Raises:
            CustodianRefusedError: nobody has this name.
            NoCustodiansError: too few would be left for the present threshold; a quorum is never weakened silently.
        """
        left = tuple(known for known in self.list() if known.name != name)
        if len(left) == len(self.list()):
            raise CustodianRefusedError(f"there is no custodian {name}", advice="`safehold vault list` names them.")
        self.quorum()
        Quorum(left, self._threshold() or FEWEST)
        (self._folder / f"{name}.pub").replace(self._folder / f"{name}.retired")
        fsync_folder(self._folder)

    def list(self) -> tuple[Custodian, ...]:
        """Return everybody who is registered, ordered by name."""
        if not self._folder.is_dir():
            return ()
        return tuple(Custodian(*_parse(path, _PUBLIC_PREFIX)) for path in sorted(self._folder.glob("*.pub")))

    def require(self, threshold: int) -> None:
        """Set how many custodians must act together for objects sealed from now on.

        One alone opens nothing while several are registered, whatever is set: that one suffices is for whoever is left.

        Raises:
            NoCustodiansError: there are fewer custodians.
        """
        Quorum(self.list(), threshold)
        write_atomic(self._folder / "threshold", f"{threshold}\n".encode())

    def quorum(self) -> Quorum:
        """Return to whom the next object is sealed: two or more together open it, a lone custodian alone.

        Raises:
            NoCustodiansError: nobody is registered, or fewer than the threshold that was set.
        """
        custodians = self.list()
        return Quorum(custodians, max(self._threshold() or 1, min(FEWEST, len(custodians))))

    def _threshold(self) -> int | None:
        """Return the threshold that was set; None where none was."""
        setting = self._folder / "threshold"
        if not setting.exists():
            return None
        text = setting.read_text(encoding="ascii", errors="replace").strip()
        if not text.isdecimal():
            raise CustodianRefusedError(
                "the custodians' threshold is not a number", advice="Set it again, or restore the home from a backup."
            )
        return int(text)

    def _refuse_taken(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise CustodianRefusedError(
                f"{name!r} can't name a custodian", advice="Use up to 63 lower-case letters, digits and hyphens."
            )
        if any((self._folder / f"{name}.{state}").exists() for state in ("pub", "retired")):
            raise CustodianRefusedError(
                f"there is a custodian {name} already", advice="Choose another name: keys are never replaced in place."
            )
        if len(self.list()) >= _MOST_CUSTODIANS:
            raise CustodianRefusedError(
                f"there are {_MOST_CUSTODIANS} custodians already",
                advice="A quorum of fewer people is easier to guard.",
            )


def read_custodian_key(path: Path, passphrases: Sequence[bytes] = ()) -> CustodianKey:
    """Read a custodian's private key file.

    Args:
        path: the file.
        passphrases: words of which one opens it, should it be encrypted.

    Raises:
        CustodianRefusedError: it can't be read, is something else, or is encrypted under other words.
    """
    with _refusing(path, _PRIVATE_PREFIX):
        is_encrypted = path.read_bytes().startswith(_ENCRYPTED_PREFIX.encode() + b":")
    if not is_encrypted:
        return CustodianKey(*_parse(path, _PRIVATE_PREFIX))
    name, sealed = _fields(path, _ENCRYPTED_PREFIX)
    return CustodianKey(name, open_secret(sealed, passphrases))


def _line(prefix: str, name: str, key: bytes) -> bytes:
    return f"{prefix}:{name}:{base64.b64encode(key).decode('ascii')}\n".encode("ascii")


def _parse(path: Path, prefix: str) -> tuple[str, bytes]:
    name, key = _fields(path, prefix)
    with _refusing(path, prefix):
        if len(key) != _KEY_WIDTH_BYTES:
            raise ValueError(prefix)
        PublicKey(key)
    return name, key


def _fields(path: Path, prefix: str) -> tuple[str, bytes]:
    with _refusing(path, prefix):
        found, name, text = path.read_text(encoding="ascii").strip().split(":")
        content = base64.b64decode(text, validate=True)
        if found != prefix or not _NAME.fullmatch(name):
            raise ValueError(prefix)
    return name, content


@contextmanager
def _refusing(path: Path, prefix: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, binascii.Error) as error:
        raise CustodianRefusedError(
            f"{path} is not a readable {prefix} file", advice="Give the file that `safehold vault keygen` wrote."
        ) from error


def _write_once(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise CustodianRefusedError(
            f"{path} exists; a private key is never overwritten", advice="Name a file that does not exist yet."
        ) from error
    except OSError as error:
        raise CustodianRefusedError(
            f"{path} can't be written: {error.strerror}", advice="Name a file in a folder that you may write to."
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fsync_folder(path.parent)
