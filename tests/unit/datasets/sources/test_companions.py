import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.vectors import tars

from safehold.datasets.sources import CompanionKind, Mix, discover, reemit, rewrite


def cleaned(folder: Path, extra: dict[str, bytes]) -> tuple[Mix, dict[CompanionKind, bool]]:
    """Write a shard of four records with companions, without record 1, and all its companions again."""
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    tars.write(folder / "in", tars.plain(4, form=tarfile.GNU_FORMAT))
    for name, content in extra.items():
        (folder / "in" / name).write_bytes(content)
    mix = discover([str(folder / "in")])
    kept = {"00000", "00002", "00003"}
    rewrite(mix.outputs[0], kept.__contains__, folder / "out" / "00000.tar")
    done = {
        one.kind: reemit(one, kept.__contains__, folder / "out" / one.name, output=folder / "out" / one.output)
        for one in mix.companions
    }
    return mix, done


def rows(table: pa.Table, **options: object) -> dict[str, bytes]:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return {"00000.parquet": out.getvalue()}


KEYS = ["00000", "00001", "00002", "00003", "00004", None, "00002"]


def test_rows_of_dropped_and_of_never_scanned_records_go_and_so_do_repeated_ones(tmp_path: Path) -> None:
    _, done = cleaned(tmp_path, rows(pa.table({"key": KEYS, "width": list(range(7)), "is_small": [True] * 7})))
    assert done == {CompanionKind.ROWS: True}
    assert pq.read_table(tmp_path / "out" / "00000.parquet").to_pydict() == {
        "key": ["00000", "00002", "00003"], "width": [0, 2, 3], "is_small": [True] * 3
    }  # fmt: skip


def test_what_rows_say_in_words_or_bytes_was_not_examined_and_goes(tmp_path: Path) -> None:
    said = {"caption": ["unexamined"] * 7, "exif": [b"unexamined"] * 7, "list": [["unexamined"]] * 7}
    table = pa.table({"key": KEYS, **said, "score": [0.5] * 7}).replace_schema_metadata({"note": "unexamined"})
    cleaned(tmp_path, rows(table))
    assert pq.read_schema(tmp_path / "out" / "00000.parquet").names == ["key", "score"]
    assert b"unexamined" not in (tmp_path / "out" / "00000.parquet").read_bytes()


def test_rows_that_take_no_room_but_are_far_too_many_are_left_out(tmp_path: Path) -> None:
    keys = pa.DictionaryArray.from_arrays(pa.array(np.zeros(30_000_000, np.int32)), ["00000"])
    table = pa.table({"key": keys, "width": keys.indices})
    made = rows(table, compression="zstd")
    assert len(made["00000.parquet"]) < 300_000
    assert cleaned(tmp_path, made)[1] == {CompanionKind.ROWS: False}


def test_a_key_that_unpacks_to_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    keys = pa.DictionaryArray.from_arrays(pa.array(np.arange(20_000) % 2, pa.int32()), ["k" * 100_000, "00002"])
    made = rows(pa.table({"key": keys}), compression="zstd", store_schema=False)
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    assert len(made["00000.parquet"]) < 100_000
    peak = before

    def keep(key: str) -> bool:
        nonlocal peak
        peak = max(peak, pool.bytes_allocated())
        return key == "00002"

    tars.write(tmp_path / "in", tars.plain(1))
    (tmp_path / "in" / "00000.parquet").write_bytes(made["00000.parquet"])
    (companion,) = discover([str(tmp_path / "in")]).companions
    assert reemit(companion, keep, tmp_path / "out.parquet")
    assert peak - before < 64 << 20
    assert pq.read_table(tmp_path / "out.parquet").to_pydict() == {"key": ["00002"]}


def test_rows_without_a_key_are_left_out(tmp_path: Path) -> None:
    _, done = cleaned(tmp_path, rows(pa.table({"caption": ["a"]})))
    assert done == {CompanionKind.ROWS: False}
    assert not (tmp_path / "out" / "00000.parquet").exists()


@pytest.mark.parametrize(
    "made",
    [rows(pa.table({"key": [1]})), rows(pa.table({"key": [["00000"]]})), {"00000.parquet": b"no Parquet"}],
    ids=["a number", "a list", "no Parquet"],
)
def test_rows_without_a_key_in_words_and_damaged_ones_are_left_out(tmp_path: Path, made: dict[str, bytes]) -> None:
    assert cleaned(tmp_path, made)[1] == {CompanionKind.ROWS: False}
    assert not (tmp_path / "out" / "00000.parquet").exists()


def test_counts_keep_numbers_only(tmp_path: Path) -> None:
    cleaned(tmp_path, {"00000_stats.json": json.dumps({"count": 4, "note": "unexamined", "more": ["text"]}).encode()})
    assert json.loads((tmp_path / "out" / "00000_stats.json").read_text()) == {"count": 3}


def test_counts_say_what_is_left(tmp_path: Path) -> None:
    stats = {"count": 5, "successes": 4, "failed_to_download": 1, "failed_to_resize": 0, "duration": 3.5,
             "status_dict": {"success": 4, "HTTP Error": 1}}  # fmt: skip
    cleaned(tmp_path, {"00000_stats.json": json.dumps(stats).encode()})
    assert json.loads((tmp_path / "out" / "00000_stats.json").read_text()) == {
        "count": 3, "successes": 3, "failed_to_download": 0, "failed_to_resize": 0, "duration": 3.5,
        "status_dict": {"success": 3},
    }  # fmt: skip


def test_counts_that_are_no_json_are_left_out(tmp_path: Path) -> None:
    for number, content in enumerate((b"{", b"[]")):
        (tmp_path / str(number)).mkdir()
        assert cleaned(tmp_path / str(number), {"00000_stats.json": content})[1] == {CompanionKind.STATS: False}


def test_an_index_names_what_is_where_in_the_cleaned_tar(tmp_path: Path) -> None:
    cleaned(tmp_path, {"00000.idx": b"v1.2 4\n"})
    first, *lines = (tmp_path / "out" / "00000.idx").read_text().splitlines()
    assert first == "v1.2 3"
    data = (tmp_path / "out" / "00000.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for line in lines:
            words = line.split()
            for extension, offset, size, name in zip(words[::4], words[1::4], words[2::4], words[3::4], strict=True):
                member = tar.getmember(name)
                assert (member.offset_data, member.size, name.partition(".")[2]) == (int(offset), int(size), extension)


def test_an_index_without_names_stays_one_and_an_unknown_form_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    cleaned(tmp_path / "a", {"00000.idx": b"v1.1 4\n"})
    assert (tmp_path / "a" / "out" / "00000.idx").read_text().splitlines()[1].startswith("jpg 512 700 txt ")
    (tmp_path / "b").mkdir()
    assert cleaned(tmp_path / "b", {"00000.idx": b"TDIdx\0\0"})[1] == {CompanionKind.INDEX: False}
