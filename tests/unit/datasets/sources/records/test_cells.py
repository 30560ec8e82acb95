import hashlib

import pytest

from safehold.datasets.sources import Fields
from safehold.datasets.sources.records.cells import Names, Reading, add_cells
from safehold.datasets.sources.records.record import Member
from safehold.vocabulary import Algorithm, GapReason

NAMES = Names(Fields())


def reasons(reading: Reading) -> list[tuple[GapReason, str]]:
    return [(gap.reason, gap.place) for gap in reading.gaps]


def test_bytes_in_a_cell_that_is_no_hash_are_a_gap() -> None:
    reading = Reading()
    add_cells(reading, {"extra": b"bytes", "md5": bytes(16), "empty": b""}, NAMES)
    assert reasons(reading) == [(GapReason.UNSUPPORTED_FORMAT, "extra")]


@pytest.mark.parametrize("value", [None, float("nan"), ""])
def test_an_empty_cell_says_nothing(value: object) -> None:
    reading = Reading()
    add_cells(reading, {"md5": value, "caption": value, "url": value}, NAMES)
    assert (reading.gaps, reading.listed) == ([], [])


def test_hashes_are_taken_as_text_or_bytes_and_others_are_gaps() -> None:
    reading = Reading()
    add_cells(reading, {"md5": "0F" * 16, "SHA1": bytes(20), "sha256": "0f" * 20, "other": 1}, NAMES)
    assert [(signal.algorithm, signal.value) for signal in reading.listed] == [
        (Algorithm.MD5, b"\x0f" * 16), (Algorithm.SHA1, bytes(20))
    ]  # fmt: skip
    assert reasons(reading) == [(GapReason.UNREADABLE, "sha256")]


def test_a_listed_digest_of_no_bytes_is_a_gap_and_no_hash() -> None:
    """It is what a failed download leaves, and what it says is not of the media beside it."""
    reading = Reading()
    add_cells(reading, {"md5": hashlib.md5(b"").hexdigest(), "sha1": hashlib.sha1(b"").digest()}, NAMES)  # noqa: S324
    assert reading.listed == []
    assert reasons(reading) == [(GapReason.EMPTY, "md5"), (GapReason.EMPTY, "sha1")]


def test_a_record_holds_all_that_was_said_of_it() -> None:
    reading = Reading()
    row = {"TEXT": "red cube", "url": "https://example.org/a", "nsfw": "0.5", "md5": "0f" * 16, "sha1": "no hash"}
    add_cells(reading, row, NAMES, place="json")
    record = reading.record("a", [Member("a.jpg", "jpg", b"1")])
    assert (record.key, record.url, record.labels) == ("a", "https://example.org/a", {"nsfw": 0.5})
    assert [(text.place, text.text) for text in record.texts] == [("json:TEXT", "red cube")]
    assert [signal.place for signal in record.listed] == ["json:md5"]
    assert [gap.place for gap in record.gaps] == ["json:sha1"]
    assert [member.name for member in record.members] == ["a.jpg"]
