"""YAML of which nothing is silently lost."""

from pathlib import Path

import pytest
from pydantic import Field

from safehold.reviewed import ReviewedDataError, Strict, UnreadableYamlError, read_file, read_text, read_yaml


class Shelf(Strict):
    books: int
    labels: dict[str, int] = Field(default_factory=dict)


def test_lines_are_counted_from_one_and_found_by_path() -> None:
    document = read_yaml("a: 1\nb:\n  - x\n  - c: 2\n")
    assert document.value == {"a": 1, "b": ["x", {"c": 2}]}
    assert document.line_of(("a",)) == 1
    assert document.line_of(("b", 1, "c")) == 4
    assert document.line_of(("b", 7, "nothing")) == 2
    assert document.line_of(("nowhere",)) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\na: 2\n", "line 2: the key 'a' stands twice"),
        ("x:\n  a: 1\n  a: 2\n", "line 3: the key 'a' stands twice"),
        ("a: &x 1\nb: *x\n", "line 1: anchors and aliases are refused"),
        ("a: !!python/object:os.system 1\n", "line 1: tags are refused"),
        ("a: !!str 1\n", "line 1: tags are refused"),
        ("1: a\n", "every key must be text"),
        ("no: a\n", "every key must be text"),
        ("? [a]\n: b\n", "line 1"),
        ("a: 1\n---\nb: 2\n", "line 2"),
        ("a: [1\n", "line"),
        ("a: \x00\n", "line 1"),
        ("a: 2026-99-99\n", "line 1"),
        ("[" * 5000, "line 1: it is nested more than 32 deep"),
        ("[" * (1 << 20), "line 1: it is nested more than 32 deep"),
        ("- " * 500_000, "line 1: it is nested more than 32 deep"),
        ("{a: " * 250_000, "line 1: it is nested more than 32 deep"),
        ("#" * ((1 << 20) + 1), "longer than a mebibyte"),
    ],
)
def test_what_could_hide_something_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnreadableYamlError) as caught:
        read_yaml(text)
    assert why in str(caught.value)


def test_an_empty_text_is_nothing() -> None:
    assert read_yaml("").value is None


def test_a_model_is_read_from_text() -> None:
    assert read_text("books: 3\nlabels: {red: 1}", Shelf, called="s").labels == {"red": 1}


@pytest.mark.parametrize(
    "text", ["books: 3\nmore: 1\n", "books: x\n", "books: [\n", "labels: {red: blue}\nbooks: 1\n", "", "- 1\n"]
)
def test_what_is_no_such_model_is_refused(text: str) -> None:
    with pytest.raises(ReviewedDataError, match="s, line"):
        read_text(text, Shelf, called="s")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ReviewedDataError, match=r"the shelf .* can't be read"):
        read_file(tmp_path, Shelf, kind="shelf")


def test_a_file_is_not_read_beyond_what_may_be_parsed(tmp_path: Path) -> None:
    """A sparse file of a terabyte would fill the memory."""
    file = tmp_path / "shelf.yaml"
    with file.open("wb") as out:
        out.truncate(1 << 40)
    with pytest.raises(ReviewedDataError, match="longer than a mebibyte"):
        read_file(file, Shelf, kind="shelf")
