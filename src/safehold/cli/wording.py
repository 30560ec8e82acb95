"""Numbers and times in sentences for people."""

import datetime as dt


def counted(number: int, noun: str) -> str:
    """Return "1 record", "2,000 records", "0 entries", "1 piece of evidence", "3 pieces of evidence"."""
    first, space, rest = noun.partition(" ")
    if number != 1:
        first = f"{first[:-1]}ies" if first.endswith("y") else f"{first}s"
    return f"{number:,} {first}{space}{rest}"


def moment(text: str) -> str:
    """Return a time of RFC 3339 as people write it, "2026-11-21 14:03:07 UTC"; anything else as it is."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
