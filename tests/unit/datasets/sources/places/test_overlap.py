"""What would be read twice is refused, by whatever name it is called."""

from pathlib import Path

import pytest

from safehold.datasets.sources.errors import OutputAsSourceError, RepeatedSourceError
from safehold.datasets.sources.places.overlap import require_distinct, require_no_output


@pytest.mark.parametrize(
    ("places", "folders"),
    [
        (["/a/b.tar", "/a/b.tar"], []),
        (["/a", "/a/"], ["/a", "/a/"]),
        (["/a", "/a/c/b.tar"], ["/a"]),
        (["/a/c", "/a"], ["/a/c", "/a"]),
        (["/", "/a.tar"], ["/"]),
        (["file:///a", "/a/b.tar"], ["file:///a"]),
        (["s3://bucket/a", "s3://bucket/a/b.tar"], ["s3://bucket/a"]),
    ],
)
def test_places_that_would_be_read_twice_are_refused(places: list[str], folders: list[str]) -> None:
    with pytest.raises(RepeatedSourceError) as caught:
        require_distinct(places, folders)
    assert caught.value.advice


def test_neighbours_are_not_within_one_another() -> None:
    require_distinct(["/a", "/ab", "/ab.tar", "s3://a", "/b/1.tar", "/b/2.tar"], ["/a", "/ab", "s3://a"])


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for other in (tmp_path / "real", tmp_path / "link" / "x.tar", tmp_path / "real" / ".." / "real"):
        with pytest.raises(RepeatedSourceError):
            require_distinct([f"{tmp_path}/link", str(other)], [f"{tmp_path}/link"])


def test_an_output_of_ours_is_known_by_its_record(tmp_path: Path) -> None:
    (tmp_path / ".safehold").mkdir()
    require_no_output(tmp_path)
    (tmp_path / ".safehold" / "run.json").write_text("{}")
    with pytest.raises(OutputAsSourceError):
        require_no_output(tmp_path)
