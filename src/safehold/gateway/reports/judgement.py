"""Judging a submission before anything of it is kept. Pure.

Rules: material is refused, also where it is hidden in a note. A request to take down must have what the law asks of it:
a signature, what is needed to find the picture, a statement in good faith that it is there without consent, and a way
to answer. A perceptual fingerprint can hold pictures that only look alike; so only trusted flaggers may send one.

Source: TAKE IT DOWN Act, Public Law 119-12 (2025), section 3(a)(1)(B), as 47 U.S.C. 223a.
"""

import re
from collections.abc import Iterator

from safehold.gateway.reports.errors import MaterialSentError, ReportIncompleteError
from safehold.gateway.reports.report import Fingerprint, Kind, Sender, Submission, Target
from safehold.vocabulary import CRYPTOGRAPHIC, signal_width_bytes

MOST_FINGERPRINTS = 10
"""More than one person has pictures of themselves to name at once; larger lists come through a bank's source."""

LONGEST = {"reference": 2000, "note": 2000, "contact": 320, "signature": 200}
"""Characters. An address of mail has at most 320 (RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.2)."""

_OWN_IDS = {Target.GENERATION, Target.PROMPT, Target.MODEL}
_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,127}")
_DATA = re.compile(r"data:[a-z]+/|[A-Za-z0-9+/]{400,}|(?:[0-9a-fA-F]{2}[\s:]?){300,}")
"""An address that holds its content, and long runs of base64 or hexadecimal: files pasted as text."""

_SEARCHED = 4000
"""Characters: more than any part may have, so that a pasted file is found before it is refused for its length."""


def judge(submission: Submission, sender: Sender) -> None:
    """Accept a submission, or say what is wrong with it.

    Raises:
        MaterialSentError: it holds what looks like a file.
        ReportIncompleteError: it lacks something, or a part is too long or malformed.
    """
    texts = {name: getattr(submission, name) for name in LONGEST}
    if any(_DATA.search(text[:_SEARCHED]) for text in texts.values()):
        raise MaterialSentError(
            "a report must not hold the material itself", advice="Tell us where it is; please don't send it."
        )
    missing = list(_missing(submission))
    if missing:
        raise ReportIncompleteError("the report lacks something", advice="Fill in what is named.", fields=missing)
    wrong = [name for name, text in texts.items() if len(text) > LONGEST[name]]
    wrong += [] if _are_usable(submission.fingerprints, sender) else ["fingerprints"]
    if wrong:
        raise ReportIncompleteError("a part can't be used", advice="Shorten or correct what is named.", fields=wrong)


def is_own_id(target: Target, reference: str) -> bool:
    """Return whether a reference is an identifier of the service, which may be kept in plain to be looked up."""
    return target in _OWN_IDS and _OWN_ID.fullmatch(reference) is not None


def _missing(submission: Submission) -> Iterator[str]:
    if not submission.reference.strip() and not submission.fingerprints:
        yield "reference"
    if submission.kind is Kind.TAKE_DOWN:
        if not submission.signature.strip():
            yield "signature"
        if not submission.contact.strip():
            yield "contact"
        if not submission.is_good_faith:
            yield "good_faith"


def _are_usable(fingerprints: tuple[Fingerprint, ...], sender: Sender) -> bool:
    return len(fingerprints) <= MOST_FINGERPRINTS and all(_is_usable(one, sender) for one in fingerprints)


def _is_usable(fingerprint: Fingerprint, sender: Sender) -> bool:
    if fingerprint.algorithm not in CRYPTOGRAPHIC and not sender.is_trusted:
        return False
    digits = 2 * signal_width_bytes(fingerprint.algorithm)
    return re.fullmatch(rf"[0-9a-f]{{{digits}}}", fingerprint.value) is not None
