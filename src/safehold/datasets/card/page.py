"""Render the card: one HTML file, valid on its own, that loads and runs nothing.

The page forbids itself everything but its own style sheet, which is named by digest. Every value is escaped by the
template engine; plots are numbers until the template draws them.

Source: W3C, Web Content Accessibility Guidelines 2.2, level AA; Content Security Policy Level 3, section 2.3.1.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, UndefinedError
from markupsafe import Markup

from safehold.datasets.card import wording
from safehold.datasets.card.errors import MalformedSummaryError
from safehold.datasets.card.headline import LIMITS, headline, is_examined_in_part, notices
from safehold.datasets.card.plot import SMALLEST_PERCENT, concept_plot, gap_plot, stack

SCHEMA = "safehold.summary/1"


def render_card(summary: Mapping[str, Any]) -> str:
    """Return the card of a summary; equal summaries give equal bytes.

    Args:
        summary: the content of ``summary.json``.

    Raises:
        MalformedSummaryError: it has another schema or lacks a part; nothing is left out silently.
    """
    if summary.get("schema") != SCHEMA:
        raise _malformed(f"its schema is not {SCHEMA}")
    style = _text("card.css")
    try:
        return _template().render(
            **summary,
            headline=headline(summary),
            notices=notices(summary),
            limits=LIMITS,
            is_examined_in_part=is_examined_in_part(summary),
            actions=stack({name: summary["records"][name] for name in ("allow", "hold", "deny")}),
            concept_plot=concept_plot(summary["concepts"]),
            gap_plot=gap_plot(summary["gaps"]),
            smallest_percent=SMALLEST_PERCENT,
            style=Markup(style),  # noqa: S704 - our own file, not input
            style_digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
        )
    except (KeyError, TypeError, AttributeError, UndefinedError) as error:
        raise _malformed(str(error)) from error


def _text(name: str) -> str:
    return resources.files("safehold.datasets.card").joinpath(name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _template() -> Template:
    """Return the page's template; compiling it takes longer than all else that a small card needs."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for function in (wording.words, wording.number, wording.size, wording.duration, wording.moment, wording.separation):
        environment.filters[function.__name__] = function
    environment.globals["share"] = wording.share
    environment.globals["plural"] = wording.plural
    return environment.from_string(_text("card.html.j2"))


def _malformed(what: str) -> MalformedSummaryError:
    return MalformedSummaryError(
        f"a card can't be made of this summary: {what}",
        advice="Make the summary again with `safehold dataset decide`; if it stays so, please report it.",
    )
