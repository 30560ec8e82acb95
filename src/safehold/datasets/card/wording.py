"""Numbers and words as the public reads them."""

import datetime as dt

_WORDS = {
    # kinds of finding
    "match": "on a list",
    "score": "classifier score",
    "claim": "label in the data",
    "rule": "words in a caption",
    "source": "known-risk source",
    # subjects
    "csam": "child sexual abuse material",
    "exploitative": "exploitative material",
    "ncii": "intimate imagery shared without consent",
    "abusive_model": "abusive model",
    "benign": "on the allow list",
    "honour_mark": "honour mark",
    "test": "test signature (harmless)",
    "minor": "minors",
    "adult_sexual": "adult sexual content",
    # reasons for a gap
    "unreadable": "could not be read",
    "truncated": "cut short",
    "empty": "empty",
    "missing": "missing",
    "unknown_kind": "of an unknown kind",
    "unsupported_format": "in an unsupported format",
    "over_limit": "over a safety limit",
    "too_small": "too small to be told apart",
    "timed_out": "took too long",
    "crashed": "stopped the decoder",
    "unsafe_member": "unsafe archive member",
    "duplicate_key": "the same key twice",
    "not_text": "text that is not text",
    "detector_missing": "no detector ran",
    "detector_failed": "the detector failed",
    "changed_since_scan": "changed since the scan",
    # media
    "image": "images",
    "video": "videos",
    "audio": "audio",
    "text": "texts",
    "unknown": "unknown kind",
    "pointer": "pointers to media (listed hashes)",
    # detectors
    "sha256": "SHA-256",
    "sha1": "SHA-1",
    "md5": "MD5",
    "pdq": "PDQ (similar pictures)",
    "vpdq": "vPDQ (videos with similar frames)",
    "media": "decoder",
    "reading": "reading the dataset",
    "caption-rules": "caption rules",
    "source-register": "register of known-risk sources",
    "opennsfw": "OpenNSFW classifier",
    "column": "mapped columns",
    # formats
    "tar": "WebDataset",
    "parquet": "Parquet",
    "folder": "folder of files",
    "table": "table of paths",
    "metadata": "metadata only",
    # dispositions and jurisdictions
    "unset": "not set yet",
    "us": "United States",
    "us-provider": "United States, as a provider",
    "gb": "United Kingdom",
    "eu": "European Union",
    "hold_for_counsel": "kept sealed or in place until counsel decides",
    "report_and_preserve": "to be reported to the authority and preserved for it",
    "report_and_destroy": "to be reported to the authority, then destroyed",
    "destroy_only": "to be destroyed",
}

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def words(term: str) -> str:
    """Return a term of ours as plain words; any other term as it is."""
    return _WORDS.get(term, term)


def separation(mode: str) -> str:
    """Return what separation did, with the names of concepts in plain words."""
    text = mode.replace("adult_sexual", words("adult_sexual")).replace("minor", words("minor"))
    return text[:1].upper() + text[1:]


def number(value: float) -> str:
    """Return a count with a comma between thousands."""
    return f"{round(value):,}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent, rounded so that it never claims all or nothing falsely."""
    if whole <= 0:
        return "\N{EN DASH}"
    if part >= whole:
        return "100 %"
    tenths = part * 1000 // whole
    if tenths == 0:
        return "< 0.1 %" if part > 0 else "0 %"
    return f"{tenths // 10}.{tenths % 10} %"


def size(byte_count: int) -> str:
    """Return a size with a decimal unit."""
    value, unit = float(byte_count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:,.0f} {_UNITS[unit]}" if unit == 0 or value >= 100 else f"{value:.1f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 1)} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(text: str) -> str:
    """Return an RFC 3339 time to the minute, in UTC; any other text as it is."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(dt.UTC).strftime("%-d %B %Y, %H:%M UTC") if at.tzinfo else text


def plural(count: int, one: str, many: str) -> str:
    """Return the count with the word that fits it."""
    return f"{number(count)} {one if count == 1 else many}"
