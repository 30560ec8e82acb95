import pytest

from safehold.datasets.sources.records.names import is_known_media, is_unsafe, split_name


@pytest.mark.parametrize(
    ("name", "key", "extension"),
    [
        ("a.jpg", "a", "jpg"),
        ("a.Seg.PNG", "a", "seg.png"),
        ("x.y/a.txt", "x.y/a", "txt"),
        ("a", "a", ""),
        (".hidden", ".hidden", ""),
        ("x/.hidden", "x/.hidden", ""),
    ],
)
def test_a_key_ends_at_the_first_dot_of_the_base_name(name: str, key: str, extension: str) -> None:
    assert split_name(name) == (key, extension)


@pytest.mark.parametrize("name", ["", "/a", "\\a", "a/", "c:a", "a\0b", "..", "../a", "a/../b", "a\\..\\b"])
def test_names_that_lead_outside_are_unsafe(name: str) -> None:
    assert is_unsafe(name)


@pytest.mark.parametrize("name", ["a", "a..b", "...", "x/..a", "x/y.jpg"])
def test_dots_in_a_name_are_not(name: str) -> None:
    assert not is_unsafe(name)


def test_the_last_extension_says_whether_a_name_is_one_of_media() -> None:
    assert [is_known_media(one) for one in ("jpg", "seg.png", "mp4", "jpg.txt", "npy", "")] == [
        True, True, True, False, False, False
    ]  # fmt: skip
