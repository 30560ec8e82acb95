import json
import os
from pathlib import Path

import pytest
from tests.unit.datasets.sources.folders.test_folder import names_in, reasons, write

from safehold.datasets.sources import Mix, Record, ShardError, SourceOptions, discover, leave_out, read, rewrite
from safehold.datasets.sources.errors import EmptySourceError, UnknownColumnError, UnreadableSourceError
from safehold.datasets.sources.tables.lines import MOST_LINES
from safehold.vocabulary import GapReason

MEDIA: dict[str, bytes | str] = {"images/1.jpg": b"1", "images/2.jpg": b"2", "images/3.jpg": b"3"}


def records_of(mix: Mix) -> list[Record]:
    return [record for shard in mix.shards for record in read(shard)]


def jsonl(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def manifest(folder: Path, text: bytes | str, name: str = "train.jsonl") -> str:
    write(folder, MEDIA | {name: text})
    return str(folder / name)


def test_lines_come_with_the_media_they_name(tmp_path: Path) -> None:
    text = jsonl(
        {"image": "images/1.jpg", "caption": "red cube"},
        {"image": ["./images/2.jpg", "images/3.jpg"], "conversations": [{"from": "user", "value": "blue ball"}]},
    )
    records = records_of(discover([manifest(tmp_path, text)]))
    assert [[bytes(member.data) for member in record.members] for record in records] == [[b"1"], [b"2", b"3"]]
    assert [[text.text for text in record.texts] for record in records] == [["red cube"], ["user", "blue ball"]]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../up.jpg", GapReason.UNSAFE_MEMBER),
        ("/etc/hostname", GapReason.UNSAFE_MEMBER),
        ("images/gone.jpg", GapReason.MISSING),
        ("", GapReason.MISSING),
        (None, GapReason.MISSING),
    ],
)
def test_a_path_that_leads_outside_or_to_nothing_is_a_gap(tmp_path: Path, path: str | None, reason: GapReason) -> None:
    text = jsonl({"image": "images/1.jpg"}, {"image": path, "caption": "red cube"})
    assert [reasons(record) for record in records_of(discover([manifest(tmp_path, text)]))] == [set(), {reason}]


def test_lines_that_cannot_be_read_are_gaps_and_keep_their_numbers(tmp_path: Path) -> None:
    text = b'{"caption": "red cube"}\n\n{"caption"\n{"caption": "caf\xe9"}\n[1]\n{"caption": 1, "caption": 2}\n'
    records = records_of(discover([manifest(tmp_path, text + b'{"caption": "last"}')]))
    assert [record.key for record in records] == ["0", "1", "2", "3", "4", "5"]
    assert [reasons(record) for record in records] == [
        set(), {GapReason.UNREADABLE}, {GapReason.NOT_TEXT}, {GapReason.UNREADABLE}, {GapReason.UNREADABLE}, set()
    ]  # fmt: skip


def test_a_csv_record_may_run_over_lines_and_must_fit_the_header(tmp_path: Path) -> None:
    text = '\ufeffpath,caption\r\nimages/1.jpg,"red\r\ncube"\r\nimages/2.jpg\r\nimages/3.jpg,"a ""b"" c"\r\n'
    records = records_of(discover([manifest(tmp_path, text, "train.csv")]))
    assert [[text.text for text in record.texts] for record in records] == [["red\r\ncube"], [], ['a "b" c']]
    assert [reasons(record) for record in records] == [set(), {GapReason.UNREADABLE}, set()]


def test_a_csv_cell_that_is_not_utf_8_is_a_gap(tmp_path: Path) -> None:
    records = records_of(discover([manifest(tmp_path, b"path,caption\nimages/1.jpg,caf\xe9\n", "t.csv")]))
    assert reasons(records[0]) == {GapReason.NOT_TEXT}


@pytest.mark.parametrize(("name", "header"), [("m.jsonl", ""), ("m.csv", "path,caption\n")])
def test_kept_lines_are_written_byte_for_byte_with_their_media(tmp_path: Path, name: str, header: str) -> None:
    if name == "m.csv":
        lines = [f'images/{n}.jpg,"red\ncube"\n' for n in (1, 2, 3, 1)]
    else:
        lines = [f'{{ "path":"images/{n}.jpg" , "caption": "red cube"}}\n' for n in (1, 2, 3, 1)]
    place = manifest(tmp_path / "in", header + "".join(lines), name)
    mix = discover([place], SourceOptions(shard_rows=2))
    assert [record.key for record in records_of(mix)] == ["0", "1", "2", "3"]
    assert [(shard.records, len(shard.files)) for shard in mix.shards] == [(2, 2), (2, 2)]
    (output,) = mix.outputs
    rewrite(output, lambda _: True, tmp_path / "out")
    assert (tmp_path / "out" / name).read_bytes() == Path(place).read_bytes()
    assert names_in(tmp_path / "out") == ["images/1.jpg", "images/2.jpg", "images/3.jpg", name]
    result = rewrite(output, {"1", "3"}.__contains__, tmp_path / "out")
    assert (tmp_path / "out" / name).read_text() == header + lines[1] + lines[3]
    assert names_in(tmp_path / "out") == ["images/1.jpg", "images/2.jpg", name]
    assert (result.kept, result.dropped) == (2, 2)
    leave_out(output, tmp_path / "out")
    assert names_in(tmp_path / "out") == []


def test_media_that_changes_after_planning_is_noticed(tmp_path: Path) -> None:
    output = discover([manifest(tmp_path / "in", jsonl({"image": "images/1.jpg"}))]).outputs[0]
    (tmp_path / "in" / "images" / "1.jpg").write_bytes(b"another picture")
    with pytest.raises(ShardError) as error:
        rewrite(output, lambda _: True, tmp_path / "out")
    assert error.value.reason is GapReason.CHANGED_SINCE_SCAN


def test_an_address_in_place_of_a_path_is_the_records_address(tmp_path: Path) -> None:
    record = records_of(discover([manifest(tmp_path, jsonl({"image": "https://pictures.example/1", "text": "a"}))]))[0]
    assert (record.url, record.gaps) == ("https://pictures.example/1", ())


def test_manifests_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownColumnError):
        discover([manifest(tmp_path, jsonl({"x": 1}))])
    with pytest.raises(EmptySourceError):
        discover([manifest(tmp_path, "\n\n")])
    with pytest.raises(UnreadableSourceError, match="header"):
        discover([manifest(tmp_path, "path,path\na,b\n", "twice.csv")])


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl"])
def test_a_file_of_nothing_but_line_ends_is_refused_at_once_with_advice(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b'image,text\na.jpg,"' + b"x\n" * (MOST_LINES + 1))
    with pytest.raises(UnreadableSourceError) as error:
        discover([str(tmp_path / name)])
    assert "Split it" in error.value.advice


def test_a_pipe_that_a_line_names_is_a_gap_of_its_record_and_nobody_waits_for_it(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"path": name}) + "\n" for name in ("a.png", "pipe.png"))
    folder = Path(write(tmp_path / "in", {"m.jsonl": lines.encode(), "a.png": b"1"}))
    os.mkfifo(folder / "pipe.png")
    mix = discover([str(folder / "m.jsonl")])
    sound, piped = records_of(mix)
    assert (reasons(sound), reasons(piped), piped.members) == (set(), {GapReason.UNREADABLE}, ())
    assert mix.shards[0].files == ("a.png",)
