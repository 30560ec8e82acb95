"""Wording: how values are said on pages. Words of members that read badly with their underscores stand here."""

import datetime as dt
from collections.abc import Mapping
from enum import Enum
from typing import Any

from markupsafe import Markup

_WORDS: Mapping[str, str] = {
    "csam": "child sexual abuse material",
    "aig_csam": "AI-generated child sexual abuse material",
    "csem": "child sexual exploitation material",
    "ncii_adult": "intimate image of an adult without consent",
    "nudify_tool": "nudify tool",
    "cannot_tell": "cannot tell",
    "source": "dataset",
    "not_a_violation": "not a violation",
    "allow_unexamined": "let through unexamined",
    "pdq": "PDQ",
    "sha256": "SHA-256",
    "sha1": "SHA-1",
    "md5": "MD5",
    "vpdq": "vPDQ",
}
_SHORT: Mapping[str, str] = {"csam": "CSAM", "aig_csam": "AI CSAM", "csem": "CSEM", "ncii_adult": "NCII"}
"""For lists, where a warning is one word: what it stands for is said once, on the page of the case."""

_STEPS = ((86_400 * 2, 86_400, "day"), (3600 * 2, 3600, "hour"), (120, 60, "minute"), (0, 1, "second"))
_DIGEST_SHOWN = 12


def words(value: object) -> str:
    """Return a member or a word with underscores as people say it."""
    text = str(value.value) if isinstance(value, Enum) else str(value)
    return _WORDS.get(text, text.replace("_", " "))


def short(value: object) -> str:
    """Return a member or a word as lists say it."""
    text = str(value.value) if isinstance(value, Enum) else str(value)
    return _SHORT.get(text) or words(value)


def heading(value: object) -> str:
    """Return it with a capital."""
    said = words(value)
    return said[:1].upper() + said[1:]


def when(value: Any) -> Markup:  # noqa: ANN401 - whatever a template has: a time, its text, or nothing
    """Return a time for people, with the exact one for machines; "never" for none."""
    moment = _moment(value)
    if moment is None:
        return Markup('<span class="muted">never</span>')  # our own words
    moment = moment.astimezone(dt.UTC)
    return _time(moment, f"{moment:%-d %b %Y, %H:%M}")


def span(value: Any) -> str:  # noqa: ANN401 - seconds or a duration
    """Return how long something is, in the largest unit that says it well."""
    seconds = value.total_seconds() if isinstance(value, dt.timedelta) else float(value)
    seconds = abs(seconds)
    for least, unit, name in _STEPS:
        if seconds >= least:
            number = int(seconds // unit)
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return "0 seconds"


def since(value: Any, now: dt.datetime) -> Markup:  # noqa: ANN401 - whatever a template has
    """Return how long ago, or how far ahead, a time is."""
    moment = _moment(value)
    if moment is None:
        return when(None)
    apart = now - moment
    said = f"{span(apart)} ago" if apart.total_seconds() >= 0 else f"in {span(apart)}"
    return _time(moment.astimezone(dt.UTC), said)


def _time(moment: dt.datetime, said: str) -> Markup:
    """Return a time with the exact one beside it: digits and words of ours alone, so that nothing has to be escaped."""
    exact = moment.isoformat(" ", "seconds")[:19]
    return Markup(f'<time datetime="{exact[:10]}T{exact[11:]}Z" title="{exact} UTC">{said}</time>')  # noqa: S704


def digest(value: Any) -> Markup:  # noqa: ANN401 - bytes or hexadecimal text
    """Return a digest or id, cut short for the eye and whole for copying."""
    text = value.hex() if isinstance(value, bytes) else str(value)
    if len(text) <= _DIGEST_SHOWN + 4:
        return Markup('<code class="digest">{}</code>').format(text)
    return Markup('<code class="digest" title="{}" data-whole="{}">{}…</code>').format(text, text, text[:_DIGEST_SHOWN])


def count(value: Any) -> str:  # noqa: ANN401 - a number
    """Return a number with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def share(value: float) -> str:
    """Return a fraction as a percentage."""
    return f"{value * 100:.0f} %" if value in {0, 1} or 0.1 <= value < 1 else f"{value * 100:.1f} %"


def _moment(value: object) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, str) and value:
        return dt.datetime.fromisoformat(value)
    return None


FILTERS = {
    "words": words,
    "heading": heading,
    "short": short,
    "when": when,
    "span": span,
    "digest": digest,
    "count": count,
    "share": share,
}
