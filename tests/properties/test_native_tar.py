import os
import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vectors import tars

from safehold.datasets.sources.places.blobs import Blob, FileBlob, MemoryBlob
from safehold.datasets.sources.tars.entry import Entry
from safehold.datasets.sources.tars.header import entries
from safehold.datasets.sources.tars.plain import run_by_python, runs
from safehold.native import Kernels, kernels

MOST = 4096


def with_prefix(header: bytes, prefix: bytes) -> bytes:
    return tars.with_checksum(header[:345] + prefix.ljust(155, b"\0") + header[500:])


names = st.text("ab./\\:é_0", min_size=0, max_size=12).map(str.encode) | st.sampled_from(
    [b"a.jpg", b"a/b.txt", b"..", b"a/../b", b"a..b", b"/a", b"\\a", b"c:a", b"a/", b"n" * 100, b"a\0\xff.jpg"]
)
sizes = st.none() | st.sampled_from(
    [b"0000000001 \0", b"00000000001 ", b"-0000000001\0", b"0_000000001\0", b"\x80" + b"\0" * 11, b"77777777777\0"]
)
kinds = st.sampled_from([b"0", b"0", b"0", b"0", b"\0", b"5", b"L", b"x", b"g", b"1"])
members = st.builds(
    lambda name, body, kind, size, prefix: with_prefix(
        tars.header(name[:100], len(body), kind, size_field=size), prefix
    ) + tars.padded(body),
    names, st.binary(max_size=600), kinds, sizes, st.sampled_from([b"", b"", b"", b"folder", b"/", b".."]),
)  # fmt: skip
archives = st.lists(members, max_size=6).map(b"".join)


pytestmark = pytest.mark.usefixtures("native")


@pytest.fixture(scope="module")
def native() -> Kernels:
    found = kernels()
    if found is None:
        pytest.skip("the native extension was not built, or SAFEHOLD_ENGINE=numpy")
    return found


class Ranges:
    """The same bytes where no kernel reaches them."""

    def __init__(self, data: bytes) -> None:
        self._data, self.size = data, len(data)

    def view(self, start: int, stop: int) -> bytes:
        return self._data[start:stop]


def in_file(data: bytes) -> list[Entry]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return list(entries(FileBlob(file.fileno(), len(data))))


def agreed(data: bytes) -> list[Entry]:
    expected = list(entries(Ranges(data)))
    assert list(entries(MemoryBlob(memoryview(data)))) == expected
    assert in_file(data) == expected
    return expected


@settings(max_examples=300, deadline=None)
@given(archives, st.sampled_from([tars.END, b"", bytes(512), tars.END + b"x"]), st.data())
def test_both_engines_walk_any_tar_alike(archive: bytes, end: bytes, data: st.DataObject) -> None:
    content = bytearray(archive + end)
    for _ in range(data.draw(st.integers(0, 2)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    agreed(bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]))


@settings(max_examples=200, deadline=None)
@given(archives)
def test_what_the_kernel_takes_for_plain_python_does_too(archive: bytes) -> None:
    blob = MemoryBlob(memoryview(archive))
    found, expected = runs(blob, MOST)(0), run_by_python(blob, MOST, 0)
    assert found.entries == expected.entries[: len(found.entries)]
    assert found.unproven == []


def test_a_long_run_of_plain_files_is_walked_by_the_kernel_alone() -> None:
    archive = tars.plain(3000)
    blob: Blob = MemoryBlob(memoryview(archive))
    first = runs(blob, MOST)(0)
    assert len(first.entries) == MOST
    second = runs(blob, MOST)(first.position)
    assert [*first.entries, *second.entries] == agreed(archive)
    assert len(second.entries) == 6000 - MOST


@pytest.mark.parametrize("place", [0, 100, 124, 148, 156, 345, 511])
def test_a_header_that_was_altered_ends_the_run(place: int) -> None:
    archive = bytearray(tars.plain(3))
    start = agreed(bytes(archive))[2].start
    archive[start + place] ^= 1
    assert len(runs(MemoryBlob(memoryview(bytes(archive))), MOST)(0).entries) == 2
    assert agreed(bytes(archive))[2].fault is not None


def test_arguments_that_do_not_fit_are_refused(native: Kernels) -> None:
    places, room = np.empty((2, 2), np.int64), np.empty(202, np.uint8)
    for wrong in (
        lambda: native.tar_run_of_bytes(b"x", -1, places, room),
        lambda: native.tar_run_of_bytes(b"x", 0, places, room[:201]),
        lambda: native.tar_run_of_bytes(b"x", 0, np.empty((2, 3), np.int64), room),
        lambda: native.tar_run_of_file(0, -1, 0, places, room),
        lambda: native.tar_run_of_file(0, 1 << 63, 0, places, room),
    ):
        with pytest.raises((ValueError, OverflowError)):
            wrong()
    with pytest.raises(TypeError):
        native.tar_run_of_bytes(b"x", 0, places.astype(np.int32), room)
    read_only = places.copy()
    read_only.flags.writeable = False
    with pytest.raises((ValueError, BufferError)):
        native.tar_run_of_bytes(b"x", 0, read_only, room)


def test_a_file_that_shrank_or_was_closed_ends_the_run(native: Kernels) -> None:
    archive = tars.plain(2)
    places, room = np.empty((9, 2), np.int64), np.empty(909, np.uint8)
    with tempfile.TemporaryFile() as file:
        file.write(archive[:700])
        file.flush()
        assert native.tar_run_of_file(file.fileno(), len(archive), 0, places, room)[0] == 1
        number = os.dup(file.fileno())
    os.close(number)
    assert native.tar_run_of_file(number, len(archive), 0, places, room) == (0, 0, 0)
    assert native.tar_run_of_bytes(b"", 0, places, room) == (0, 0, 0)
