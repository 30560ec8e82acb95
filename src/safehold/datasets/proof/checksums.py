"""Checksums: SHA-256 of every file of the cleaned dataset, in the form that `sha256sum --check` reads.

Source: GNU coreutils manual, "cksum output modes": a backslash before the digest marks a name in which backslash,
newline and carriage return are escaped.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from safehold.datasets.errors import DamagedStateError

CHECKSUMS = "SHA256SUMS"
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"))
_DIGITS = 64


def files_below(root: Path, folders: tuple[str, ...]) -> Iterator[str]:
    """Yield the files below some folders of a root, as POSIX paths relative to it, in byte order of each folder.

    A link to a folder is one of them: what it leads to is not part of the dataset, but a training job would read it.
    """
    for folder in folders:
        for parent, inner, names in os.walk(root / folder):
            inner.sort()
            links = [name for name in inner if (Path(parent) / name).is_symlink()]
            for name in sorted([*names, *links]):
                yield (Path(parent) / name).relative_to(root).as_posix()


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_lines(root: Path, folders: tuple[str, ...], known: Mapping[str, str]) -> Iterator[bytes]:
    """Yield a line a file.

    Args:
        root: the output folder.
        folders: the folders of cleaned data below it.
        known: digests of files that were hashed while they were written, by relative path.
    """
    for name in files_below(root, folders):
        yield _line(known.get(name) or sha256_of(root / name), name)


def parse_checksums(data: bytes) -> dict[str, str]:
    """Return digests by relative path.

    Raises:
        DamagedStateError: a line is not one of ours, a path leaves the folder, or a file stands there twice.
    """
    listed: dict[str, str] = {}
    *lines, rest = data.decode("utf-8", "surrogateescape").split("\n")
    if rest:
        raise DamagedStateError(f"{CHECKSUMS} is cut short", advice="Fetch the output folder again from its maker.")
    for line in lines:
        digest, separator, name = line.removeprefix("\\").partition("  ")
        if line.startswith("\\"):
            name = _unescape(name)
        is_outside = name.startswith("/") or ".." in name.split("/")
        if not separator or len(digest) != _DIGITS or is_outside or name in listed:
            raise DamagedStateError(f"{CHECKSUMS} is damaged", advice="Fetch the output folder again from its maker.")
        listed[name] = digest
    return listed


def _line(digest: str, name: str) -> bytes:
    escaped = name
    for plain, code in _ESCAPES:
        escaped = escaped.replace(plain, code)
    mark = "\\" if escaped != name else ""
    return f"{mark}{digest}  {escaped}\n".encode("utf-8", "surrogateescape")


def _unescape(name: str) -> str:
    return name.replace("\\\\", "\0").replace("\\n", "\n").replace("\\r", "\r").replace("\0", "\\")
