"""What a policy says of concepts and columns, from sources to results; on text, which needs no decoding."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.functional.datasets.builders import Place, rows_of, safeguard

from safehold.datasets.safeguard import decide
from safehold.screening import PolicyError


def write_lines(path: Path, *rows: Mapping[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


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
