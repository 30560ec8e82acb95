from pathlib import Path

import pytest

from safehold.datasets.sources.places.location import is_remote, join, local_path, parent


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("/data/a.tar", "/data"),
        ("a.tar", "."),
        ("/a.tar", "/"),
        ("s3://bucket/a.tar", "s3://bucket"),
        ("memory://a.tar", "memory://"),
        ("file:///data/a.tar", "file:///data"),
    ],
)
def test_the_folder_of_a_location_joins_with_its_name_again(location: str, folder: str) -> None:
    assert parent(location) == folder
    assert join(folder, location.rpartition("/")[2]).removeprefix("./") == location


def test_a_file_address_is_local() -> None:
    assert local_path("file:///data/a.tar") == Path("/data/a.tar")
    assert [is_remote(place) for place in ("file:///a", "/a", "a", "s3://a")] == [False, False, False, True]
