"""The files of a segment: one array each beside a manifest with their digests, published by renaming their folder.

Rules: a folder that has its final name is complete and never changes. A flipped bit would be a match that is missed in
silence, so every file's digest is compared when it is published and whenever somebody asks; the seal then says of which
files, by size, times and inode, this was so. Opening without a check compares the seal alone: it sees whatever changes
a file, but not a medium that forgets. A seal that doesn't fit (a copied or restored home) leads to a full check.

    publish(folder / digest, facts, arrays)
    facts, arrays = opened(folder / digest, checked=True)
"""

import hashlib
import json
import math
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from safehold.home import fsync_folder, private_folder, write_atomic
from safehold.matching.errors import damaged_segment

FORMAT = "safehold.segment/2"
BUILDING = "building-"
"""How the names of unfinished folders begin."""

_MANIFEST, _SEAL = "manifest.json", "seal.json"
_READ_BYTES = 1 << 20
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<|][biufc][0-9]+)', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n",
    re.DOTALL,
)
_HEADER_START = 10
"""Source: numpy.lib.format, "Format Version 1.0". numpy's own reader takes 60 microseconds a file, for its Python."""

Facts = Mapping[str, object]
Arrays = dict[str, NDArray[np.generic]]


def publish(folder: Path, facts: Facts, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Write a segment so that its name shows all of it or nothing; does nothing where it already is.

    The caller keeps other builders out.
    """
    if folder.exists():
        return
    building = private_folder(folder.with_name(BUILDING + folder.name))
    files = {}
    for name, array in arrays.items():
        path = building / f"{name}.npy"
        write_atomic(path, _writer(array))
        files[name] = {"sha256": _digest(path), "bytes": path.stat().st_size}
    manifest = {"format": FORMAT, **facts, "files": files}
    write_atomic(building / _MANIFEST, json.dumps(manifest, sort_keys=True).encode())
    _seal(building, files)
    building.rename(folder)
    fsync_folder(folder.parent)


def remove(segment: Path) -> None:
    """Remove a segment so that its name shows all of it or nothing; the caller keeps other builders out."""
    going = segment.with_name(BUILDING + segment.name)
    shutil.rmtree(going, ignore_errors=True)
    with suppress(OSError):  # somebody else's home: it stays, and doesn't serve
        segment.rename(going)
    shutil.rmtree(going, ignore_errors=True)


def sweep_unfinished(folder: Path) -> None:
    """Remove what builders that died have left; the caller keeps other builders out."""
    for orphan in folder.glob(f"{BUILDING}*"):
        shutil.rmtree(orphan, ignore_errors=True)


def facts_of(folder: Path) -> Facts:
    """Return what the manifest of a segment says.

    Raises:
        SegmentDamagedError: it is missing, unreadable, or of another format.
    """
    try:
        facts = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise damaged_segment("its manifest can't be read") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise damaged_segment("its manifest has another format")
    return facts


def opened(folder: Path, *, checked: bool = True) -> tuple[Facts, Arrays]:
    """Map a segment's arrays.

    Args:
        folder: of the segment.
        checked: whether each file's digest is compared, or only that nothing has changed the files since it was.

    Raises:
        SegmentDamagedError: a file is missing, truncated or altered.
    """
    facts = facts_of(folder)
    files = facts.get("files")
    if not isinstance(files, dict) or not files:
        raise damaged_segment("its manifest names no files")
    if checked or not _is_sealed(folder, files):
        check(folder)
    return facts, {name: _mapped(folder / f"{name}.npy") for name in files}


def check(folder: Path) -> None:
    """Compare the digest of each file of a segment, and seal it.

    Raises:
        SegmentDamagedError: a file is missing, truncated or altered.
    """
    files = facts_of(folder).get("files")
    if not isinstance(files, dict):
        raise damaged_segment("its manifest names no files")
    before = _seen(folder, files)
    for name, expected in files.items():
        path = folder / f"{name}.npy"
        try:
            if path.stat().st_size != expected["bytes"] or _digest(path) != expected["sha256"]:
                raise damaged_segment(f"{path.name} was altered or cut")
        except (OSError, KeyError, TypeError) as error:
            raise damaged_segment(f"{path.name} can't be read") from error
    if before == _seen(folder, files) and not _is_sealed(folder, files):
        with suppress(OSError):  # somebody else's home, or a full disk: the next opening checks again
            _seal(folder, files)


def _seal(folder: Path, files: Iterable[str]) -> None:
    write_atomic(folder / _SEAL, json.dumps(_seen(folder, files)).encode())


def _is_sealed(folder: Path, files: Iterable[str]) -> bool:
    try:
        seal = json.loads((folder / _SEAL).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(seal == _seen(folder, files))


def _seen(folder: Path, files: Iterable[str]) -> dict[str, list[int]]:
    """Return what the file system says of the manifest and each file; whatever writes to one changes it."""
    seen = {}
    for name in (_MANIFEST, *(f"{name}.npy" for name in files)):
        try:
            found = (folder / name).stat()
        except OSError as error:
            raise damaged_segment(f"{name} can't be read") from error
        seen[name] = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    return seen


def _mapped(path: Path) -> NDArray[np.generic]:
    """Map the array of a file, in a quarter of the time that `np.load` takes."""
    try:
        with path.open("rb", buffering=0) as file:
            mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
        shape, dtype, start = _usual_header(mapped) or _any_header(mapped, path)
        return np.frombuffer(mapped, dtype, math.prod(shape), start).reshape(shape)
    except (OSError, ValueError) as error:
        raise damaged_segment(f"{path.name} can't be read") from error


def _usual_header(mapped: mmap) -> tuple[tuple[int, ...], np.dtype[np.generic], int] | None:
    """Return shape, items and start of an array whose header is spelt as numpy has always spelt it; else None."""
    found = _HEADER.match(mapped)
    if found is None or found.end() != _HEADER_START + int.from_bytes(found[1], "little"):
        return None
    return tuple(map(int, re.findall(rb"[0-9]+", found[3]))), np.dtype(found[2].decode()), found.end()


def _any_header(mapped: mmap, path: Path) -> tuple[tuple[int, ...], np.dtype[np.generic], int]:
    version = np.lib.format.read_magic(mapped)
    shape, is_by_columns, dtype = np.lib.format.read_array_header_1_0(mapped)
    if version != (1, 0) or is_by_columns or dtype.hasobject:
        raise damaged_segment(f"{path.name} is of another kind")
    return shape, dtype, mapped.tell()


def _writer(array: NDArray[np.generic]) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)

    return write


def _digest(path: Path) -> str:
    digest, buffer = hashlib.sha256(), bytearray(_READ_BYTES)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(memoryview(buffer)[:count])
    return digest.hexdigest()
