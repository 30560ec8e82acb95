"""Gaps: what a required detector did not examine, and why. Absence of examination is a value, never "clean"."""

from dataclasses import dataclass
from enum import Enum


class GapReason(Enum):
    """Why something was not examined."""

    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    MISSING = "missing"
    UNKNOWN_KIND = "unknown_kind"
    UNSUPPORTED_FORMAT = "unsupported_format"
    OVER_LIMIT = "over_limit"
    TOO_SMALL = "too_small"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    UNSAFE_MEMBER = "unsafe_member"
    DUPLICATE_KEY = "duplicate_key"
    NOT_TEXT = "not_text"
    DETECTOR_MISSING = "detector_missing"
    DETECTOR_FAILED = "detector_failed"
    CHANGED_SINCE_SCAN = "changed_since_scan"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a required detector did not examine.

    Attributes:
        detector: which one, without version.
        reason: why.
        place: which part of the record: a member or column name, a frame.
    """

    detector: str
    reason: GapReason
    place: str = ""
