"""The files of a segment: one array each beside a manifest with their digests, published by renaming their folder.

Rules: a folder that has its final name is complete and never changes. Every file is read and its digest compared
before a segment is used, since a flipped bit would be a match that is missed in silence.

    publish(folder / digest, facts, arrays)
    facts, arrays = opened(folder / digest)
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from safehold.home import fsync_folder, private_folder, write_atomic
from safehold.matching.errors import damaged_segment

FORMAT = "safehold.segment/2"
BUILDING = "building-"
"""How the names of unfinished folders begin."""

_MANIFEST = "manifest.json"
_READ_BYTES = 1 << 20

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
    building.rename(folder)
    fsync_folder(folder.parent)


def sweep_unfinished(folder: Path) -> None:
    """Remove what builders that died have left; the caller keeps other builders out."""
    for orphan in folder.glob(f"{BUILDING}*"):
        shutil.rmtree(orphan)


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


def opened(folder: Path) -> tuple[Facts, Arrays]:
    """Map a segment's arrays after checking each of its files.

    Raises:
        SegmentDamagedError: a file is missing, truncated or altered.
    """
    facts = facts_of(folder)
    files = facts.get("files")
    if not isinstance(files, dict) or not files:
        raise damaged_segment("its manifest names no files")
    return facts, {name: _mapped(folder / f"{name}.npy", expected) for name, expected in files.items()}


def _mapped(path: Path, expected: Mapping[str, object]) -> NDArray[np.generic]:
    try:
        if path.stat().st_size != expected["bytes"] or _digest(path) != expected["sha256"]:
            raise damaged_segment(f"{path.name} was altered or cut")
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged_segment(f"{path.name} can't be read") from error
    return np.asarray(array)


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
