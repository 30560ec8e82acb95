from pathlib import Path

import fsspec
import pytest
from tests.vectors import tars

from safehold.datasets.sources import ShardError
from safehold.datasets.sources.places.blobs import RemoteBlob, chunks, mapped, opened, read_start
from safehold.datasets.sources.tars.reading import groups
from safehold.vocabulary import GapReason


def test_a_big_remote_tar_is_read_through_a_window() -> None:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    data = tars.plain(30)
    memory.pipe("/bucket/a.tar", data)
    blob = RemoteBlob(memory, "/bucket/a.tar", len(data), window_bytes=700)
    found = [blob.view(entry.data, entry.data + entry.size) for group in groups(blob) for _, entry in group.members]
    assert [bytes(content) for content in found[::2]] == [
        bytes([number % 251]) * (700 + 13 * number) for number in range(30)
    ]


@pytest.mark.parametrize("place", ["file", "file://", "memory"])
def test_every_way_of_reading_gives_the_same_bytes(tmp_path: Path, place: str) -> None:
    data = bytes(range(256)) * 10
    path = tmp_path / "a"
    path.write_bytes(data)
    fsspec.filesystem("memory").pipe("/bucket/a", data)
    location = {"file": str(path), "file://": f"file://{path}", "memory": "memory://bucket/a"}[place]
    assert read_start(location, 7) == data[:7]
    with opened(location) as blob:
        assert (blob.size, b"".join(map(bytes, chunks(blob)))) == (len(data), data)
        assert bytes(blob.view(2500, 9999)) == data[2500:]
    assert bytes(mapped(location).view(3, 300)) == data[3:300]


@pytest.mark.parametrize("place", ["{}/absent", "memory://bucket/absent"])
def test_what_is_gone_is_missing_and_has_no_start(tmp_path: Path, place: str) -> None:
    location = place.format(tmp_path)
    with pytest.raises(ShardError) as error:
        mapped(location)
    assert error.value.reason is GapReason.MISSING
    with pytest.raises(ShardError), opened(location):
        pass
    assert read_start(location, 7) == b""


def test_an_empty_file_can_not_be_mapped(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(ShardError) as error:
        mapped(str(tmp_path / "a"))
    assert error.value.reason is GapReason.EMPTY
