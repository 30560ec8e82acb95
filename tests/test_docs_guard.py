"""The programs that docs/guard.md shows run as they stand, against a real service on loopback and a fresh home."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.functional.guard.serving import Running, service_over

from safehold.gateway.sandbox import SandboxChecks

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "guard.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
MOST_LINES = 12
"""Ten of work, beside a blank one and a loop's head, as on the other page of programs."""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    folder = tmp_path_factory.mktemp("guard")
    with service_over(SandboxChecks(), folder / "service") as running:
        yield running, folder / "home"


@pytest.mark.parametrize("program", PROGRAMS, ids=[f"program {place}" for place in range(1, len(PROGRAMS) + 1)])
def test_a_program_on_the_page_runs_and_says_something(
    program: str,
    places: tuple[Running, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    running, home = places
    monkeypatch.setenv("SAFEHOLD_URL", running.url)
    monkeypatch.setenv("SAFEHOLD_KEY", running.key)
    monkeypatch.setenv("SAFEHOLD_HOME", str(home))
    exec(compile(program, "docs/guard.md", "exec"), {"__name__": "shown"})  # noqa: S102  # our own page
    assert capsys.readouterr().out.strip()
    assert len(program.splitlines()) <= MOST_LINES


def test_the_page_shows_every_surface() -> None:
    assert len(PROGRAMS) == 8
    for word in ("over_http", "in_process", "stream", "GuardMiddleware", "GuardedPipeline", "fail_open"):
        assert any(word in program for program in PROGRAMS), word


def test_the_page_of_litellm_shows_a_configuration_of_six_lines() -> None:
    page = (DOCS / "litellm.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    guardrails = yaml.safe_load(shown)["guardrails"]
    assert len(shown.strip().splitlines()) <= 6
    assert [guardrail["litellm_params"]["mode"] for guardrail in guardrails] == 2 * [["pre_call", "post_call"]]
