import json
import os
import tarfile
from pathlib import Path

import fsspec
import pytest
from tests.unit.datasets.sources.folders.test_folder import write
from tests.vectors import tars

from safehold.datasets.sources import (
    CompanionKind,
    Format,
    Shard,
    SourceOptions,
    content_sha256,
    current_fingerprint,
    discover,
    link_or_copy,
    read,
    rewrite,
)
from safehold.datasets.sources.errors import (
    EmptySourceError,
    MissingSourceError,
    NotADatasetError,
    SourceError,
    UnreadableSourceError,
)


def tar_folder(folder: Path, count: int = 3) -> str:
    return write(folder, {f"{number:05d}.tar": tars.plain(2) for number in range(count)})


@pytest.mark.parametrize("argument", ["", "/*.tar", "/{00000..00002}.tar", "/0000[0-2].tar"])
def test_folder_glob_and_braces_find_the_same_shards(tmp_path: Path, argument: str) -> None:
    mix = discover([tar_folder(tmp_path) + argument])
    assert [(shard.number, shard.name) for shard in mix.shards] == [
        (0, "00000.tar"), (1, "00001.tar"), (2, "00002.tar")
    ]  # fmt: skip


def test_files_that_a_shell_has_expanded_are_one_source(tmp_path: Path) -> None:
    folder = tar_folder(tmp_path)
    mix = discover([f"{folder}/0000{number}.tar" for number in range(3)])
    assert [(shard.source, shard.name) for shard in mix.shards] == [
        (0, "00000.tar"), (0, "00001.tar"), (0, "00002.tar")
    ]  # fmt: skip


def test_a_path_that_exists_is_taken_as_it_is_typed(tmp_path: Path) -> None:
    folder = tar_folder(tmp_path / "{odd,name}*")
    assert len(discover([folder]).shards) == 3


def test_several_sources_get_a_sub_folder_each_even_if_they_have_the_same_name(tmp_path: Path) -> None:
    folders = [tar_folder(tmp_path / place / "my flowers", 1) for place in ("here", "there")]
    mix = discover(folders)
    assert mix.origins == tuple((folder,) for folder in folders)
    assert [(shard.source, shard.name) for shard in mix.shards] == [
        (0, "1-my-flowers/00000.tar"), (1, "2-my-flowers/00000.tar")
    ]  # fmt: skip
    assert [output.name for output in mix.outputs] == [shard.name for shard in mix.shards]


def test_what_stands_beside_shards_is_a_companion_or_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"00000.tar": tars.plain(1), "00000.parquet": b"", "00000_stats.json": "{}", "00000.idx": "v1.2 1\n",
         "README.md": "about"},
    )  # fmt: skip
    for argument in (str(tmp_path), str(tmp_path / "00000.tar")):
        mix = discover([argument])
        assert {(one.kind, one.name, one.output) for one in mix.companions} == {
            (CompanionKind.STATS, "00000_stats.json", "00000.tar"),
            (CompanionKind.ROWS, "00000.parquet", "00000.tar"),
            (CompanionKind.INDEX, "00000.idx", "00000.tar"),
        }
    assert discover([str(tmp_path)]).left_out == ("README.md",)


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        *((("a.tar", "b.parquet"), "Name"), (("a.tar", "b.jsonl"), "Name"), (("a.parquet", "b.csv"), "Name")),
        *((("a.tar", "b.tar.gz"), "Unpack"), (("a.TAR", "b.zip"), "Unpack"), (("b.7z",), "Unpack")),
    ],
)
def test_no_shard_is_left_out_for_another_kind_of_shards(tmp_path: Path, names: tuple[str, ...], advice: str) -> None:
    write(tmp_path, {name: tars.plain(1) for name in names})
    with pytest.raises(NotADatasetError) as error:
        discover([str(tmp_path)])
    assert advice in error.value.advice


def test_img2datasets_folders_of_files_are_told_from_a_mix(tmp_path: Path) -> None:
    write(tmp_path, {"00000/0.jpg": b"1", "00000/0.json": "{}", "00000.parquet": b"", "00000_stats.json": "{}"})
    with pytest.raises(NotADatasetError, match="img2dataset") as error:
        discover([str(tmp_path)])
    assert "DIR/00000" in error.value.advice
    assert discover([str(tmp_path / "00000")]).shards


def test_shards_of_several_kinds_that_are_named_are_a_source_each(tmp_path: Path) -> None:
    write(tmp_path, {"a.tar": tars.plain(1), "b.TAR": tars.plain(1), "c.jsonl": '{"text": "red cube"}\n'})
    mix = discover([str(tmp_path / "*")])
    assert [(shard.source, shard.name.partition("/")[2]) for shard in mix.shards] == [
        (0, "a.tar"), (0, "b.TAR"), (1, "c.jsonl")
    ]  # fmt: skip
    assert mix.left_out == ()


def test_a_mix_may_have_several_formats(tmp_path: Path) -> None:
    shards = tar_folder(tmp_path / "tars", 1)
    media = write(tmp_path / "media", {"a.jpg": b"1"})
    lines = write(tmp_path / "lines", {"t.jsonl": '{"text": "red cube"}\n'}) + "/t.jsonl"
    mix = discover([shards, media, lines])
    assert [shard.format for shard in mix.shards] == [Format.TAR, Format.FOLDER, Format.TABLE]
    assert [shard.number for shard in mix.shards] == [0, 1, 2]


def test_shards_travel_as_json(tmp_path: Path) -> None:
    media = write(tmp_path / "media", {"a.jpg": b"1", "metadata.jsonl": "{}"})
    lines = (
        write(tmp_path / "lines", {"t.jsonl": '{"text": "red cube", "path": "a.jpg"}\n', "a.jpg": b"1"}) + "/t.jsonl"
    )
    for shard in discover([tar_folder(tmp_path / "t"), media, lines]).shards:
        assert Shard.from_json(json.loads(json.dumps(shard.to_json()))) == shard
        assert current_fingerprint(shard) == shard.fingerprint


def test_the_content_digest_of_a_file_is_what_sha256sum_prints_and_a_slice_depends_on_names(tmp_path: Path) -> None:
    import hashlib

    data = tars.plain(2)
    shard = discover([tars.write(tmp_path / "t", data)]).shards[0]
    assert content_sha256(shard) == hashlib.sha256(data).hexdigest()
    one = content_sha256(discover([write(tmp_path / "one", {"a.jpg": b"1", "b.jpg": b"2"})]).shards[0])
    two = content_sha256(discover([write(tmp_path / "two", {"a.jpg": b"1", "c.jpg": b"2"})]).shards[0])
    same = content_sha256(discover([write(tmp_path / "same", {"a.jpg": b"1", "b.jpg": b"2"})]).shards[0])
    assert one == same != two


def test_faults_of_the_whole_input_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "mixed", {"a.tar": tars.plain(1), "a.jpg": b"1"})
    write(tmp_path / "none", {"a.xyz": b"1"})
    write(tmp_path / "broken", {"a.tar": b"", "b.tar": b"no tar"})
    (tmp_path / "empty").mkdir()
    expected = {
        "absent": MissingSourceError,
        "*.tar": MissingSourceError,
        "{0..3}.tar": MissingSourceError,
        "mixed": NotADatasetError,
        "none": NotADatasetError,
        "none/a.xyz": NotADatasetError,
        "broken": NotADatasetError,
        "empty": EmptySourceError,
    }
    for name, kind in expected.items():
        with pytest.raises(kind) as error:
            discover([str(tmp_path / name)])
        assert error.value.advice
    with pytest.raises(EmptySourceError):
        discover([])


FOLDER = tars.tar_of([tars.member("sub", b"", type=tarfile.DIRTYPE)])


@pytest.mark.parametrize("place", ["file://{}", "memory://no-members{}"])
@pytest.mark.parametrize("content", [bytes(10_240), FOLDER])
def test_tars_without_any_member_are_an_empty_source(tmp_path: Path, place: str, content: bytes) -> None:
    root = place.format(tmp_path)
    for name in ("a.tar", "b.tar"):
        with fsspec.open(f"{root}/{name}", "wb") as file:
            file.write(content)
    with pytest.raises(EmptySourceError, match="empty"):
        discover([root])
    with fsspec.open(f"{root}/c.tar", "wb") as file:
        file.write(tars.plain(1))
    assert len(discover([root]).shards) == 3, "one that has members makes the others shards without a record"


def test_a_damaged_tar_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tars.truncated_in_content(1))
    (tmp_path / "b.tar").write_bytes(bytes(512) + b"hidden" + bytes(506))
    assert all(len(discover([str(tmp_path / name)]).shards) == 1 for name in ("a.tar", "b.tar"))


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tar")
    with pytest.raises(UnreadableSourceError, match="regular"):
        discover([str(tmp_path / "pipe.tar")])


@pytest.mark.parametrize("address", ["simplecache::memory://x", "nosuchprotocol://x/y"])
def test_addresses_that_cannot_or_must_not_be_opened_are_refused(address: str) -> None:
    with pytest.raises(UnreadableSourceError):
        discover([address])


@pytest.fixture
def bucket() -> str:
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    return "memory://bucket"


def test_remote_tars_are_read_and_written_without_a_local_copy(bucket: str, tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    for number in range(3):
        memory.pipe(f"/bucket/data/{number:05d}.tar", tars.plain(4))
    for argument in ("/data", "/data/*.tar", "/data/{00000..00002}.tar"):
        mix = discover([bucket + argument])
        assert [shard.name for shard in mix.shards] == ["00000.tar", "00001.tar", "00002.tar"]
    assert [record.key for record in read(mix.shards[1])] == ["00000", "00001", "00002", "00003"]
    rewrite(mix.outputs[0], lambda key: key != "00001", tmp_path / "out.tar")
    again = discover([str(tmp_path / "out.tar")]).shards[0]
    assert [record.key for record in read(again)] == ["00000", "00002", "00003"]
    link_or_copy(mix.outputs[0], tmp_path / "whole.tar")
    assert (tmp_path / "whole.tar").read_bytes() == tars.plain(4)


def test_remote_folders_tables_and_manifests_are_read(bucket: str, tmp_path: Path) -> None:
    import pyarrow.parquet as pq
    from tests.unit.datasets.sources.tables.test_parquet import pictures

    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/media/sub/a.jpg", b"1")
    memory.pipe("/bucket/media/sub/a.txt", b"red cube")
    memory.pipe("/bucket/lines/t.jsonl", b'{"path": "a.jpg", "text": "blue ball"}\n')
    memory.pipe("/bucket/lines/a.jpg", b"2")
    pq.write_table(pictures(5), tmp_path / "local.parquet")
    memory.pipe("/bucket/rows/x.parquet", (tmp_path / "local.parquet").read_bytes())
    mix = discover([bucket + "/media", bucket + "/lines/t.jsonl", bucket + "/rows"])
    records = [record for shard in mix.shards for record in read(shard)]
    assert [record.key for record in records] == ["sub/a.jpg", "0", "0", "1", "2", "3", "4"]
    assert [record.gaps for record in records] == [()] * 7
    for number, output in enumerate(mix.outputs):
        target = tmp_path / "out" / output.name if output.format.is_one_file else tmp_path / "out"
        target.parent.mkdir(exist_ok=True, parents=True)
        assert rewrite(output, lambda _: True, target).kept == (1, 1, 5)[number]
    assert (tmp_path / "out" / "1-media" / "sub" / "a.jpg").read_bytes() == b"1"
    assert (tmp_path / "out" / "2-lines" / "a.jpg").read_bytes() == b"2"


def test_a_remote_shard_that_changes_is_noticed(bucket: str) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/a.tar", tars.plain(3))
    shard = discover([bucket + "/a.tar"]).shards[0]
    memory.pipe("/bucket/a.tar", tars.plain(4))
    assert current_fingerprint(shard) != shard.fingerprint


def test_errors_of_sources_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        discover([str(tmp_path / "absent")], SourceOptions())
