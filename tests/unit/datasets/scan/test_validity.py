"""A part in which something would be passed over in silence is refused, and its shard counts as not examined."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from tests.unit.datasets.made_up import SETTINGS, image, member, pdq_print, plain, shard, text

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.scan.engine import ShardScan
from safehold.datasets.scan.ipc import to_ipc
from safehold.datasets.scan.observation import SCHEMA, Observation, tabulate
from safehold.datasets.scan.part import PartNote, decode_part, encode_part, encode_table, scan_digest, unread_part
from safehold.datasets.scan.stage import validated
from safehold.datasets.scan.validity import require_valid
from safehold.examination import ObservedScore
from safehold.vocabulary import Algorithm, Gap, GapReason, MediaKind, Signal

NOTE = PartNote(scan_digest(shard(), SETTINGS), SETTINGS, "c" * 64, 5)
PRINTED = image("x", member("a", [pdq_print(bytes(32))]), texts=[("txt", "colours")])
FULL = replace(
    PRINTED,
    examined=PRINTED.examined | {"stand-in"},
    labels=(("punsafe", 0.5),),
    scores=(ObservedScore("adult_sexual", 0.25, "stand-in", "1", "a.jpg"),),
    listed=(Signal(Algorithm.MD5, bytes(16), place="json:md5"),),
    gaps=(Gap("media", GapReason.UNKNOWN_KIND, "a.xyz"),),
)


def changed(column: str, *path: str | int, to: object) -> pa.Table:
    """The full observation with one value replaced, however deep."""
    rows = tabulate([FULL]).to_pylist()
    place: Any = rows[0]
    for step in (column, *path[:-1]) if path else ():
        place = place[step]
    place[path[-1] if path else column] = to
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def test_what_an_examination_makes_is_valid() -> None:
    gap_alone = unread_part(GapReason.TRUNCATED)
    pointer = Observation("0", examined=frozenset({"md5"}), listed=FULL.listed)
    unopened = replace(plain("y"), examined=frozenset({"sha256", "sha1", "md5"}), gaps=(Gap("pdq", GapReason.CRASHED),))
    for rows in ([], [FULL], [text("t", "words"), PRINTED, pointer, unopened, gap_alone]):
        require_valid(tabulate(rows), NOTE)
    require_valid(pa.concat_tables([tabulate([FULL]), tabulate([PRINTED])]), NOTE)


@pytest.mark.parametrize(
    ("column", "path", "to"),
    [
        ("record", (), None), ("profile", (), None), ("profile", (), "picture|pdq"), ("members", (), None),
        ("members", (0,), None), ("members", (0, "sha256"), None), ("members", (0, "md5"), None),
        ("members", (0, "kind"), "painting"), ("members", (0, "kind"), None), ("members", (0, "bytes"), -1),
        ("members", (0, "kind"), "video"), ("members", (0, "prints"), None), ("members", (0, "prints"), []),
        ("members", (0, "prints", 0, "value"), None), ("members", (0, "prints", 0, "flavour"), "nearest"),
        ("members", (0, "prints", 0, "flavour"), "nearest512"), ("members", (0, "prints", 0, "quality"), 101),
        ("scores", (), None), ("scores", (0, "value"), float("nan")), ("scores", (0, "value"), float("inf")),
        ("scores", (0, "value"), -0.01), ("scores", (0, "value"), 1.01), ("scores", (0, "value"), None),
        ("scores", (0, "detector"), None), ("labels", (0, "value"), float("nan")), ("labels", (0, "value"), None),
        ("labels", (0, "value"), float("-inf")), ("listed", (0, "algorithm"), "md6"), ("listed", (0, "value"), b"odd"),
        ("listed", (0, "algorithm"), "pdq"), ("listed", (0, "value"), None), ("texts", (0, "text"), None),
        ("gaps", (), None), ("gaps", (0, "reason"), "fine"), ("gaps", (0, "detector"), None),
        ("profile", (), "image|sha256"), ("profile", (), "text|sha256"),
    ],
)  # fmt: skip
def test_what_would_be_passed_over_in_silence_is_refused(column: str, path: tuple[Any, ...], to: object) -> None:
    with pytest.raises(DamagedStateError, match="none that an examination makes"):
        require_valid(changed(column, *path, to=to), NOTE)


@pytest.mark.parametrize("change", [{"content": ""}, {"content": "c" * 63}, {"content": "C" * 64}, {"size_bytes": -1}])
def test_a_part_that_hides_how_far_it_read_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DamagedStateError):
        require_valid(tabulate([PRINTED]), replace(NOTE, **change))


def note_with(**told: Any) -> bytes:
    """The metadata of a part, some of it replaced."""
    said = {"scan": NOTE.scan, "settings": SETTINGS.to_json(), "content": NOTE.content, "bytes": 5}
    return json.dumps(said | told).encode()


def saying(note: bytes) -> bytes:
    """A part whose rows are as they should be, with other metadata."""
    return to_ipc(tabulate([FULL]).replace_schema_metadata({b"safehold": note}))


def observed(part: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = decode_part(validated(ShardScan(shard(), part), SETTINGS))[0].to_pylist()
    return rows


@pytest.mark.parametrize(
    "answer",
    [
        lambda: encode_table(changed("scores", 0, "value", to=float("nan")), NOTE),
        lambda: encode_part([PRINTED], replace(NOTE, scan="d" * 64)),
        lambda: b"ARROW1 no such part",
        lambda: saying(note_with(settings=SETTINGS.to_json() | {"flavours": []})),
        lambda: saying(note_with(settings=SETTINGS.to_json() | {"short_seconds": []})),
        lambda: saying(note_with(settings=None)),
        lambda: saying(note_with(bytes=math.inf)),
        lambda: saying(b"[" * 100_000),
    ],
)
def test_a_shard_of_whose_scan_nothing_can_be_believed_is_a_gap(answer: Callable[[], bytes]) -> None:
    (row,) = observed(answer())
    assert row["record"] == ""
    assert [gap["reason"] for gap in row["gaps"]] == ["crashed"]


def test_a_valid_answer_is_kept_as_it_came() -> None:
    part = encode_part([FULL], NOTE)
    assert validated(ShardScan(shard(), part), SETTINGS) == part
    assert observed(saying(note_with()))[0]["record"] == FULL.record
    assert MediaKind.IMAGE in FULL.kinds
