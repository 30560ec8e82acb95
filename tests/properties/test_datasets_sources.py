import csv
import io
import itertools
import re
import tarfile
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vectors import tars

from safehold.datasets.sources import Shard, ShardError, discover, read, rewrite
from safehold.datasets.sources.places.blobs import MemoryBlob
from safehold.datasets.sources.records.names import split_name
from safehold.datasets.sources.tables.lines import Notation, csv_header, lines_of
from safehold.datasets.sources.tables.metadata import parse
from safehold.vocabulary import Algorithm


def is_plain(name: str) -> bool:
    return name.strip("/.") == name and not any(odd in name for odd in ("//", "..", "/."))


NAMES = st.lists(
    st.tuples(st.text("ab/é.", min_size=1, max_size=120).filter(is_plain), st.binary(max_size=1500)),
    unique_by=lambda one: one[0],
    min_size=1,
    max_size=12,
)


def in_folder(content: bytes) -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()
    tars.write(Path(folder.name), content)
    return folder


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]), st.data())
def test_a_rewritten_tar_is_the_filtered_tar(members: list[tuple[str, bytes]], form: int, data: st.DataObject) -> None:
    content = tars.tar_of((tars.member(name, body) for name, body in members), form=form)
    keys = sorted({split_name(name)[0] for name, _ in members})
    dropped = data.draw(st.sets(st.sampled_from(keys)))
    with in_folder(content) as folder:
        output = discover([folder]).outputs[0]
        assert {record.key for record in read(output.shards[0])} == set(keys)
        rewrite(output, lambda key: key not in dropped, Path(folder, "out"))
        with tarfile.open(Path(folder, "out")) as tar:
            found = [(one.name, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]
        assert found == [one for one in members if split_name(one[0])[0] not in dropped]
        rewrite(output, lambda _: True, Path(folder, "same"))
        assert Path(folder, "same").read_bytes() == content


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    st.integers(0, 9000),
)
def test_a_damaged_tar_is_read_without_other_errors_and_what_loaders_see_is_seen(
    kind: int, flips: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray([tars.plain(3), tars.plain(2, form=1, prefix="n" * 200), tars.hidden_after_the_end(),
                         tars.plain(2, prefix="ü" * 90)][kind])  # fmt: skip
    for at, value in flips:
        content[at % len(content)] = value
    content = content[: len(content) - cut % len(content)]
    with in_folder(b"".join([content])) as folder, in_folder(tars.plain(1)) as sound:
        shard = discover([sound]).shards[0]
        shard = Shard.from_json({**shard.to_json(), "location": f"{folder}/00000.tar"})
        try:
            records = list(read(shard))
        except ShardError:
            return
        seen = {bytes(member.data) for record in records for member in record.members}
        is_damaged = any(record.key.startswith("@") for record in records)
        assert is_damaged or loader_contents(bytes(content)) <= seen | {b""}


def loader_contents(content: bytes) -> set[bytes]:
    """What a loader that stands on tarfile gets for pictures."""
    found = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for one in tar:
                if one.name.endswith(".jpg") and (file := tar.extractfile(one)) is not None:
                    found.add(file.read())
    except (tarfile.TarError, EOFError, KeyError, ValueError):
        pass
    return found


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=8), st.sampled_from(["\n", "\r\n"]), st.data())
def test_lines_of_a_csv_are_the_rows_of_python_and_their_bytes_are_the_file(
    rows: list[tuple[str, str]], ending: str, data: st.DataObject
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([("path", "caption"), *rows])
    content = text.getvalue().encode()
    blob = MemoryBlob(memoryview(content))
    lines = list(lines_of(blob, Notation.CSV))
    assert [tuple(line.cells.values()) for line in lines] == [(one or None, two or None) for one, two in rows]
    _, body = csv_header(blob, Notation.CSV)
    assert b"".join([content[:body], *(content[line.start : line.stop] for line in lines)]) == content
    if lines:
        half = data.draw(st.sampled_from(lines))
        rest = list(lines_of(blob, Notation.CSV, first=half.number, start=half.start))
        assert rest == lines[half.number :]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(list(Notation)))
def test_lines_cover_whatever_a_file_holds_without_other_errors(content: bytes, notation: Notation) -> None:
    try:
        lines = list(lines_of(MemoryBlob(memoryview(b"path,caption\n" + content)), notation))
    except ShardError:
        return
    assert [line.number for line in lines] == list(range(len(lines)))
    assert all(one.stop <= two.start for one, two in itertools.pairwise(lines))
    assert all(line.cells or line.gaps or notation.delimiter is None for line in lines)


HASHES = st.binary(min_size=16, max_size=16).map(bytes.hex)


@given(st.lists(st.one_of(st.none(), HASHES, st.text(max_size=40)), max_size=9))
def test_a_column_of_hashes_is_parsed_as_each_cell_would_be(cells: list[str | None]) -> None:
    hashes = parse(pa.array(cells, pa.string()), Algorithm.MD5)
    for number, cell in enumerate(cells):
        is_hash = cell is not None and re.fullmatch("[0-9a-fA-F]{32}", cell) is not None
        assert hashes.is_there[number] == is_hash
        assert hashes.is_malformed[number] == (bool(cell) and not is_hash)
        assert bytes(hashes.values[number]) == (bytes.fromhex(cell) if is_hash and cell else bytes(16))
