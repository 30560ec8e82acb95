"""docs/enforcement.md and docs/wellness.md say what is so."""

import json
import re
from pathlib import Path

from safehold.cases.enforcement.appeals import OUTCOMES
from safehold.cases.enforcement.danger import Act, Outcome, load_contacts
from safehold.cases.enforcement.stepping import OUTWARD
from safehold.cases.rules import default_rules
from safehold.service.enforcing import views

DOCS = Path(__file__).resolve().parents[4] / "docs"
PAGE = (DOCS / "enforcement.md").read_text(encoding="utf-8")
WELLNESS = (DOCS / "wellness.md").read_text(encoding="utf-8")
RULES = default_rules()


def test_every_ground_of_the_shipped_ladder_is_on_the_page() -> None:
    table = PAGE.partition("| confirmed | follows |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z_]+)`", table)) == set(RULES.ladder.grounds)


def test_every_rung_is_on_the_page_with_its_days() -> None:
    table = PAGE.partition("| strikes that count")[2].partition("\n\n")[0]
    for rung in RULES.ladder.rungs:
        (row,) = re.findall(rf"^\| {rung.strikes}(?: or more)? \| (.*) \|$", table, re.MULTILINE)
        assert row == (rung.measure.value if rung.days is None else f"{rung.measure.value}, for {rung.days} days")


def test_every_view_is_on_the_page() -> None:
    for route in views.router.routes:
        path = str(getattr(route, "path", "")).replace("{enforcement}", "ID").replace("{appeal}", "ID")
        method = next(iter(getattr(route, "methods", ())))
        assert f"`{method} {path}" in PAGE, (method, path)


def test_what_people_and_programs_may_say_is_on_the_page() -> None:
    for word in (*OUTCOMES, *Act, *Outcome):
        assert f"`{word.value}`" in PAGE or f" {word.value}\n" in PAGE, word


def test_every_problem_of_the_views_is_on_the_page() -> None:
    codes = set(re.findall(r'Problem\(\d{3}, "([a-z_]+)"', Path(str(views.__file__)).read_text(encoding="utf-8")))
    assert codes == {"missing", "not_sealed", "unusable", "appeal_not_possible"}
    assert all(f"`{code}`" in PAGE for code in codes - {"missing"})


def test_what_receivers_are_told_is_on_the_page() -> None:
    told = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    types = {f"enforcement.{step.value}" for step in OUTWARD} | {"appeal.decided"}
    assert told["type"] in types
    assert types <= set(re.findall(r"[a-z]+\.[a-z]+", PAGE))


def test_the_numbers_of_wellness_are_those_of_the_rules() -> None:
    rules = RULES.exposure
    shipped = {
        "day": f"{rules.day.items} items or {rules.day.seconds / 60:.0f} minutes",
        "stretch": f"{rules.stretch.items} items or {rules.stretch.seconds / 60:.0f} minutes",
        "break_minutes": f"{rules.break_seconds / 60:.0f}",
        "rest_hours": f"{rules.rest_seconds / 3600:.0f}",
        "assumed_seconds": f"{rules.assumed_seconds:.0f}",
        "longest_seconds": f"{rules.longest_seconds:.0f}",
        "viewed_from_milliseconds": f"{rules.viewed_from_milliseconds}",
    }
    for key, value in shipped.items():
        assert f"| `{key}` | {value} |" in WELLNESS, key
    assert f"| {rules.smallest_group}, {rules.largest_share} |" in WELLNESS


def test_the_page_counts_the_countries_rightly() -> None:
    known = set(load_contacts().countries)
    assert len(known - {"GB", "US", "CA", "AU", "NZ"}) == 27
    assert "27 member states" in PAGE
