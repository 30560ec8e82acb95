"""What a policy says of concepts and columns, from sources to results; on text, which needs no decoding."""

import json
from collections.abc import Mapping
from math import nan
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.functional.datasets.builders import HERE, LISTED, Place, captioned, rows_of, safeguard, write_tar

from safehold.cli.outcome import answer_of
from safehold.datasets.errors import ForeignOutputError, IncompleteScanError, UnknownRecordError
from safehold.datasets.freeing import release
from safehold.datasets.orders import ScanOrder
from safehold.datasets.proof.verify import verify
from safehold.datasets.safeguard import decide, scan
from safehold.screening import PolicyError


def write_lines(path: Path, *rows: Mapping[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def map_column(place: Place, *entries: str) -> None:
    """Map columns in the stand-in policy, and none but these."""
    lines = place.policy.read_text().splitlines()
    kept = [line for line in lines if "{ column: " not in line]
    at = next(number for number, line in enumerate(kept) if line.startswith("columns:"))
    kept[at + 1 : at + 1] = [f"  - {{ {entry} }}" for entry in entries]
    place.policy.write_text("\n".join(kept) + "\n")


def forget_lexicons(place: Place) -> None:
    (place.home / "settings.yaml").write_text("actor: tester\n")


def test_a_policy_about_concepts_that_nothing_can_claim_is_refused_before_anything_is_written(place: Place) -> None:
    forget_lexicons(place)
    source, out = write_lines(place.root / "rows.jsonl", {"text": "a red cube"}), place.root / "out"
    with pytest.raises(PolicyError, match="red_cube") as caught:
        safeguard(place, [source], out)
    assert "lexicon" in caught.value.advice
    assert not out.exists()


def test_a_decision_is_refused_once_nothing_can_claim_what_the_policy_separates(place: Place) -> None:
    source, out = write_lines(place.root / "rows.jsonl", {"text": "a red cube"}, {"text": "x"}), place.root / "out"
    safeguard(place, [source], out)
    before = (out / "certificate.json").read_bytes(), rows_of(out)
    forget_lexicons(place)
    with place.open() as workshop, pytest.raises(PolicyError, match="red_cube"):
        decide(out, workshop.equipment(place.policy))
    assert ((out / "certificate.json").read_bytes(), rows_of(out)) == before


AGE = "column: age, concept: red_cube, at_most: 17"
TAGS = "column: Tags, concept: blue_ball, contains_any: [blue ball]"


def test_columns_that_the_policy_maps_are_read_without_being_named_again(place: Place) -> None:
    map_column(place, AGE, TAGS)
    source = write_lines(
        place.root / "rows.jsonl",
        {"text": "w", "age": 12, "tags": ["toy", "blue_ball"]},
        {"text": "x", "age": 40, "tags": "toy, BLUE-ball"},
        {"text": "y", "age": nan, "tags": ["blue", "ball", "blue balloon"]},
        {"text": "z", "tags": 3},
    )
    outcome = safeguard(place, [source], place.root / "out")
    rows = rows_of(place.root / "out")
    assert [row["action"] for row in rows.values()] == ["hold", "allow", "hold", "hold"]
    assert rows["2"]["gaps"] == {("reading", "unreadable")}
    assert rows["3"]["gaps"] == {("reading", "unreadable")}
    assert not any("columns" in sentence for sentence in outcome.summary["not_covered"] if "value" in sentence)


def test_a_mapped_column_that_no_source_has_is_told(place: Place) -> None:
    map_column(place, AGE, TAGS, "column: punsafe, concept: blue_ball, at_least: 0.5")
    source = write_lines(place.root / "rows.jsonl", {"text": "w", "punsafe": 0.1})
    outcome = safeguard(place, [source], place.root / "out")
    (told,) = [one for one in outcome.summary["not_covered"] if "value" in one]
    assert told.endswith("no record has a value: Tags, age.")


def test_a_decision_on_columns_that_nobody_looked_for_asks_for_a_scan(place: Place) -> None:
    source, out = write_lines(place.root / "rows.jsonl", {"text": "w", "age": 12}), place.root / "out"
    safeguard(place, [source], out)
    map_column(place, AGE)
    with place.open() as workshop, pytest.raises(IncompleteScanError, match="age"):
        decide(out, workshop.equipment(place.policy))
    safeguard(place, [source], out)
    assert [row["action"] for row in rows_of(out).values()] == ["allow"]


def test_what_is_no_number_in_a_mapped_column_is_a_gap_and_an_empty_cell_is_none(place: Place) -> None:
    map_column(place, AGE)
    table = pa.table(
        {"url": [f"https://example.org/{at}" for at in range(3)], "md5": ["ab" * 16] * 3, "age": [40.0, None, nan]}
    )
    pq.write_table(table, place.root / "rows.parquet")
    safeguard(place, [place.root / "rows.parquet"], place.root / "out")
    assert [row["gaps"] for row in rows_of(place.root / "out").values()] == [set(), set(), {("reading", "unreadable")}]


def test_a_table_of_text_alone_follows_the_policy_on_text(place: Place) -> None:
    pq.write_table(
        pa.table({"text": ["a red cube", "a blue ball", "both: red cube, blue ball"]}), place.root / "t.parquet"
    )
    outcome = safeguard(place, [place.root / "t.parquet"], place.root / "out")
    assert [row["action"] for row in rows_of(place.root / "out").values()] == ["allow", "allow", "hold"]
    assert outcome.summary["separation"]["mode"].startswith("nothing removed, by policy")
    assert outcome.summary["records"]["pointers"] == 0


@pytest.mark.parametrize(("jurisdiction", "asked"), [("gb", "gb"), ("elsewhere", "other")])
def test_the_answer_says_how_to_report_under_the_policys_jurisdiction(
    place: Place, jurisdiction: str, asked: str
) -> None:
    place.write_policy(jurisdiction=jurisdiction)
    place.policy.write_text(
        place.policy.read_text().replace("  choices:\n", "  choices:\n    elsewhere: destroy_only\n")
    )
    source = write_tar(place.root / "0.tar", {"a": {"jpg": LISTED.by_sha256}, "b": captioned(5)})
    answer = answer_of(safeguard(place, [source], place.root / "out"), place.root / "out", has_custodians=False)
    assert answer.data["report"]["jurisdiction"] == jurisdiction
    assert answer.data["report"]["command"] == f"safehold dataset report-guidance --jurisdiction {asked}"
    assert answer.data["report"]["steps"]
    assert any(f"--jurisdiction {asked}" in said for said in answer.shown if isinstance(said, str))


def test_a_record_that_separation_removed_is_not_called_allowed(place: Place) -> None:
    source = write_tar(place.root / "0.tar", {"a": captioned(5, "a red cube"), "b": captioned(6, "a blue ball")})
    out = place.root / "out"
    safeguard(place, [source], out)
    assert rows_of(out)["b"]["action"] == "deny"
    with place.open() as workshop, pytest.raises(UnknownRecordError, match="keep concepts apart"):
        release(out, ["0.tar#b"], reason="seen", equipment=workshop.equipment(place.policy))


def test_what_is_no_result_of_a_scan_is_told_from_a_run_that_is_not_finished(place: Place) -> None:
    with pytest.raises(ForeignOutputError, match="not the result of a scan"):
        verify(place.root)
    source, out = write_lines(place.root / "rows.jsonl", {"text": "w"}), place.root / "out"
    with place.open() as workshop:
        scan(ScanOrder((str(source),), out, dry_run=True), workshop.equipment(place.policy), engine=HERE)
    with pytest.raises(IncompleteScanError, match="isn't finished"):
        verify(out)


def test_nobody_is_freed_under_a_policy_that_no_decision_can_follow(place: Place) -> None:
    source, out = write_lines(place.root / "rows.jsonl", {"text": "a red cube, a blue ball"}), place.root / "out"
    safeguard(place, [source], out)
    forget_lexicons(place)
    with place.open() as workshop, pytest.raises(PolicyError):
        release(out, ["rows.jsonl#0"], reason="seen", equipment=workshop.equipment(place.policy))
    assert not (out / ".safehold" / "releases.jsonl").exists()
