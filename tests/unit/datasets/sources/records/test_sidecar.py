import base64
import json

import pytest

from safehold.datasets.sources import Fields
from safehold.datasets.sources.records.cells import Names, Reading, add_cells
from safehold.datasets.sources.records.sidecar import LIMIT_BYTES, is_sidecar, read_sidecar
from safehold.vocabulary import GapReason

NAMES = Names(Fields())


def said(extension: str, content: bytes | str | object) -> Reading:
    reading = Reading()
    if not isinstance(content, bytes | str):
        content = json.dumps(content)
    read_sidecar(reading, extension, content.encode() if isinstance(content, str) else content, NAMES)
    return reading


def reasons(reading: Reading) -> list[tuple[GapReason, str]]:
    return [(gap.reason, gap.place) for gap in reading.gaps]


@pytest.mark.parametrize("extension", ["txt", "caption", "text", "json", "meta.json", "cls"])
def test_what_speaks_of_media_is_a_sidecar(extension: str) -> None:
    assert is_sidecar(extension)


@pytest.mark.parametrize("extension", ["", "jpg", "npy", "txt.gz", "jsonl"])
def test_everything_else_is_not(extension: str) -> None:
    assert not is_sidecar(extension)


@pytest.mark.parametrize("start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"II*\0"])
@pytest.mark.parametrize("name", ["caption", "anything"])
def test_media_written_as_text_is_a_gap(start: bytes, name: str) -> None:
    encoded = base64.b64encode(start + bytes(100)).decode()
    for value in (encoded, [{"deep": [encoded]}], f"data:image/jpeg;base64,{encoded}"):
        assert reasons(said("json", {name: value})) == [(GapReason.UNSUPPORTED_FORMAT, f"json:{name}")]
    assert reasons(said("json", [encoded])) == [(GapReason.UNSUPPORTED_FORMAT, "json")]
    assert reasons(said("json", {name: encoded[:20]})) == []


def test_captions_nested_deeper_than_python_calls_are_read() -> None:
    nested = "[" * 1500 + '"red cube"' + "]" * 1500
    reading = said("json", f'{{"caption": {nested}}}')
    assert [text.text for text in reading.texts] == ["red cube"] or reasons(reading) == [(GapReason.UNREADABLE, "json")]


def test_a_class_is_a_number_or_a_word_to_be_screened() -> None:
    assert said("cls", "3\n").labels == {"cls": 3.0}
    assert [text.text for text in said("cls", "red cube").texts] == ["red cube"]
    assert reasons(said("cls", "red cube")) == []


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (1, 1.0),
        (0.25, 0.25),
        (True, 1.0),
        ("0.5", 0.5),
        ("UNLIKELY", 0.0),
        ("unsure", 0.5),
        ("NSFW", 1.0),
        ("yes", 1.0),
    ],
)
def test_labels_are_numbers_or_known_words(value: object, label: float) -> None:
    assert said("json", {"NSFW": value}).labels == {"nsfw": label}


@pytest.mark.parametrize("value", ["perhaps", [1], {"a": 1}, float("inf"), 10**400])
def test_a_label_that_says_nothing_is_a_gap(value: object) -> None:
    assert reasons(said("json", {"punsafe": value})) == [(GapReason.UNREADABLE, "json:punsafe")]


def test_of_two_labels_the_higher_counts() -> None:
    reading = said("json", {"nsfw": 0.9})
    add_cells(reading, {"NSFW": 0.1}, NAMES)
    assert reading.labels == {"nsfw": 0.9}


def test_captions_are_found_in_lists_and_conversations() -> None:
    reading = said("json", {"caption": ["one", "two"], "messages": [{"role": "user", "content": [{"text": "three"}]}]})
    assert [text.text for text in reading.texts] == ["one", "two", "user", "three"]
    assert [text.text for text in said("json", ["a", ["b"]]).texts] == ["a", "b"]


def test_captions_are_found_within_objects_that_say_nothing_themselves() -> None:
    meta = {"Caption": "one", "by": [{"title": ["two"], "name": "no caption"}, [{"deep": {"alt": "three"}}]]}
    reading = said("json", {"meta": meta, "width": 3, "exif": {"Make": "no caption"}})
    assert [(text.place, text.text) for text in reading.texts] == [
        ("json:meta:Caption", "one"), ("json:meta:title", "two"), ("json:meta:alt", "three"),
    ]  # fmt: skip
    assert said("json", {"meta": {"caption": None, "alt": 3}}).texts == []
    assert reasons(said("json", '{"meta": {"caption": "\\ud800"}}')) == [(GapReason.NOT_TEXT, "json:meta:caption")]


def test_captions_within_objects_nested_deeper_than_python_calls_are_read() -> None:
    nested: object = {"caption": "red cube"}
    for number in range(3000):
        nested = {"meta": nested} if number % 2 else [nested]
    reading = Reading()
    add_cells(reading, {"meta": nested}, NAMES)
    assert [text.text for text in reading.texts] == ["red cube"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", GapReason.EMPTY),
        ("{", GapReason.UNREADABLE),
        ('{"caption": "a", "caption": "b"}', GapReason.UNREADABLE),
        ("[" * 100_000, GapReason.UNREADABLE),
        (b"\xff\xfe", GapReason.NOT_TEXT),
        (b" " * (LIMIT_BYTES + 1), GapReason.OVER_LIMIT),
    ],
    ids=["empty", "cut", "twice", "deep", "binary", "big"],
)
def test_json_that_cannot_be_read_is_a_gap(content: str | bytes, reason: GapReason) -> None:
    assert reasons(said("json", content)) == [(reason, "json")]


@pytest.mark.parametrize("name", ["caption", "url"])
def test_halves_of_letters_are_no_text(name: str) -> None:
    reading = said("json", f'{{"{name}": "\\ud800"}}')
    assert reasons(reading) == [(GapReason.NOT_TEXT, f"json:{name}")]
    assert (reading.texts, reading.url) == ([], None)
