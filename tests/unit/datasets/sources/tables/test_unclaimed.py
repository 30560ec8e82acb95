"""Columns that no role claims are looked through, and every cell is judged as it would be alone."""

import base64
import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vectors import media

from safehold.datasets.sources import discover, read
from safehold.datasets.sources.records.disguise import holds_media
from safehold.datasets.sources.tables.unclaimed import hides_media
from safehold.vocabulary import GapReason

PICTURE = media.jpeg()
ENCODED = base64.b64encode(PICTURE).decode()
DISGUISES = {
    "base64": ENCODED,
    "base64 after words": "see " + "Q" * 2000,
    "data url": "DATA:image/png;base64," + "A" * 100,
    "data url without a type": "data:;base64," + "A" * 100,
    "hexadecimal": PICTURE.hex(),
    "plain gif": "GIF89a" + "a" * 100,
}
HARMLESS = ["", "a red cube", "/9j/", "a red cube " * 500, "https://host.example/" + "a/" * 900, "\u00fc" * 3000, None]


def column_of(value: object, kind: pa.DataType) -> pa.Array:
    return pa.array([None, value, None], kind)


def as_text(data: bytes) -> pa.Array:
    """Bytes that say they were text."""
    return pa.Array.from_buffers(pa.string(), 1, pa.array([data]).buffers())


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: column_of(text, pa.string()),
        lambda text: column_of(text, pa.large_string()),
        lambda text: column_of(text, pa.string_view()),
        lambda text: column_of(text, pa.string()).dictionary_encode(),
        lambda text: column_of(["", text], pa.list_(pa.string())),
        lambda text: column_of(["", text], pa.large_list(pa.string())),
        lambda text: column_of(["", text], pa.list_(pa.string(), 2)),
        lambda text: column_of({"a": {"b": text}}, pa.struct([("a", pa.struct([("b", pa.string())]))])),
        lambda text: column_of([("key", text)], pa.map_(pa.string(), pa.string())),
        lambda text: column_of([text], pa.list_view(pa.string())),
        lambda text: pa.array([["x"] * 9, None, [text], []], pa.list_(pa.string())).slice(1),
    ],
    ids=itertools.count(),
)
def test_media_as_text_is_found_in_every_shape(text: str, wrap: object) -> None:
    found = hides_media(wrap(text))  # type: ignore[operator]
    assert found.tolist() == [False, True, False]
    assert holds_media({"list": [text]})


def test_bytes_that_say_they_were_text_are_found() -> None:
    assert hides_media(as_text(PICTURE)).tolist() == [True]
    assert hides_media(as_text(b"caf\xe9")).tolist() == [False]
    assert hides_media(as_text(b"\xff" * 100)).tolist() == [True]


@pytest.mark.parametrize("kind", [pa.uint8(), pa.int8(), pa.int32(), pa.int64()])
def test_lists_of_numbers_that_are_bytes_of_media_are_found(kind: pa.DataType) -> None:
    numbers = [byte - 256 if byte > 127 and pa.types.is_int8(kind) else byte for byte in PICTURE]
    column = pa.array([[1] * 300, numbers, None, [], numbers[:50]], pa.list_(kind))
    assert hides_media(column).tolist() == [False, True, False, False, False]
    assert holds_media({"cell": numbers})
    assert not holds_media([1] * 300)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([PICTURE], pa.binary(len(PICTURE))),
        pa.array([PICTURE], pa.binary_view()),
        pa.array([[("a", PICTURE)]], pa.map_(pa.string(), pa.binary())),
        pa.array([[PICTURE]], pa.list_view(pa.binary())),
        pa.array([{"bytes": PICTURE, "path": "a"}]),
    ],
    ids=itertools.count(),
)
def test_bytes_that_are_examined_hide_nothing(column: pa.Array) -> None:
    assert hides_media(column).tolist() == [False]


def test_run_ends_are_looked_through() -> None:
    assert hides_media(pa.RunEndEncodedArray.from_arrays([1, 3], ["a", ENCODED])).tolist() == [False, True, True]


def test_grids_of_bytes_are_pictures_and_other_lists_are_not() -> None:
    grid = np.zeros((3, 32, 32), np.uint8).tolist()
    grids = pa.array([grid, [[[1]]], None], pa.list_(pa.list_(pa.list_(pa.uint8()))))
    assert hides_media(grids).tolist() == [True, False, False]
    assert not hides_media(pa.array([[1.0] * 4096], pa.list_(pa.float32()))).any()
    assert not hides_media(pa.array([[1] * 4096], pa.list_(pa.int8()))).any()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*DISGUISES.values(), *HARMLESS]), max_size=9))
def test_a_column_says_of_each_cell_what_the_cell_alone_says(cells: list[str | None]) -> None:
    assert hides_media(pa.array(cells, pa.string())).tolist() == [holds_media(cell) for cell in cells]


@pytest.mark.parametrize("has_picture", [True, False])
def test_what_hides_in_an_unclaimed_column_is_a_gap_of_its_row_alone(tmp_path: Path, has_picture: bool) -> None:
    first = {"image": [PICTURE] * 2} if has_picture else {}
    table = pa.table({**first, "caption": ["red", "blue"], "thumb": ["none", ENCODED], "image_path": [ENCODED, "b"]})
    pq.write_table(table, tmp_path / "a.parquet")
    records = [record for shard in discover([str(tmp_path)]).shards for record in read(shard)]
    assert [[(gap.reason, gap.place) for gap in record.gaps] for record in records] == [
        [(GapReason.UNSUPPORTED_FORMAT, "image_path")], [(GapReason.UNSUPPORTED_FORMAT, "thumb")]
    ]  # fmt: skip


def test_the_path_beside_a_picture_hides_nothing(tmp_path: Path) -> None:
    pictures = pa.array(
        [{"bytes": PICTURE, "path": ENCODED}], pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    )
    pq.write_table(pa.table({"image": pictures}), tmp_path / "a.parquet")
    (record,) = [record for shard in discover([str(tmp_path)]).shards for record in read(shard)]
    assert [gap.place for gap in record.gaps] == ["image"]


def test_ordinary_columns_hide_nothing() -> None:
    column = pa.array([f"a red cube number {number}" for number in range(20_000)])
    assert not hides_media(column).any()


def test_long_runs_are_told_from_long_texts() -> None:
    assert hides_media(pa.array(["x" * 60_000] * 500)).all()
    assert not hides_media(pa.array(["word " * 12_000] * 500)).any()
