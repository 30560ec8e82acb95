"""The views of one prompt, made at once by plain string work; for batches see `normalise`.

The same views as `Normaliser.views` makes, and one more: *closed*, with the signs between two letters left out. A text
of plain words without signs has the folded view alone, and nothing else is worked out for it. Reversed reading costs
no view: the search knows reversed words, and a view in which it meets one is read backwards as well.
"""

import re
from string import ascii_lowercase

from ahocorasick_rs import AhoCorasick, Implementation

from safehold.classification.text.normalise import SKELETON, Normaliser, frame, has_tags, spell_tags, words

_LETTER = "[a-z\\u0080-\\U0010ffff]"
_OTHER = "[^a-z0-9@$!|+\\u0080-\\U0010ffff]"
_SIGN = re.compile(r"[0-9@$!|+]")
_TOUCHING = re.compile(
    rf"[0-9@$!|+]{_LETTER}|{_LETTER}[0-9@$]|{_LETTER}{_OTHER}[0-9@$]{_OTHER}{_LETTER}",
)
_BEFORE_WORD = re.compile(r"[^\w\s](?=[^\W\d_])|_")
_INNER_SIGNS = re.compile(r"(?<=[^\W\d_])[^\w\s]+(?=[^\W\d_])|_")
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
    if has_tags(text):
        views += _views(normaliser.lower(frame([spell_tags(text)])))
    return views if len(views) == 1 else list(dict.fromkeys(views))


def _views(lowered: str) -> list[PromptView]:
    views = _untangled(words(lowered), is_skeleton=False)
    if (closed := _closed(lowered)) != lowered:
        views += _untangled(words(closed), is_skeleton=False)
    if _SIGN.search(lowered) and _TOUCHING.search(lowered):
        views.append((words(lowered.translate(_DIGITS_TO_SPACES)), False))
        skeleton = _CLOSING_SIGN.sub(" ", lowered).translate(SKELETON)
        views += _untangled(words(skeleton), is_skeleton=True)
        if (closed := _closed(skeleton)) != skeleton:
            views += _untangled(words(closed), is_skeleton=True)
    return views


def _closed(lowered: str) -> str:
    return _INNER_SIGNS.sub("", lowered) if _BEFORE_WORD.search(lowered) else lowered


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
