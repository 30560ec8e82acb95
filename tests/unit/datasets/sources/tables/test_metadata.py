import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from safehold.datasets.sources import SourceOptions, discover, read, read_columns, rewrite
from safehold.datasets.sources.tables.metadata import from_hexadecimal, parse
from safehold.vocabulary import Algorithm


def laion(rows: int) -> pa.Table:
    return pa.table(
        {
            "URL": [f"https://pictures.example/{n}" for n in range(rows)],
            "TEXT": [f"red cube {n}" for n in range(rows)],
            "md5": [f"{n:032x}" for n in range(rows)],
            "punsafe": [n / rows if n % 3 else None for n in range(rows)],
            "NSFW": ["UNLIKELY"] * rows,
            "similarity": [0.3] * rows,
        }
    )


def test_columns_and_records_say_the_same(tmp_path: Path) -> None:
    pq.write_table(laion(20), tmp_path / "part.parquet", row_group_size=6)
    mix = discover([str(tmp_path)], SourceOptions(metadata_rows=12))
    assert [shard.part for shard in mix.shards] == ["0-1", "2-3"]
    for shard in mix.shards:
        records = list(read(shard))
        (batch,) = read_columns(shard)
        hashes = batch.hashes[Algorithm.MD5, "md5"]
        assert batch.rows == len(records)
        assert [str(batch.first + n) for n in range(batch.rows)] == [record.key for record in records]
        assert batch.url is not None
        assert batch.url.to_pylist() == [record.url for record in records]
        assert [bytes(row) for row in hashes.values] == [record.listed[0].value for record in records]
        assert batch.captions["TEXT"].to_pylist() == [record.texts[0].text for record in records]
        for value, record in zip(batch.labels["punsafe"], records, strict=True):
            assert record.labels.get("punsafe", math.nan) == pytest.approx(value, nan_ok=True)
        assert batch.words["nsfw"].to_pylist() == ["UNLIKELY"] * batch.rows


def test_metadata_is_filtered_by_row(tmp_path: Path) -> None:
    pq.write_table(laion(20), tmp_path / "part.parquet", row_group_size=6)
    output = discover([str(tmp_path)], SourceOptions(metadata_rows=12)).outputs[0]
    rewrite(output, {"0", "7", "19"}.__contains__, tmp_path / "out")
    found = pq.read_table(tmp_path / "out")
    assert found.to_pylist() == [row for n, row in enumerate(laion(20).to_pylist()) if n in {0, 7, 19}]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_hashes_that_are_missing_or_malformed_are_told_apart(kind: pa.DataType) -> None:
    cells = ["0f" * 16, None, "", "zz" * 16, "0F" * 16, "0f" * 15, "0f" * 17]
    hashes = parse(pa.array(cells, pa.string()).cast(kind), Algorithm.MD5)
    assert hashes.is_there.tolist() == [True, False, False, False, True, False, False]
    assert hashes.is_malformed.tolist() == [False, False, False, True, False, True, True]
    assert [bytes(row).hex() for row in hashes.values[[0, 4]]] == ["0f" * 16] * 2
    assert not hashes.values[~hashes.is_there].any()


def test_hashes_stored_as_bytes_are_taken_as_they_are() -> None:
    for kind in (pa.binary(), pa.binary(16)):
        hashes = parse(pa.array([bytes(range(16)), None], kind), Algorithm.MD5)
        assert bytes(hashes.values[0]) == bytes(range(16))
        assert hashes.is_there.tolist() == [True, False]


def test_a_sliced_column_is_parsed_from_its_own_rows() -> None:
    column = pa.array([f"{n:040x}" for n in range(9)])[4:7]
    assert [int.from_bytes(bytes(row)) for row in parse(column, Algorithm.SHA1).values] == [4, 5, 6]


def test_every_byte_that_is_no_digit_is_refused_wherever_it_stands() -> None:
    rows = []
    for place in (0, 1, 30, 31):
        for value in range(256):
            row = bytearray(b"0" * 32)
            row[place] = value
            rows.append(bytes(row))
    _, bad = from_hexadecimal(np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 32))
    digits = b"0123456789abcdefABCDEF"
    assert bad.tolist() == [value not in digits for _ in range(4) for value in range(256)]
