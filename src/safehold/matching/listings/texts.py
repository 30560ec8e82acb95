"""Lists as texts: the lines of a file as fields that nobody has judged yet, whatever the shape of the file.

Five shapes are told apart by the first line: JSON lines; CSV with our columns; CSV as `threatexchange dataset --csv`
prints it; plain lines of a value or of an algorithm and a value, as `threatexchange` reads and prints them; what vPDQ
lists of a video's frames. A whole video can also be one row of the other shapes, with the algorithm vpdq.

Source: facebook/ThreatExchange, python-threatexchange/threatexchange/cli/dataset_cmd.py (columns) and
exchanges/impl/file_api.py (plain lines).
"""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from safehold.matching.errors import UnreadableListError
from safehold.matching.listings.videos import ALGORITHM, ListedVideo, is_line, video_of_json, video_of_lines

_OURS = {name: name for name in ("algorithm", "value", "class", "note", "source_id", "threshold")}
_THREATEXCHANGE = {"signal_type": "algorithm", "signal_str": "value", "collab": "note", "category": "", "tags": ""}
_FRAMES = "frames"
_LISTED_CATEGORIES = {"", "POSITIVE_CLASS", "TRUE_POSITIVE"}
_SEED_CATEGORIES = {"INVESTIGATION_SEED", "WORTH_INVESTIGATING"}
"""Opinions that lead to listed content and are none: an exact match with one must not count as confirmed.

Source: python-threatexchange 1.2.17, exchanges/fetch_state.py, `SignalOpinionCategory` ("indirect indicator, requires
verifying"), and the names that it had before.
"""
_NUMBERS = {"threshold", "source_id"}
"""Fields that JSON may give as whole numbers."""
_LONGEST_FIRST_LINE = 1000


class _Reader(Protocol):
    """What the csv module reads with."""

    @property
    def line_num(self) -> int: ...
    def __next__(self) -> list[str]: ...


class Texts(NamedTuple):
    """The fields of one row; absent ones are empty.

    Attributes:
        line: the number of its line, from 1.
        fault: why the line has no fields; "" if it has.
        unclear: how many frames of a listed video were left out, if this row says that and nothing else.
        threshold: how near a PDQ value must be to count.
    """

    line: int
    algorithm: str = ""
    value: str = ""
    harm_class: str = ""
    note: str = ""
    source_id: str = ""
    fault: str = ""
    unclear: int = 0
    threshold: str = ""


def read_texts(path: Path) -> Iterator[Texts]:
    """Give the rows of a list; blank lines have none.

    Raises:
        UnreadableListError: it can't be opened, is empty, or its first line fits no shape.
    """
    try:
        # Bytes that are not UTF-8 are kept as surrogates, so that they are the fault of their own row.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            first = _first_line(path, file)
            file.seek(0)
            for texts in _shaped(path, first, file):
                if texts.algorithm.lower() == ALGORITHM:
                    yield from _frames(video_of_json(texts.value), texts)
                else:
                    yield texts
    except OSError as error:
        raise UnreadableListError(
            f"{path} can't be read: {error.strerror}", advice="Check that the file is there and readable."
        ) from error


def _first_line(path: Path, file: TextIO) -> str:
    for line in iter(lambda: file.readline(1 << 20), ""):
        if line.strip():
            return line.strip()
    raise UnreadableListError(f"{path} is empty", advice="Check that this is the list that you meant.")


def _shaped(path: Path, first: str, file: TextIO) -> Iterator[Texts]:
    if first.startswith("[") or first == "{":
        return _json_videos(file)
    if first.startswith("{"):
        return _json_lines(file)
    if is_line(first):
        return _frames(video_of_lines(enumerate(file, 1)), Texts(0))
    if first.lower().startswith(f"{ALGORITHM} "):
        return _plain(file)
    if len(first) > _LONGEST_FIRST_LINE or not first.isprintable():
        raise _of_no_shape(path)
    names = [name.strip().lower() for name in next(csv.reader([first]))]
    if "algorithm" in names or "value" in names or {"signal_type", "signal_str"} <= set(names):
        return _csv(path, file)
    if "," in first:
        raise _of_no_shape(path)
    return _plain(file)


def _of_no_shape(path: Path) -> UnreadableListError:
    return UnreadableListError(
        f"{path} is no list of a known shape: its first line is neither a header with a column value, nor JSON, nor a "
        "single value",
        advice="Give a CSV with the columns algorithm,value and optional class,note,source_id.",
    )


def _csv(path: Path, file: TextIO) -> Iterator[Texts]:
    reader = csv.reader(file, strict=True)
    try:
        names = [name.strip().lower() for name in next(row for row in reader if any(row))]
    except csv.Error as error:
        raise _of_no_shape(path) from error
    places = _places(_meanings(path, names))
    category = names.index("category") if "category" in names else None
    before = reader.line_num
    for line, row in _numbered(reader):
        lines, before = line - before, line
        if isinstance(row, csv.Error):
            yield Texts(line, fault=f"not CSV: {row}")
        elif not row:
            continue
        elif lines > 1:
            yield Texts(line, fault="a field goes over several lines")
        elif len(row) != len(names):
            yield Texts(line, fault=f"{len(row)} fields instead of {len(names)}")
        elif category is not None and (fault := _fault_of(row[category])):
            yield Texts(line, fault=fault)
        else:
            yield _picked(line, row, places)


def _fault_of(category: str) -> str:
    """Return why a row of this category can't be taken; "" if it can."""
    if category in _LISTED_CATEGORIES:
        return ""
    if category in _SEED_CATEGORIES:
        return (
            "its category says that it needs verifying; list such rows in a bank of tier review, without the category"
        )
    return "its category says that it is not listed"


def _numbered(reader: "_Reader") -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Give rows with their line numbers, and go on after a line that is no CSV."""
    while True:
        try:
            row: list[str] | csv.Error = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            row = error
        yield reader.line_num, row


def _places(meanings: list[str]) -> tuple[int, ...]:
    """Return where each of our columns is; the place after the last one where it is absent."""
    return tuple(meanings.index(name) if name in meanings else len(meanings) for name in _OURS)


def _picked(line: int, row: list[str], places: tuple[int, ...]) -> Texts:
    row.append("")
    algorithm, value, harm_class, note, source_id, threshold = places
    return Texts(
        line,
        row[algorithm].strip(),
        row[value].strip(),
        row[harm_class].strip(),
        row[note],
        row[source_id].strip(),
        threshold=row[threshold].strip(),
    )


def _meanings(path: Path, names: list[str]) -> list[str]:
    known = _OURS if "value" in names else _THREATEXCHANGE
    unknown = [name for name in names if name not in known]
    if unknown or "value" not in [known.get(name) for name in names] or len(set(names)) < len(names):
        raise UnreadableListError(
            f"{path} has columns that are unknown, double, or lack the value",
            advice=f"Keep only columns of: {', '.join(known)}.",
        )
    return [known[name] for name in names]


def _json_lines(file: TextIO) -> Iterator[Texts]:
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            yield Texts(line, fault="not JSON")
            continue
        if isinstance(fields, dict) and (_FRAMES in fields or _is_by_number(fields)):
            yield from _video_object(line, fields)
        elif not isinstance(fields, dict) or not all(_is_field(*field) for field in fields.items()):
            yield Texts(line, fault="not an object of texts")
        elif fields.keys() - _OURS.keys():
            yield Texts(line, fault="unknown keys")
        else:
            yield _texts(line, {name: str(value) for name, value in fields.items()})


def _is_field(name: str, value: object) -> bool:
    return isinstance(value, str) or (name in _NUMBERS and type(value) is int)


def _plain(file: TextIO) -> Iterator[Texts]:
    for line, text in enumerate(file, 1):
        match text.split():
            case []:
                continue
            case [name, *_] if name.lower() == ALGORITHM:
                yield Texts(line, algorithm=name, value=text.strip()[len(name) :])
            case [value]:
                yield Texts(line, value=value)
            case [algorithm, value]:
                yield Texts(line, algorithm=algorithm, value=value)
            case _:
                yield Texts(line, fault="more than an algorithm and a value")


def _texts(line: int, fields: dict[str, str]) -> Texts:
    return Texts(
        line,
        fields.get("algorithm", "").strip(),
        fields.get("value", "").strip(),
        fields.get("class", "").strip(),
        fields.get("note", ""),
        fields.get("source_id", "").strip(),
        threshold=fields.get("threshold", "").strip(),
    )


def _json_videos(file: TextIO) -> Iterator[Texts]:
    """Read JSON lists of frames: one over the whole file, or one a line."""
    first = file.readline()
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        try:
            value = json.loads(first + file.read())
        except (ValueError, RecursionError):
            yield Texts(1, fault="not JSON")
            return
    yield from _frames(video_of_json(value), Texts(1))
    for line, text in enumerate(file, 2):
        if text.strip():
            yield from _frames(video_of_json(text), Texts(line))


def _is_by_number(fields: dict[str, object]) -> bool:
    return bool(fields) and all(name.isdecimal() for name in fields)


def _video_object(line: int, fields: dict[str, object]) -> Iterator[Texts]:
    """Read a video with its own id, or an object of frames by number."""
    if _FRAMES not in fields:
        yield from _frames(video_of_json(fields), Texts(line))
        return
    said = {name: value for name, value in fields.items() if name != _FRAMES}
    if not said.keys() <= {"source_id", "class"} or not all(isinstance(value, str) for value in said.values()):
        yield Texts(line, fault="a video has frames, and texts as source_id and class")
        return
    whole = Texts(line, harm_class=str(said.get("class", "")), source_id=str(said.get("source_id", "")))
    yield from _frames(video_of_json(fields[_FRAMES]), whole)


def _frames(video: ListedVideo, whole: Texts) -> Iterator[Texts]:
    """Give the frames of a video as rows that carry its id.

    Args:
        video: what was read.
        whole: what its row says; line 0 where it has a line for each frame.
    """
    source_id = whole.source_id or video.id
    for frame in video.frames:
        yield Texts(whole.line, "pdq", frame.value, whole.harm_class.strip(), frame.note, source_id.strip())
    for place, reason in video.faults:
        yield Texts(whole.line or place or 1, fault=f"frame {place}: {reason}" if whole.line else reason)
    if video.unclear:
        yield Texts(whole.line, unclear=video.unclear)
