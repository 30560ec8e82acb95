import io
import itertools
import json
import tarfile
from pathlib import Path

import pytest
from tests.vectors import tars

from safehold.datasets.sources import ShardError, discover, read
from safehold.datasets.sources.records.names import split_name
from safehold.datasets.sources.records.record import Record, Text
from safehold.vocabulary import Algorithm, GapReason


def records_of(folder: Path, content: bytes) -> list[Record]:
    return list(read(discover([tars.write(folder, content)]).shards[0]))


def reasons(record: Record) -> set[GapReason]:
    return {gap.reason for gap in record.gaps}


def by_key(records: list[Record]) -> dict[str, Record]:
    return {record.key: record for record in records}


def test_neighbouring_members_with_one_key_are_one_record(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.plain(3))
    assert [record.key for record in records] == ["00000", "00001", "00002"]
    assert [bytes(record.members[0].data) for record in records][1] == bytes([1]) * 713
    assert records[2].texts == (Text("txt", "red cube 2"),)
    assert all(not record.gaps for record in records)


@pytest.mark.parametrize(
    ("name", "key", "extension"),
    [
        ("a.jpg", "a", "jpg"),
        ("dir.x/a.seg.PNG", "dir.x/a", "seg.png"),
        ("noextension", "noextension", ""),
        (".hidden.jpg", ".hidden.jpg", ""),
        ("dir/.hidden", "dir/.hidden", ""),
        ("dir.x/name", "dir.x/name", ""),
    ],
)
def test_the_key_ends_at_the_first_dot_of_the_base_name(name: str, key: str, extension: str) -> None:
    assert split_name(name) == (key, extension)


@pytest.mark.parametrize("form", [0, 1, 2], ids=["ustar", "gnu", "pax"])
def test_long_names_are_read_in_every_dialect(tmp_path: Path, form: int) -> None:
    prefix = "d" * 60 + "/" + "n" * (80 if form == 0 else 300)
    records = records_of(tmp_path, tars.plain(2, form=form, prefix=prefix))
    assert [record.key for record in records] == [f"{prefix}00000", f"{prefix}00001"]
    assert all(not record.gaps for record in records)


def test_names_that_are_not_ascii_are_read(tmp_path: Path) -> None:
    assert records_of(tmp_path, tars.plain(1, prefix="größe-猫-"))[0].key == "größe-猫-00000"


def test_a_name_that_is_no_text_keeps_a_key_that_can_be_written(tmp_path: Path) -> None:
    record = records_of(tmp_path, tars.raw(b"\xff\xfe.jpg") + tars.END)[0]
    assert record.key == r"\xff\xfe"
    assert record.key.encode("utf-8")


@pytest.mark.parametrize(
    "name", [b"../up.jpg", b"/abs.jpg", b"a/../../up.jpg", b"C:x.jpg", b"..\\up.jpg", b"\\\\s\\x.jpg"]
)
def test_a_member_that_leaves_its_folder_is_a_gap_and_is_examined_all_the_same(tmp_path: Path, name: bytes) -> None:
    record = records_of(tmp_path, tars.raw(name, b"payload") + tars.raw(b"ok.jpg") + tars.END)[0]
    assert reasons(record) == {GapReason.UNSAFE_MEMBER}
    assert bytes(record.members[0].data) == b"payload"


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"6"])
def test_links_and_devices_are_gaps_of_their_record(tmp_path: Path, kind: bytes) -> None:
    data = tars.header(b"a.jpg", 0, kind) + tars.raw(b"a.txt", b"red cube") + tars.raw(b"b.jpg") + tars.END
    records = by_key(records_of(tmp_path, data))
    assert reasons(records["a"]) == {GapReason.UNSAFE_MEMBER}
    assert records["a"].members == ()
    assert reasons(records["b"]) == set()


@pytest.mark.parametrize("kind", [b"1", b"2", b"5"])
def test_a_link_or_folder_that_claims_content_ends_what_can_be_trusted(tmp_path: Path, kind: bytes) -> None:
    data = tars.raw(b"a.jpg") + tars.raw(b"b.jpg", b"y", kind) + tars.raw(b"c.jpg") + tars.END
    records = records_of(tmp_path, data)
    assert [record.key for record in records] == ["a", "@1024"]
    assert reasons(records[0]) == {GapReason.TRUNCATED}
    assert reasons(records[1]) == {GapReason.UNREADABLE}


def test_an_unknown_type_is_a_gap_and_its_bytes_are_examined(tmp_path: Path) -> None:
    record = records_of(tmp_path, tars.raw(b"a.jpg", b"payload", b"Z") + tars.END)[0]
    assert reasons(record) == {GapReason.UNSAFE_MEMBER}
    assert bytes(record.members[0].data) == b"payload"


def test_folders_belong_to_no_record(tmp_path: Path) -> None:
    data = tars.header(b"dir/", 0, b"5") + tars.raw(b"dir/a.jpg") + tars.END
    assert [record.key for record in records_of(tmp_path, data)] == ["dir/a"]


def test_a_folder_outside_is_a_gap(tmp_path: Path) -> None:
    record = records_of(tmp_path, tars.header(b"../dir/", 0, b"5") + tars.raw(b"a.jpg") + tars.END)[0]
    assert reasons(record) == {GapReason.UNSAFE_MEMBER}


def test_a_key_that_comes_again_is_a_gap_of_both_records(tmp_path: Path) -> None:
    data = tars.raw(b"a.jpg", b"1") + tars.raw(b"b.jpg") + tars.raw(b"a.jpg", b"2") + tars.END
    assert [reasons(record) for record in records_of(tmp_path, data)] == [
        {GapReason.DUPLICATE_KEY},
        set(),
        {GapReason.DUPLICATE_KEY},
    ]


def test_a_member_that_comes_twice_is_a_gap_and_both_are_examined(tmp_path: Path) -> None:
    record = records_of(tmp_path, tars.raw(b"a.jpg", b"1") + tars.raw(b"a.JPG", b"2") + tars.END)[0]
    assert reasons(record) == {GapReason.DUPLICATE_KEY}
    assert [bytes(member.data) for member in record.members] == [b"1", b"2"]


def test_a_member_without_bytes_is_a_gap(tmp_path: Path) -> None:
    assert reasons(records_of(tmp_path, tars.raw(b"a.jpg", b"") + tars.END)[0]) == {GapReason.EMPTY}


def test_an_unknown_member_is_handed_on_whatever_its_size(tmp_path: Path) -> None:
    data = tars.raw(b"a.jpg") + tars.raw(b"a.npy", b"[1]") + tars.raw(b"a.bin", b"") + tars.END
    record = records_of(tmp_path, data)[0]
    assert [(member.extension, len(member.data)) for member in record.members] == [("jpg", 1), ("npy", 3), ("bin", 0)]


def test_a_caption_that_is_not_utf_8_is_a_gap(tmp_path: Path) -> None:
    record = records_of(tmp_path, tars.raw(b"a.jpg") + tars.raw(b"a.txt", b"caf\xe9") + tars.END)[0]
    assert reasons(record) == {GapReason.NOT_TEXT}


def test_bytes_under_the_name_of_a_caption_are_examined_as_what_they_are(tmp_path: Path) -> None:
    record = records_of(tmp_path, tars.raw(b"a.txt", b"\x89PNG\r\n\x1a\n") + tars.END)[0]
    assert [(member.extension, bytes(member.data[:4])) for member in record.members] == [("txt", b"\x89PNG")]


def test_everything_after_a_damaged_header_is_one_gap_and_the_record_before_may_be_cut(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.corrupted_checksum(2))
    assert [record.key[0] for record in records] == ["0", "0", "@"]
    assert [reasons(record) for record in records] == [set(), {GapReason.TRUNCATED}, {GapReason.UNREADABLE}]


def test_content_that_ends_early_is_a_gap_of_its_record(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.truncated_in_content(3))
    assert [reasons(record) for record in records] == [set(), set(), {GapReason.TRUNCATED}]


def test_a_header_that_ends_early_is_a_gap(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.truncated_in_header(3))
    assert [reasons(record) for record in records] == [set(), {GapReason.TRUNCATED}, {GapReason.TRUNCATED}]


def test_a_missing_end_block_is_an_end(tmp_path: Path) -> None:
    assert [reasons(record) for record in records_of(tmp_path, tars.raw(b"a.jpg"))] == [set()]


def test_bytes_behind_the_end_are_a_gap_of_their_own(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.hidden_after_the_end())
    assert [reasons(record) for record in records] == [set(), set(), {GapReason.UNREADABLE}]
    assert records[2].members == ()


def test_names_that_contradict_one_another_are_a_gap(tmp_path: Path) -> None:
    long_name = tars.raw(b"././@LongLink", b"b.jpg\0", b"L")
    record = records_of(tmp_path, long_name + tars.pax(path=b"c.jpg") + tars.raw(b"a.jpg") + tars.END)[0]
    assert reasons(record) == {GapReason.UNSAFE_MEMBER}


def test_sizes_that_contradict_one_another_end_what_can_be_trusted(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.raw(b"a.jpg") + tars.pax(size=b"600") + tars.raw(b"b.jpg") + tars.END)
    assert reasons(records[-1]) == {GapReason.UNREADABLE}


def test_a_size_that_only_the_pax_block_tells_is_read(tmp_path: Path) -> None:
    data = tars.pax(size=b"7") + tars.header(b"a.jpg", 0) + tars.padded(b"payload") + tars.raw(b"b.jpg") + tars.END
    records = records_of(tmp_path, data)
    assert bytes(records[0].members[0].data) == b"payload"
    assert records[1].key == "b"


@pytest.mark.parametrize(
    "block",
    [
        tars.raw(b"PaxHeader", b"8 path=a\n", b"x"),
        tars.raw(b"PaxHeader", b"99 path=a\n", b"x"),
        tars.raw(b"PaxHeader", b"x path=a\n", b"x"),
        tars.raw(b"PaxHeader", b"8 patha\n", b"x"),
        tars.raw(b"PaxHeader", b"-1 path=a\n", b"x"),
        tars.pax_lines({b"path": b"other.jpg"}, b"g"),
        tars.pax_lines({b"size": b"7"}, b"g"),
        tars.pax(path=b"a.jpg") + tars.pax_lines({b"comment": b"7"}, b"g"),
        tars.header(b"b.jpg", 0, size_field=b"abcdefghijk\0"),
        tars.header(b"b.jpg", 0, size_field=b"-0000000001\0"),
        tars.header(b"b.jpg", 0, size_field=b"\xff" * 12),
        tars.header(b"././@LongLink", 1 << 21, b"L") + bytes(1 << 21),
        tars.pax(path=b"a.jpg") + tars.END,
    ],
    ids=itertools.count(),
)
def test_a_malformed_block_ends_what_can_be_trusted(tmp_path: Path, block: bytes) -> None:
    records = records_of(tmp_path, tars.raw(b"a.jpg") + block + tars.raw(b"c.jpg") + tars.END)
    assert [record.key for record in records] == ["a", "@1024"]
    assert GapReason.UNREADABLE in reasons(records[1])


def test_sparse_members_are_not_guessed_at(tmp_path: Path) -> None:
    records = records_of(tmp_path, tars.raw(b"a.jpg") + tars.raw(b"b.jpg", b"x", b"S") + tars.END)
    assert reasons(records[1]) == {GapReason.UNSUPPORTED_FORMAT}
    sparse = tars.pax_lines({b"GNU.sparse.name": b"b.jpg"}) + tars.raw(b"b.jpg") + tars.END
    assert reasons(records_of(tmp_path / "2", sparse)[0]) == {GapReason.UNSAFE_MEMBER}


def test_a_global_comment_is_accepted(tmp_path: Path) -> None:
    data = tars.pax_lines({b"comment": b"made by hand"}, b"g") + tars.raw(b"a.jpg") + tars.END
    assert [reasons(record) for record in records_of(tmp_path, data)] == [set()]


@pytest.mark.parametrize(
    "remarks",
    [
        tars.pax(comment=bytes(9000)),
        tars.pax_lines({b"SCHILY.xattr.user.note": b"n" * 9000}),
        tars.pax(comment=b"n" * 2000) * 4,
        tars.raw(b"PaxHeader", b"13 comment=n\n" + bytes(1) + b"n" * 9000, b"x"),
        tars.raw(b"././@LongLink", b"b.jpg\0" + b"n" * 9000, b"L"),
        tars.raw(b"././@LongLink", b"n" * 9000, b"K"),
    ],
    ids=["comment", "attribute", "several", "behind a zero", "behind a name", "link"],
)
def test_long_remarks_on_a_member_that_nobody_examines_are_held_with_it(tmp_path: Path, remarks: bytes) -> None:
    first, odd, last = records_of(
        tmp_path, tars.raw(b"a.jpg") + remarks + tars.raw(b"b.jpg") + tars.raw(b"c.jpg") + tars.END
    )
    assert (first.key, reasons(first), last.key, reasons(last)) == ("a", set(), "c", set())
    assert GapReason.UNSAFE_MEMBER in reasons(odd)


def test_short_remarks_and_long_paths_are_ordinary(tmp_path: Path) -> None:
    remarks = tars.pax_lines({b"path": b"f/" * 1000 + b"b.jpg", b"comment": b"n" * 1000, b"mtime": b"1.5"})
    assert [reasons(record) for record in records_of(tmp_path, remarks + tars.raw(b"b.jpg") + tars.END)] == [set()]


@pytest.mark.parametrize("comments", [(9000,), (3000, 3000, 3000)])
def test_long_global_comments_end_what_can_be_trusted(tmp_path: Path, comments: tuple[int, ...]) -> None:
    said = b"".join(tars.pax_lines({b"comment": b"n" * size}, b"g") for size in comments)
    records = records_of(tmp_path, tars.raw(b"a.jpg") + said + tars.raw(b"b.jpg") + tars.END)
    assert [record.key[0] for record in records] == ["a", "@"]
    assert reasons(records[1]) == {GapReason.UNSAFE_MEMBER}


def test_a_size_in_base_256_is_read(tmp_path: Path) -> None:
    data = tars.header(b"a.jpg", 0, size_field=b"\x80" + bytes(10) + b"\x07") + tars.padded(b"payload") + tars.END
    assert bytes(records_of(tmp_path, data)[0].members[0].data) == b"payload"


@pytest.mark.parametrize("field", [b"\x0000000000013", b"000000000_13", b"0o13\0", b"+0000000013\0", b"-0000000013\0"])
def test_a_size_that_readers_take_differently_ends_what_can_be_trusted(tmp_path: Path, field: bytes) -> None:
    odd = tars.header(b"b.jpg", 11, size_field=field[:12].ljust(12, b"\0")) + tars.padded(bytes(11))
    sound, rest = records_of(tmp_path, tars.raw(b"a.jpg") + odd + tars.END)
    assert (sound.key, rest.members, reasons(rest)) == ("a", (), {GapReason.UNREADABLE})


@pytest.mark.parametrize("names", [tars.pax(path=b"b.jpg"), tars.raw(b"././@LongLink", b"b.jpg\0", b"L")])
def test_content_that_some_readers_take_for_a_folders_members_can_not_be_trusted(tmp_path: Path, names: bytes) -> None:
    """Python's reader calls it a folder, by its short name, and goes on reading inside the content."""
    inner = tars.raw(b"hidden.jpg")
    data = tars.raw(b"a.jpg") + names + tars.header(b"folder/", len(inner), b"\0") + inner + tars.END
    with tarfile.open(fileobj=io.BytesIO(data)) as loader:
        assert "hidden.jpg" in loader.getnames()
    sound, rest = records_of(tmp_path, data)
    assert (sound.key, rest.members, reasons(rest)) == ("a", (), {GapReason.UNREADABLE})


def test_a_file_that_is_no_tar_is_a_fault_of_the_shard(tmp_path: Path) -> None:
    tars.write(tmp_path, tars.plain(1), "00000.tar")
    tars.write(tmp_path, b"no tar at all" * 100, "00001.tar")
    tars.write(tmp_path, b"", "00002.tar")
    shards = discover([str(tmp_path)]).shards
    with pytest.raises(ShardError) as error:
        list(read(shards[1]))
    assert error.value.reason is GapReason.UNREADABLE
    with pytest.raises(ShardError) as error:
        list(read(shards[2]))
    assert error.value.reason is GapReason.EMPTY


def test_the_sidecar_of_img2dataset_is_understood(tmp_path: Path) -> None:
    sidecar = {
        "caption": "a red cube",
        "url": "https://pictures.example/1.jpg",
        "md5": "00" * 16,
        "sha256": "11" * 32,
        "sha512": "22" * 64,
        "width": 5,
        "punsafe": 0.25,
        "NSFW": "UNLIKELY",
        "status": "success",
    }
    record = records_of(tmp_path, tars.raw(b"a.jpg") + tars.raw(b"a.json", json.dumps(sidecar).encode()) + tars.END)[0]
    assert record.texts == (Text("json:caption", "a red cube"),)
    assert record.url == "https://pictures.example/1.jpg"
    assert record.labels == {"punsafe": 0.25, "nsfw": 0.0}
    assert [signal.algorithm for signal in record.listed] == [Algorithm.MD5, Algorithm.SHA256]
    assert record.gaps == ()


def test_records_to_be_skipped_keep_their_place_and_carry_a_gap(tmp_path: Path) -> None:
    shard = discover([tars.write(tmp_path, tars.plain(3))]).shards[0]
    assert [reasons(record) for record in read(shard, skip=[1])] == [set(), {GapReason.CRASHED}, set()]
    record = list(read(shard, skip={2: GapReason.TIMED_OUT}))[2]
    assert (record.key, record.members, reasons(record)) == ("00002", (), {GapReason.TIMED_OUT})
