"""A source whose bytes change while its size and time stay: what was not examined is never certified."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.functional.datasets.builders import (
    Place,
    jpeg,
    plain_records,
    results,
    safeguard,
    write_image_folder,
    write_tar,
)

from safehold.datasets.errors import ChangedSourceError
from safehold.datasets.safeguard import decide


def exchange_in_place(path: Path, old: bytes, new: bytes) -> None:
    """Overwrite bytes of a file and set its times back."""
    assert len(old) == len(new)
    before, data = path.stat(), path.read_bytes()
    assert data.count(old) == 1
    with path.open("r+b") as file:
        file.seek(data.index(old))
        file.write(new)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def padded(data: bytes, size: int) -> bytes:
    """The same picture in so many bytes, with fill behind its first marker that every decoder skips."""
    return data[:2] + b"\xff" * (size - len(data)) + data[2:]


def exchangeable() -> tuple[bytes, bytes]:
    old, new = jpeg(900), jpeg(901)
    size = max(len(old), len(new))
    return padded(old, size), padded(new, size)


def tar_source(folder: Path, picture: bytes) -> tuple[Path, Path]:
    path = write_tar(folder / "00000.tar", {**plain_records(2), "exchanged": {"jpg": picture, "txt": b"colours"}})
    return path, path


def folder_source(folder: Path, picture: bytes) -> tuple[Path, Path]:
    write_image_folder(folder, {"a.jpg": jpeg(3), "exchanged.jpg": picture}, {})
    return folder, folder / "exchanged.jpg"


@pytest.mark.parametrize("make", [tar_source, folder_source])
def test_bytes_that_changed_behind_size_and_time_are_scanned_again_before_they_are_certified(
    make: Callable[[Path, bytes], tuple[Path, Path]], place: Place
) -> None:
    old, new = exchangeable()
    source, file = make(place.root / "source", old)
    out = place.root / "out"
    safeguard(place, [source], out)
    shutil.rmtree(out / ".safehold" / "applied")
    exchange_in_place(file, old, new)
    with pytest.raises(ChangedSourceError):
        safeguard(place, [source], out)
    safeguard(place, [source], out)
    assert any(new in data for data in results(out).values())
    assert not any(old in data for data in results(out).values())


def test_an_output_that_somebody_changed_is_written_again(place: Place) -> None:
    source = write_tar(place.root / "source" / "00000.tar", plain_records(3))
    out = place.root / "out"
    safeguard(place, [source], out)
    untouched = results(out)
    clean = out / "clean" / "00000.tar"
    clean.unlink()
    clean.write_bytes(b"something else")
    safeguard(place, [source], out)
    assert results(out) == untouched


def test_a_source_that_is_linked_into_the_cleaned_dataset_is_not_published_again_after_it_was_rewritten(
    place: Place,
) -> None:
    old, new = exchangeable()
    source, file = tar_source(place.root / "source", old)
    out = place.root / "out"
    safeguard(place, [source], out)
    if (out / "clean" / "00000.tar").stat().st_ino != file.stat().st_ino:
        pytest.skip("this file system shares extents instead of linking")
    exchange_in_place(file, old, new)
    with place.open() as workshop, pytest.raises(ChangedSourceError):
        decide(out, workshop.equipment(place.policy))
