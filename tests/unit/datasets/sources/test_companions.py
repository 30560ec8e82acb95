import io
import json
import tarfile
from pathlib import Path

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


def test_rows_of_dropped_and_of_never_scanned_records_go(tmp_path: Path) -> None:
    table = pa.table({"key": ["00000", "00001", "00002", "00003", "00004"], "caption": list("abcde")})
    out = io.BytesIO()
    pq.write_table(table, out)
    _, done = cleaned(tmp_path, {"00000.parquet": out.getvalue()})
    assert done == {CompanionKind.ROWS: True}
    assert pq.read_table(tmp_path / "out" / "00000.parquet").column("caption").to_pylist() == ["a", "c", "d"]


def test_rows_without_a_key_are_left_out(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"caption": ["a"]}), out)
    _, done = cleaned(tmp_path, {"00000.parquet": out.getvalue()})
    assert done == {CompanionKind.ROWS: False}
    assert not (tmp_path / "out" / "00000.parquet").exists()


@pytest.mark.parametrize("table", [pa.table({"key": ["00000"], "extra": [b"bytes"]}), None])
def test_rows_with_bytes_that_nobody_examined_and_damaged_ones_are_left_out(
    tmp_path: Path, table: pa.Table | None
) -> None:
    out = io.BytesIO(b"no Parquet")
    if table is not None:
        pq.write_table(table, out)
    assert cleaned(tmp_path, {"00000.parquet": out.getvalue()})[1] == {CompanionKind.ROWS: False}
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
