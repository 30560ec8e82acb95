"""Clearing: what an allow list takes out of a verdict, and what it never does. Pure.

Two people may confirm that exactly these bytes are no violation. Then whatever they are only *near* to holds them no
longer. Rules: the bytes are known by their SHA-256 alone; a cryptographic hash on a list always counts, whatever its
tier, and so do scores, text, claims and sources; a mark that somebody set on a picture of their own counts as well,
since it says what they wish and not what is wrong. All findings stay in the verdict; cleared ones lead to nothing.

    uncleared(findings)                  # those that a policy reads
"""

import re
from collections.abc import Iterator

from safehold.screening.policy import VIDEO_DETECTOR
from safehold.signals import Variant, names_of
from safehold.vocabulary import Algorithm, Finding, FindingKind, HarmClass

RULE = "allow-list"
"""What a verdict calls it, where an allow list made a difference."""

_NEAR = frozenset({Algorithm.PDQ.value, VIDEO_DETECTOR})
_CLEARABLE = frozenset(one.value for one in HarmClass) - {HarmClass.HONOUR_MARK.value}
_WITHIN_FILE = r"((preview|appended)( \d+)? ?)*"
_FRAME = r"(stream \d+ )?frame \d+( @ \d+\.\d+ s)?"
_FORM = "|".join(re.escape(name) for name in sorted(names_of(tuple(Variant))) if name)
_VIDEO = r"\d+ of \d+ frames, .*"
_WITHIN = re.compile(rf"(: )?{_VIDEO}|{_WITHIN_FILE}({_FRAME})?( ?upright)?( ?({_FORM}))?( ?and \d+ more)?")
"""What follows a file's name in the place of something in it: preview, frame, form, a share of a video's frames."""


def uncleared(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that count: without entries of allow lists, and without what these clear."""
    if not any(map(_is_entry, findings)):
        return findings
    cleared = {one.place for one in findings if one.is_cleared} - {one.place for one in findings if one.is_confirmed}
    return tuple(_counted(findings, cleared))


def is_cleared(findings: tuple[Finding, ...]) -> bool:
    """Return whether an allow list takes something out of these findings."""
    return len(uncleared(findings)) < sum(not _is_entry(one) for one in findings)


def _counted(findings: tuple[Finding, ...], cleared: set[str]) -> Iterator[Finding]:
    for one in findings:
        if not _is_entry(one) and not (_is_near(one) and any(_is_within(one.place, file) for file in cleared)):
            yield one


def _is_entry(finding: Finding) -> bool:
    return finding.kind is FindingKind.MATCH and finding.subject == HarmClass.BENIGN.value


def _is_near(finding: Finding) -> bool:
    return finding.kind is FindingKind.MATCH and finding.detector in _NEAR and finding.subject in _CLEARABLE


def _is_within(place: str, file: str) -> bool:
    """Return whether something was found in this very file, and not in another one whose name begins like its name."""
    if not place.startswith(file):
        return False
    rest = place[len(file) :]
    return not rest or _WITHIN.fullmatch(rest if not file else rest.removeprefix(" ")) is not None
