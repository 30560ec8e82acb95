import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.vectors import media

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Format, Mix, Record, SourceOptions, discover, leave_out, read, reemit, rewrite
from safehold.media import Limits
from safehold.vocabulary import GapReason, PdqFlavour


def write(folder: Path, files: dict[str, bytes | str]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(folder)


def records_of(mix: Mix) -> dict[str, Record]:
    return {record.key: record for shard in mix.shards for record in read(shard)}


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def reasons(record: Record) -> set[GapReason]:
    return {gap.reason for gap in record.gaps}


def test_media_comes_with_the_sidecars_beside_it(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "a.jpg": b"1",
            "a.txt": "red cube",
            "a.json": json.dumps({"md5": "00" * 16}),
            "class/b.png": b"2",
            "class/b.png.caption": "blue ball",
            "c.d.webp": b"3",
            "c.d.txt": "green cone",
            "README.md": "about",
            "alone.txt": "of nothing",
        },
    )
    mix = discover([folder])
    records = records_of(mix)
    assert {key: [text.text for text in record.texts] for key, record in records.items()} == {
        "a.jpg": ["red cube"],
        "c.d.webp": ["green cone"],
        "class/b.png": ["blue ball"],
        "alone.txt": [],
    }
    assert records["a.jpg"].listed[0].value == bytes(16)
    assert bytes(records["alone.txt"].members[0].data) == b"of nothing"
    assert mix.left_out == ("README.md",)
    assert mix.shards[0].format is Format.FOLDER


def test_a_folder_is_cut_into_slices_and_media_that_shares_a_sidecar_stays_together(tmp_path: Path) -> None:
    folder = write(tmp_path, {f"{n}.{kind}": b"x" for n in range(5) for kind in ("jpg", "png", "txt")})
    mix = discover([folder], SourceOptions(slice_files=4))
    assert mix.shards[0].files == ("0.jpg", "0.png", "0.txt", "1.jpg", "1.png", "1.txt")
    assert [shard.records for shard in mix.shards] == [4, 4, 2]
    assert len(mix.outputs) == 3


def test_kept_files_are_linked_and_what_an_earlier_decision_placed_is_taken_away(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", {"a.jpg": b"1", "a.png": b"2", "a.txt": "both", "d/b.jpg": b"3", "d/b.txt": "one"})
    output = discover([folder]).outputs[0]
    clean = tmp_path / "clean"
    rewrite(output, lambda _: True, clean)
    assert names_in(clean) == ["a.jpg", "a.png", "a.txt", "d/b.jpg", "d/b.txt"]
    result = rewrite(output, {"a.png"}.__contains__, clean)
    assert names_in(clean) == ["a.png", "a.txt"]
    assert (result.kept, result.dropped) == (1, 2)
    assert (clean / "a.png").read_bytes() == b"2"
    assert not (clean / "a.png").is_symlink()
    leave_out(output, clean)
    assert names_in(clean) == []
    assert names_in(tmp_path / "in") == ["a.jpg", "a.png", "a.txt", "d/b.jpg", "d/b.txt"]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_rows_of_metadata_belong_to_the_files_they_name(tmp_path: Path, kind: str) -> None:
    rows = [
        {"file_name": "a.jpg", "text": "red cube"},
        {"file_name": "sub/b.jpg", "text": "blue ball"},
        {"file_name": "gone.jpg", "text": "green cone"},
        {"file_name": "../up.jpg", "text": "grey disc"},
    ]
    folder = write(tmp_path / "in", {"a.jpg": b"1", "sub/b.jpg": b"2", "no-row.jpg": b"3"})
    name = f"metadata.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in" / name)
    elif kind == "jsonl":
        write(tmp_path / "in", {name: "".join(json.dumps(row) + "\n" for row in rows)})
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, ["file_name", "text"])
        writer.writeheader()
        writer.writerows(rows)
        write(tmp_path / "in", {name: text.getvalue()})
    mix = discover([folder])
    records = records_of(mix)
    assert [text.text for text in records["sub/b.jpg"].texts] == ["blue ball"]
    assert reasons(records[f"{name}#2"]) == {GapReason.MISSING}
    assert reasons(records[f"{name}#3"]) == {GapReason.UNSAFE_MEMBER}
    assert [text.text for text in records[f"{name}#2"].texts] == ["green cone"]
    kept = {key for key, record in records.items() if not record.gaps} - {"a.jpg"}
    assert kept == {"sub/b.jpg", "no-row.jpg"}
    (companion,) = mix.companions
    assert reemit(companion, kept.__contains__, tmp_path / "out" / companion.name)
    again = write(tmp_path / "out", {"sub/b.jpg": b"2"})
    assert [text.text for text in records_of(discover([again]))["sub/b.jpg"].texts] == ["blue ball"]
    assert "red cube" not in (tmp_path / "out" / name).read_bytes().decode("latin-1")


def test_a_row_of_metadata_that_names_no_file_at_all_is_a_gap_and_goes(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.jpg": b"1", "metadata.jsonl": '{"text": "of nothing"}\n{"file_name": "a.jpg"}\n'})
    mix = discover([folder])
    assert reasons(records_of(mix)["metadata.jsonl#0"]) == {GapReason.MISSING}
    reemit(mix.companions[0], lambda _: True, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == '{"file_name": "a.jpg"}\n'


def test_metadata_is_written_again_for_a_source_that_has_a_folder_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, {"a.jpg": b"1", "metadata.jsonl": '{"file_name": "a.jpg", "text": "red cube"}\n'})
    mix = discover([str(tmp_path / "one"), str(tmp_path / "two")])
    assert [output.name for output in mix.outputs] == [
        "1-one/slice-00000", "1-one/metadata-00000", "2-two/slice-00000", "2-two/metadata-00000"
    ]  # fmt: skip
    companion = mix.companions[1]
    assert companion.name == "2-two/metadata.jsonl"
    reemit(companion, {"a.jpg"}.__contains__, tmp_path / "out" / companion.name)
    assert "a.jpg" in (tmp_path / "out" / companion.name).read_text()
    rewrite(mix.outputs[2], lambda _: True, tmp_path / "out")
    assert names_in(tmp_path / "out") == ["2-two/a.jpg", "2-two/metadata.jsonl"]


def test_a_link_out_of_the_folder_is_a_gap_and_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/secret.jpg": b"secret"})
    folder = write(tmp_path / "in", {"a.jpg": b"1"})
    (tmp_path / "in" / "b.jpg").symlink_to(tmp_path / "elsewhere" / "secret.jpg")
    (tmp_path / "in" / "c.jpg").symlink_to(tmp_path / "in" / "a.jpg")
    records = records_of(discover([folder]))
    assert (reasons(records["b.jpg"]), records["b.jpg"].members) == ({GapReason.UNSAFE_MEMBER}, ())
    assert bytes(records["c.jpg"].members[0].data) == b"1"


def test_linked_folders_hidden_files_and_odd_names_are_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", {"a.jpg": b"1", ".hidden.jpg": b"2", ".git/x.jpg": b"3"})
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "dangling.jpg").symlink_to(tmp_path / "nowhere")
    mix = discover([folder])
    assert list(records_of(mix)) == ["a.jpg"]
    assert mix.left_out == (".git", ".hidden.jpg", "dangling.jpg", "loop/")
    assert mix.unread == 2, "hidden ones are nobody's records"


def test_an_empty_file_and_one_that_went_away_are_gaps(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.jpg": b"", "b.jpg": b"1", "c.jpg": b"2"})
    mix = discover([folder])
    (tmp_path / "b.jpg").unlink()
    records = records_of(mix)
    assert [reasons(record) for record in records.values()] == [{GapReason.EMPTY}, {GapReason.MISSING}, set()]


def test_a_folder_of_text_has_one_record_a_file(tmp_path: Path) -> None:
    records = records_of(discover([write(tmp_path, {"a.txt": "red cube", "b.txt": b"caf\xe9"})]))
    assert [text.text for text in records["a.txt"].texts] == ["red cube"]
    assert reasons(records["b.txt"]) == {GapReason.NOT_TEXT}


def test_files_whose_names_tell_nothing_are_records_too(tmp_path: Path) -> None:
    files = {"a.jpg": b"1", "b.txt": b"2", "blob.bin": b"3", "d.pdf": b"4", "e/weird.dat": b"5", "noext": b"6"}
    mix = discover([write(tmp_path / "in", {**files, "noext.txt": "red cube"})], SourceOptions(slice_files=1))
    records = records_of(mix)
    assert {key: bytes(record.members[0].data) for key, record in records.items()} == files
    assert [text.text for record in records.values() for text in record.texts] == ["red cube"]
    assert mix.left_out == ()
    for output in mix.outputs:
        rewrite(output, {"noext", "a.jpg"}.__contains__, tmp_path / "out")
    assert names_in(tmp_path / "out") == ["a.jpg", "noext", "noext.txt"]


def test_unknown_files_are_held_and_media_among_them_is_examined(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.jpg": media.jpeg(), "noext": media.jpeg(), "blob.bin": b"\0\1", "b.txt": media.jpeg()})
    settings = ScanSettings(Limits(), (PdqFlavour.FULL,))
    seen = {key: examine(record, settings) for key, record in records_of(discover([folder])).items()}
    assert {key for key, one in seen.items() if one.members[0].prints} == {"a.jpg", "noext", "b.txt"}
    assert [gap.reason for one in seen.values() for gap in one.gaps] == [GapReason.UNKNOWN_KIND]
    assert seen["blob.bin"].gaps


@pytest.mark.parametrize("name", ["README.md", "sub/LICENSE", "readme.txt", "guide.rst"])
def test_a_document_is_left_out_where_it_is_text(tmp_path: Path, name: str) -> None:
    assert discover([write(tmp_path / "1", {"a.jpg": b"1", name: "words"})]).left_out == (name,)
    mix = discover([write(tmp_path / "2", {"a.jpg": b"1", name: media.jpeg()})])
    assert mix.left_out == ()
    assert set(records_of(mix)) == {"a.jpg", name}
