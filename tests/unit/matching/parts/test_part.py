import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.matching.made_up import values

from safehold.matching.errors import PartDamagedError
from safehold.matching.hits import HARM_CLASSES
from safehold.matching.parts.encoding import decoded, encoded
from safehold.matching.parts.part import FilePart, MemoryPart, PartKind
from safehold.matching.parts.rows import NO_CLASS, NO_THRESHOLD, Rows, class_code, class_of, concatenated
from safehold.vocabulary import Algorithm, signal_width_bytes


def made_up(algorithm: Algorithm) -> Rows:
    """Return a row of each class, and one without."""
    codes = [*range(len(HARM_CLASSES)), NO_CLASS]
    texts = pa.array([f"a note of {code}" for code in codes], pa.large_string())
    found = values(len(codes), width=signal_width_bytes(algorithm))
    return Rows(algorithm, found, np.array(codes, np.uint8), texts, texts, np.arange(7, 7 + len(codes)))


def same(left: Rows, right: Rows) -> bool:
    arrays = all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in ("values", "harm_class", "entry")
    )
    return arrays and left.note.equals(right.note) and left.source_id.equals(right.source_id)


def test_what_is_encoded_is_decoded_the_same_for_every_algorithm_and_class() -> None:
    groups = {algorithm: made_up(algorithm) for algorithm in Algorithm}
    again = decoded(encoded(groups.values()))
    assert again.keys() == groups.keys()
    assert all(same(groups[algorithm], again[algorithm]) for algorithm in Algorithm)


def test_thresholds_are_kept_where_some_row_has_one_and_take_no_room_elsewhere() -> None:
    plain = {algorithm: made_up(algorithm) for algorithm in (Algorithm.PDQ, Algorithm.MD5)}
    own = np.full(len(plain[Algorithm.PDQ]), NO_THRESHOLD, np.uint16)
    own[2] = 12
    again = decoded(encoded({**plain, Algorithm.PDQ: replace(plain[Algorithm.PDQ], threshold=own)}.values()))
    assert again[Algorithm.PDQ].thresholds().tolist() == own.tolist()
    assert set(again[Algorithm.MD5].thresholds().tolist()) == {NO_THRESHOLD}
    assert all(rows.threshold is None for rows in decoded(encoded(plain.values())).values())
    both = concatenated([plain[Algorithm.PDQ], again[Algorithm.PDQ]])
    assert both.taken(np.array([0, len(own) + 2])).thresholds().tolist() == [NO_THRESHOLD, 12]


def test_the_digest_of_a_part_in_memory_tells_any_row_and_anything_said_of_it() -> None:
    rows = made_up(Algorithm.PDQ)
    reordered = rows.taken(np.arange(len(rows))[::-1].copy())
    others = [
        rows.numbered(1),
        rows.explained("x"),
        rows.labelled(rows.explained("x").note),
        replace(rows, threshold=np.full(len(rows), 7, np.uint16)),
        replace(rows, harm_class=rows.harm_class ^ np.uint8(1)),
        replace(rows, values=rows.values ^ np.uint8(1)),
        reordered,
        rows.taken(np.arange(len(rows) - 1)),
    ]
    digests = [MemoryPart(PartKind.IMPORT, {Algorithm.PDQ: one}).sha256 for one in (rows, *others)]
    assert len(set(digests)) == len(digests)
    assert MemoryPart(PartKind.IMPORT, {Algorithm.PDQ: rows.taken(np.arange(len(rows)))}).sha256 == digests[0]


def test_a_part_in_a_file_has_the_same_rows_as_long_as_its_digest_is_right(tmp_path: Path) -> None:
    groups = {Algorithm.MD5: made_up(Algorithm.MD5)}
    memory = MemoryPart(PartKind.IMPORT, groups)
    path = tmp_path / "1.parquet"
    path.write_bytes(encoded(groups.values()))
    file = FilePart(PartKind.IMPORT, hashlib.sha256(path.read_bytes()).hexdigest(), memory.counts, path)
    assert same(file.rows(Algorithm.MD5), memory.rows(Algorithm.MD5))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PartDamagedError):
        file.rows(Algorithm.MD5)


def test_every_class_has_a_number_and_no_class_has_one_too() -> None:
    assert [class_of(class_code(one)) for one in (*HARM_CLASSES, None)] == [*HARM_CLASSES, None]
