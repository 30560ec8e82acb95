"""A caller's install stays light: what isn't used is neither imported nor needed."""

import subprocess
import sys

import pytest

HEAVY = {
    "fastapi",
    "httpx",
    "litellm",
    "numpy",
    "PIL",
    "pyarrow",
    "pydantic",
    "python_multipart",
    "safehold.home",
    "safehold.ledger",
    "safehold.matching",
    "safehold.service",
    "safehold.wiring",
    "sqlalchemy",
    "starlette",
    "torch",
    "uvicorn",
}
OVER_HTTP = """
from safehold import AsyncGuard, Guard
Guard.over_http("http://127.0.0.1:9", "key").close()
from safehold.guard.asgi import GuardMiddleware
"""


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import safehold", {"safehold.guard"}),
        ("from safehold import Guard", set()),
        (OVER_HTTP, {"httpx"}),
        ("import safehold.guard.litellm_calls", set()),
    ],
)
def test_only_what_is_used_is_imported(code: str, needed: set[str]) -> None:
    loaded = loaded_by(code)
    assert loaded & HEAVY == needed & HEAVY
    assert ("safehold.guard" in loaded) == (code != "import safehold")


def test_what_the_root_does_not_have_is_no_attribute_of_it() -> None:
    import safehold

    assert not hasattr(safehold, "Sentry")
    assert safehold.Guard.__name__ == "Guard"
