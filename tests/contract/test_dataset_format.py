"""Every format keeps what it keeps: read, rewrite without some records, read again."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.vectors import tars

from safehold.datasets.sources import Mix, SourceOptions, discover, read, reemit, rewrite

OPTIONS = SourceOptions(slice_files=3, shard_rows=4, metadata_rows=4)
COUNT = 10


def a_tar(folder: Path) -> None:
    (folder / "00000.tar").write_bytes(tars.plain(COUNT))


def a_parquet(folder: Path) -> None:
    media = [{"bytes": b"picture %d" % number, "path": None} for number in range(COUNT)]
    table = pa.table({"image": media, "text": [f"red cube {number}" for number in range(COUNT)]})
    pq.write_table(table, folder / "train.parquet", row_group_size=2)


def a_folder(folder: Path) -> None:
    for number in range(COUNT):
        (folder / f"{number}.jpg").write_bytes(b"picture %d" % number)
        (folder / f"{number}.txt").write_text(f"red cube {number}")
    rows = (f'{{"file_name": "{number}.jpg", "text": "blue ball {number}"}}\n' for number in range(COUNT))
    (folder / "metadata.jsonl").write_text("".join(rows))


def a_jsonl(folder: Path) -> None:
    rows = []
    for number in range(COUNT):
        (folder / f"{number}.jpg").write_bytes(b"picture %d" % number)
        rows.append(f'{{"path": "{number}.jpg", "text": "red cube {number}"}}\n')
    (folder / "train.jsonl").write_text("".join(rows))


def a_csv(folder: Path) -> None:
    rows = [f'https://pictures.example/{number},"red\ncube {number}"\n' for number in range(COUNT)]
    (folder / "train.csv").write_text("url,caption\n" + "".join(rows))


def metadata(folder: Path) -> None:
    urls = [f"https://pictures.example/{number}" for number in range(COUNT)]
    pq.write_table(pa.table({"url": urls, "md5": ["00" * 16] * COUNT}), folder / "part.parquet", row_group_size=2)


FORMATS = [a_tar, a_parquet, a_folder, a_jsonl, a_csv, metadata]


def contents(mix: Mix) -> list[tuple[object, ...]]:
    """Everything that records say, without their keys: numbers of rows change when rows go."""
    return [
        (
            [(member.name, member.extension, bytes(member.data)) for member in record.members],
            record.texts,
            record.url,
            record.listed,
            record.gaps,
        )
        for shard in mix.shards
        for record in read(shard)
    ]


def argument_of(folder: Path) -> str:
    manifests = [*folder.glob("train.jsonl"), *folder.glob("train.csv")]
    return str(manifests[0] if manifests else folder)


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("dropped", [set(), {0}, {3, 4, 9}, set(range(1, COUNT))])
def test_what_is_kept_is_read_again_as_it_was(tmp_path: Path, write: Callable[[Path], None], dropped: set[int]) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    write(before)
    mix = discover([argument_of(before)], OPTIONS)
    keys = [record.key for shard in mix.shards for record in read(shard)]
    kept = frozenset(key for number, key in enumerate(keys) if number not in dropped)
    results = [
        rewrite(output, kept.__contains__, after / output.name if output.format.is_one_file else after)
        for output in mix.outputs
    ]
    for companion in mix.companions:
        assert reemit(companion, kept.__contains__, after / companion.name)
    assert sum(result.kept for result in results) == len(kept)
    assert sum(result.dropped for result in results) == len(dropped)
    expected = [content for number, content in enumerate(contents(mix)) if number not in dropped]
    assert contents(discover([argument_of(after)], OPTIONS)) == expected


@pytest.mark.parametrize("write", FORMATS)
def test_rewriting_again_changes_nothing(tmp_path: Path, write: Callable[[Path], None]) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    write(before)
    mix = discover([argument_of(before)], OPTIONS)
    seen = []
    for _ in range(2):
        after.mkdir(exist_ok=True)
        for output in mix.outputs:
            rewrite(output, lambda key: "3" not in key, after / output.name if output.format.is_one_file else after)
        seen.append({path.name: path.read_bytes() for path in after.rglob("*") if path.is_file()})
    assert seen[0] == seen[1]


@pytest.mark.parametrize("write", FORMATS)
def test_no_two_records_of_an_output_share_a_key(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    for output in discover([argument_of(tmp_path)], OPTIONS).outputs:
        keys = [record.key for shard in output.shards for record in read(shard)]
        assert len(set(keys)) == len(keys)
