"""Examination: the bytes of one file in; digests, fingerprints, scores and what could not be examined out.

It runs in a decoding child, for datasets and for the gateway alike. Nothing is matched or decided here.
"""

from safehold.examination.examiner import Examiner, Notes, Terms
from safehold.examination.observed import NO_MEDIA, ObservedMember, ObservedScore

__all__ = ["NO_MEDIA", "Examiner", "Notes", "ObservedMember", "ObservedScore", "Terms"]
