"""Rendering the pages of the report form. Pure: what a page shows enters, HTML leaves.

Every value is escaped by the template engine. A page loads its own style sheet and script and nothing else, and its
policy says so to the browser.

Source: W3C, Web Content Accessibility Guidelines 2.2, level AA; Content Security Policy Level 3.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from safehold.gateway.messages import Audience, Message
from safehold.gateway.reports import Category, Kind, Receipt, Report, Role, Target
from safehold.service.reporting.form_texts import FormTexts

ASSETS: Mapping[str, str] = {
    "form.css": "text/css; charset=utf-8",
    "form.js": "text/javascript; charset=utf-8",
    "embed.js": "text/javascript; charset=utf-8",
}
_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class View:
    """What every page shows.

    Attributes:
        texts: words of the page's language.
        languages: code to name of all languages.
        country: ISO 3166-1 alpha-2; "" for none.
        help: help to name at the end, with its labels.
        is_embedded: whether the page stands in a frame.
    """

    texts: FormTexts
    languages: Mapping[str, str]
    country: str
    help: Message
    is_embedded: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form holds.

    Attributes:
        values: by field, as typed.
        errors: fields with an error; those that are not a field's own stand first.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: Sequence[str] = ()


def form_page(view: View, filled: Filled) -> str:
    """Return the page with the form."""
    return _template("form").render(
        **_shared(view),
        values={name: filled.values.get(name, "") for name in _FIELDS},
        errors=list(filled.errors),
        kinds=[one.value for one in Kind],
        categories=[one.value for one in Category],
        targets=[one.value for one in Target],
        roles=[Role.DEPICTED.value, Role.REPRESENTATIVE.value],
    )


def receipt_page(view: View, receipt: Receipt) -> str:
    """Return the page that thanks, and gives ticket and token."""
    due = None if receipt.due_at is None else f"{receipt.due_at:%Y-%m-%d %H:%M} UTC"
    return _template("receipt").render(**_shared(view), receipt=receipt, due=due)


def status_page(view: View, report: Report | None, *, is_unknown: bool = False) -> str:
    """Return the page that asks for a token, with the status of a report where there is one."""
    return _template("status").render(**_shared(view), report=report, is_unknown=is_unknown)


def asset(name: str) -> bytes:
    """Return a style sheet or script of ours."""
    return resources.files("safehold.service.reporting").joinpath(name).read_bytes()


@lru_cache(maxsize=1)
def assets_version() -> str:
    """Return what changes whenever a style sheet or script does."""
    return hashlib.sha256(b"".join(asset(name) for name in ASSETS)).hexdigest()[:_VERSION_DIGITS]


_FIELDS = (
    "kind",
    "category",
    "target",
    "reference",
    "note",
    "contact",
    "role",
    "signature",
    "good_faith",
    "fingerprint",
)


_HELP_ORDER = (Audience.AFFECTED, Audience.YOUNG_PERSON, Audience.WITNESS, Audience.SELF_CONCERN)
"""Who reports is most often one of the first three; adults' and young people's services stand together here too."""


def _shared(view: View) -> dict[str, object]:
    return {
        "t": view.texts.texts,
        "language": view.texts.language,
        "languages": view.languages,
        "country": view.country,
        "sections": sorted(view.help.sections, key=lambda section: _HELP_ORDER.index(section.audience)),
        "labels": dict(view.help.labels),
        "is_embedded": view.is_embedded,
        "version": assets_version(),
    }


@lru_cache(maxsize=8)
def _template(name: str) -> Template:
    """Return a page's template; compiling it takes longer than all else."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    layout = environment.from_string(asset("layout.html.j2").decode())
    environment.globals["layout"] = layout
    return environment.from_string(asset(f"{name}.html.j2").decode())
