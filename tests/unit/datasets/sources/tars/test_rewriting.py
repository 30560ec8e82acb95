import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from tests.vectors import tars

from safehold.datasets.sources import ShardError, content_sha256, discover, link_or_copy, read, rewrite
from safehold.datasets.sources.records.names import split_name
from safehold.vocabulary import GapReason


def rewritten(folder: Path, content: bytes, dropped: set[str]) -> bytes:
    tars.write(folder / "in", tars.plain(1), "99999.tar")  # without it, an empty tar would be an empty source
    tars.write(folder / "in", content)
    output = discover([str(folder / "in")]).outputs[0]
    result = rewrite(output, lambda key: key not in dropped, folder / "out.tar")
    data = (folder / "out.tar").read_bytes()
    assert result.sha256 == hashlib.sha256(data).hexdigest()
    assert result.size == len(data)
    return data


def listing(data: bytes) -> list[tuple[str, int, int, str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return [
            (one.name, one.mtime, one.mode, one.uname, tar.extractfile(one).read())  # type: ignore[union-attr]
            for one in tar
            if one.isreg()
        ]


@pytest.mark.parametrize("form", [0, 1, 2], ids=["ustar", "gnu", "pax"])
@pytest.mark.parametrize("dropped", [set(), {0}, {5}, {2, 3}, {0, 1, 2, 3, 4, 5}])
def test_kept_members_are_what_they_were(tmp_path: Path, form: int, dropped: set[int]) -> None:
    prefix = "d" * 60 + "/" + "n" * (80 if form == 0 else 300)
    data = tars.plain(6, form=form, prefix=prefix)
    keys = {f"{prefix}{number:05d}" for number in dropped}
    expected = [one for one in listing(data) if split_name(one[0])[0] not in keys]
    assert listing(rewritten(tmp_path, data, keys)) == expected


@pytest.mark.parametrize(
    "content",
    [tars.plain(3), tars.plain(3, form=1, prefix="n" * 300), tars.raw(b"a.jpg"), tars.truncated_in_content(), tars.END,
     tars.truncated_in_header(), tars.corrupted_checksum(1), tars.hidden_after_the_end()],
    ids=["pax", "gnu", "no end", "cut", "empty", "cut header", "checksum", "hidden"],
)  # fmt: skip
def test_keeping_everything_gives_the_input_back(tmp_path: Path, content: bytes) -> None:
    assert rewritten(tmp_path, content, set()) == content


@pytest.mark.parametrize(
    "content", [tars.corrupted_checksum(3), tars.truncated_in_content(4), tars.hidden_after_the_end()]
)
def test_a_damaged_rest_goes_and_what_is_left_is_a_sound_tar(tmp_path: Path, content: bytes) -> None:
    records = list(read(discover([tars.write(tmp_path, content)]).shards[0]))
    dropped = {record.key for record in records if record.gaps}
    data = rewritten(tmp_path, content, dropped)
    assert {split_name(one[0])[0] for one in listing(data)} == {record.key for record in records} - dropped
    assert data.endswith(tars.END)
    again = list(read(discover([tars.write(tmp_path / "again", data)]).shards[0]))
    assert all(not record.gaps for record in again)


def test_what_belongs_to_no_record_stays(tmp_path: Path) -> None:
    comment = tars.pax_lines({b"comment": b"by hand"}, b"g")
    content = comment + tars.header(b"d/", 0, b"5") + tars.raw(b"d/a.jpg") + tars.raw(b"d/b.jpg") + tars.END
    data = rewritten(tmp_path, content, {"d/a"})
    assert data == comment + tars.header(b"d/", 0, b"5") + tars.raw(b"d/b.jpg") + tars.END


def test_every_record_with_a_dropped_key_goes(tmp_path: Path) -> None:
    content = tars.raw(b"a.jpg", b"1") + tars.raw(b"b.jpg") + tars.raw(b"a.jpg", b"2") + tars.END
    assert [one[0] for one in listing(rewritten(tmp_path, content, {"a"}))] == ["b.jpg"]


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    content = tars.plain(5)
    assert rewritten(tmp_path, content, {"00001"}) == rewritten(tmp_path, content, {"00001"})


def test_a_shard_that_changed_since_it_was_scanned_is_not_written(tmp_path: Path) -> None:
    output = discover([tars.write(tmp_path, tars.plain(3))]).outputs[0]
    tars.write(tmp_path, tars.plain(4))
    for act in (
        lambda: rewrite(output, bool, tmp_path / "out.tar"),
        lambda: link_or_copy(output, tmp_path / "out.tar"),
    ):
        with pytest.raises(ShardError) as error:
            act()
        assert error.value.reason is GapReason.CHANGED_SINCE_SCAN
    assert not (tmp_path / "out.tar").exists()


def test_a_shard_that_is_gone_is_not_written(tmp_path: Path) -> None:
    output = discover([tars.write(tmp_path, tars.plain(3))]).outputs[0]
    (tmp_path / "00000.tar").unlink()
    with pytest.raises(ShardError) as error:
        rewrite(output, bool, tmp_path / "out.tar")
    assert error.value.reason is GapReason.MISSING


def test_a_whole_shard_is_linked_and_linking_again_changes_nothing(tmp_path: Path) -> None:
    output = discover([tars.write(tmp_path / "in", tars.plain(3))]).outputs[0]
    for _ in range(2):
        link_or_copy(output, tmp_path / "deep" / "out" / "00000.tar")
    target = tmp_path / "deep" / "out" / "00000.tar"
    assert not target.is_symlink()
    assert hashlib.sha256(target.read_bytes()).hexdigest() == content_sha256(output.shards[0])
    assert [one.name for one in target.parent.iterdir()] == ["00000.tar"]


def test_nothing_is_left_behind_when_the_disk_refuses(tmp_path: Path) -> None:
    output = discover([tars.write(tmp_path / "in", tars.plain(3))]).outputs[0]
    with pytest.raises(OSError, match="No such file"):
        rewrite(output, bool, tmp_path / "absent" / "out.tar")
    assert not (tmp_path / "absent").exists()
