"""docs/service.md names every problem, measure and setting that there is."""

import re
from pathlib import Path

from safehold.service.watching import Measures
from safehold.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
SERVICE = ROOT / "src" / "safehold" / "service"
ELSEWHERE = {"reporting", "webhooks", "enforcing", "messages.py", "policies.py"}
"""Views with pages of their own."""


def test_every_code_of_a_problem_is_on_the_page_and_no_other() -> None:
    sources = [path for path in SERVICE.rglob("*.py") if not ELSEWHERE & set(path.relative_to(SERVICE).parts)]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    codes = set(re.findall(r'Problem\(\s*\d{3},\s*"([a-z_0-9]+)"', text)) | {"malformed", "missing", "method", "base64"}
    table = PAGE.partition("## Problems")[2].partition("## Keys")[0]
    rows = re.findall(r"^\| \d{3} \| (.*?) \|", table, re.MULTILINE)
    assert {code for row in rows for code in re.findall(r"`([a-z_0-9]+)`", row)} == codes


def test_every_measure_is_on_the_page() -> None:
    names = {line.split()[2] for line in Measures().text().decode().splitlines() if line.startswith("# TYPE")}
    assert {name for name in names if not name.endswith("_created")} == set(re.findall(r"`(safehold_[a-z_]+)`", PAGE))


def test_every_setting_that_the_page_names_is_one() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+)(?:: [a-z]+)?`", PAGE)) - set(re.findall(r"`(safehold_[a-z_]+)`", PAGE))
    known = set(Settings.model_fields)
    others = named - known - set(re.findall(r"^\| \d{3} \|.*", PAGE, re.MULTILINE))
    codes = set(re.findall(r"`([a-z_0-9]+)`", "".join(re.findall(r"^\| \d{3} \|.*", PAGE, re.MULTILINE))))
    words = {
        "allow_unexamined",
        "model_version",
        "source_image",
        "output_image",
        "idempotency_key",
        "base_url",
        "api_base",
        "api_key",
    }
    assert others - codes - words == set()
