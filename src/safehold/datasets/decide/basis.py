"""What decisions are made with: lists, policy, lexicons, register, waivers and releases, each in a stated version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from safehold import __version__
from safehold.classification.text import CaptionRules, Lexicon
from safehold.datasets.decide.release import Release
from safehold.datasets.register import Register, Waiver
from safehold.matching import Index
from safehold.screening import Policy

DECIDE_FORMAT = 5
"""Raised whenever the same observation and basis would give another decision."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a decision depends on beside the observation.

    Attributes:
        index: the banks' entries.
        policy: what is required, what counts, what follows.
        captions: the caption rules.
        lexicons: what the caption rules were made of.
        register: the known-risk sources.
        waivers: which register entries somebody waived.
        releases: which records people freed, by record id.
    """

    index: Index
    policy: Policy
    captions: CaptionRules
    lexicons: tuple[Lexicon, ...]
    register: Register
    waivers: tuple[Waiver, ...]
    releases: Mapping[str, Release]

    @property
    def digest(self) -> str:
        """Return what identifies this basis and the code that follows it, as hex."""
        told = {
            "format": DECIDE_FORMAT,
            "safehold": __version__,
            "index": self.index.version,
            "policy": self.policy.digest,
            "captions": sorted(lexicon.digest for lexicon in self.lexicons),
            "register": self.register.version,
            "waivers": sorted(waiver.entry for waiver in self.waivers),
            "releases": sorted((release.record, release.grounds) for release in self.releases.values()),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
