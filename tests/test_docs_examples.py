"""The files that docs/policy.md shows can be used as they stand."""

import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from safehold.classification.text import load_lexicon
from safehold.datasets.register import load_register
from safehold.screening.policy_file import parse

PAGE = Path(__file__).resolve().parent.parent / "docs" / "policy.md"
SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
PARTS = [text for text in SHOWN if not text.startswith("format:")]


def whole(name: str) -> str:
    return next(text for text in SHOWN if text.startswith(f"format: safehold.{name}/1"))


def shipped() -> dict[str, Any]:
    file = resources.files("safehold.screening").joinpath("policies", "default-dataset.yaml")
    policy: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return policy


@pytest.mark.parametrize("text", PARTS, ids=lambda text: text.strip().splitlines()[0])
def test_each_part_of_a_policy_that_the_page_shows_fits_into_the_shipped_one(text: str) -> None:
    part, policy = yaml.safe_load(text), shipped()
    if isinstance(part, list):
        policy["rules"] += part
    elif "across_mix" in part:
        policy["separation"] |= part
    else:
        policy |= part
    assert parse(yaml.safe_dump(policy), called="shown").name == "default-dataset"


def test_there_is_a_part_of_each_sort() -> None:
    assert len(PARTS) >= 4


def test_the_lexicon_that_the_page_shows_can_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(whole("lexicon"), encoding="utf-8")
    assert load_lexicon(tmp_path / "own.yaml").concept == "red_cube"


def test_the_register_that_the_page_shows_finds_its_source(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(whole("register"), encoding="utf-8")
    register = load_register([tmp_path / "own.yaml"])
    assert [found.subject for found in register.check_source("/data/Flower_Mirror-2024")] == ["own-flower-mirror"]
