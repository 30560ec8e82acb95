import datetime as dt
import os
from pathlib import Path

import pytest

from safehold.datasets.sources import ShardError
from safehold.datasets.sources.places.stamps import fingerprint, stamp, stamp_of_details


def test_a_file_that_changes_in_size_or_time_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1")
    first = stamp(str(path))
    assert stamp(f"file://{path}") == first
    os.utime(path, ns=(0, 1))
    second = stamp(str(path))
    path.write_bytes(b"12")
    os.utime(path, ns=(0, 1))
    assert len({first, second, stamp(str(path))}) == 3
    path.unlink()
    with pytest.raises(ShardError):
        stamp(str(path))


@pytest.mark.parametrize(
    ("details", "mark"),
    [
        ({"size": 3, "ETag": "abc", "mtime": 5}, "3:abc"),
        ({"size": 3, "mtime": 5}, "3:5"),
        ({"size": 3, "created": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "3:1767225600.0"),
        ({}, "0:"),
    ],
)
def test_a_remote_file_is_told_by_its_tag_or_else_by_its_time(details: dict[str, object], mark: str) -> None:
    assert stamp_of_details(details).mark == mark


def test_the_fingerprint_of_several_files_depends_on_each_and_on_their_order() -> None:
    one, two = stamp_of_details({"size": 1}), stamp_of_details({"size": 2})
    assert fingerprint([one]) == one.mark
    assert len({fingerprint([one, two]), fingerprint([two, one]), fingerprint([one, one])}) == 3
