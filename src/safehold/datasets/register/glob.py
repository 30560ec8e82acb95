"""Patterns in which ``*`` stands for any text and everything else for itself; matching never backtracks."""


def matches(pattern: str, text: str) -> bool:
    """Return whether a pattern covers the whole text."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
