"""The views of one prompt, made at once by plain string work; for batches see `normalise`.

The same views as `Normaliser.views` makes, and more: *closed*, with the signs between two letters left out, and all of
them once more with escapes and references spelt out. A text of plain words without signs has the folded view alone,
and nothing else is worked out for it. Reversed reading costs
no view: the search knows reversed words, and a view in which it meets one is read backwards as well.
"""

import re
from html import unescape
from string import ascii_lowercase
from urllib.parse import unquote

from ahocorasick_rs import AhoCorasick, Implementation

from safehold.classification.text.normalise import ASCII_TO_WORDS, SKELETON, Normaliser, frame, has_tags, spell_tags

_LETTER = "[a-z\\u0080-\\U0010ffff]"
_OTHER = "[^a-z0-9@$!|+\\u0080-\\U0010ffff]"
_SIGN = re.compile(r"[0-9@$!|+]")
_TOUCHING = re.compile(
    rf"[0-9@$!|+]{_LETTER}|{_LETTER}[0-9@$]|{_LETTER}{_OTHER}[0-9@$]{_OTHER}{_LETTER}",
)
# A sign first, then what stands before it: so the search skips from sign to sign.
_INNER_SIGNS = re.compile(r"[^\w\s](?<=[^\W\d_].)[^\w\s]*(?=[^\W\d_])")
_CLOSING_SIGN = re.compile(r"[!|+]+(?![^\W_])")
_DIGITS_TO_SPACES = str.maketrans(dict.fromkeys("0123456789", " "))
_RUN = re.compile(r"([^\W\d_])\1{2,}")
_APART = re.compile(r" [^ ](?: [^ ]){2,}(?= )")

_RUNS = AhoCorasick([letter * 3 for letter in ascii_lowercase], implementation=Implementation.DFA)
"""Every run in ASCII, found several times faster than by a backward reference."""

PromptView = tuple[str, bool]
"""A framed text, and whether it must be searched for skeletons of words."""


def prompt_views(text: str, normaliser: Normaliser) -> list[PromptView]:
    """Return the different views of a text, the folded one first."""
    framed = frame([text])
    lowered = framed.lower() if framed.isascii() else normaliser.lower(framed)
    views = _views(lowered)
    if (spelt_out := _spelt_out(text)) != text:
        views += _views(normaliser.lower(frame([spelt_out])))
    return views if len(views) == 1 else list(dict.fromkeys(views))


def _spelt_out(text: str) -> str:
    """Return a text with tags, percent escapes (of links) and character references (of HTML) as what they name."""
    if has_tags(text):
        text = spell_tags(text)
    if "%" in text:
        text = unquote(text)
    return unescape(text) if "&" in text else text


def _words(lowered: str) -> str:
    """Return what `normalise.words` does, of a single text."""
    spaced = " ".join(lowered.translate(ASCII_TO_WORDS).split())
    return f" {spaced} " if spaced else " "


def _views(lowered: str) -> list[PromptView]:
    views = _untangled(_words(lowered), is_skeleton=False)
    if (closed := _closed(lowered)) != lowered:
        views += _untangled(_words(closed), is_skeleton=False)
    if _SIGN.search(lowered) and _TOUCHING.search(lowered):
        views.append((_words(lowered.translate(_DIGITS_TO_SPACES)), False))
        skeleton = _CLOSING_SIGN.sub(" ", lowered).translate(SKELETON)
        views += _untangled(_words(skeleton), is_skeleton=True)
        if (closed := _closed(skeleton)) != skeleton:
            views += _untangled(_words(closed), is_skeleton=True)
    return views


def _closed(lowered: str) -> str:
    return _INNER_SIGNS.sub("", lowered.replace("_", ""))


def _untangled(view: str, *, is_skeleton: bool) -> list[PromptView]:
    """Return a view, and it with runs of a letter shortened and with single letters joined, if it has such."""
    views = [(view, is_skeleton)]
    if _APART.search(view):
        views.append((_APART.sub(_join, view), is_skeleton))
    if any(_has_run(text) for text, _ in views):
        views += [(_RUN.sub(shorter, text), is_skeleton) for text, _ in views for shorter in (r"\1\1", r"\1")]
    return views


def _has_run(view: str) -> bool:
    if view.isascii():
        return bool(_RUNS.find_matches_as_indexes(view))
    return _RUN.search(view) is not None


def _join(match: re.Match[str]) -> str:
    return " " + match.group().replace(" ", "")
