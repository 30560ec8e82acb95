"""What a scan is told: the same for every shard of a run, and part of every scan digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from safehold.datasets.scan.decoders import decoders
from safehold.media import SHORT_SECONDS, FrameChoice, Limits
from safehold.signals import Variant
from safehold.vocabulary import PdqFlavour, Seconds

SCAN_FORMAT = 7
"""Raised whenever the same bytes would give another observation, so that old scans are done again.

A test keeps what a few files give, and fails when that changes and this does not.
"""


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """How records are examined.

    Attributes:
        limits: what a decoder may use for one record.
        flavours: the PDQ flavours to compute, sorted by name.
        inert: member extensions (lower case, without dot) that the policy lists as carrying no media.
        classifiers: entry-point names of the image classifiers to run, in order.
        video: which frames of clips.
        variants: the forms of each picture to fingerprint beside its own, sorted by name.
        short_seconds: up to which length of a clip "adaptive" takes every frame.
    """

    limits: Limits
    flavours: tuple[PdqFlavour, ...]
    inert: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    video: FrameChoice = "adaptive"
    variants: tuple[Variant, ...] = ()
    short_seconds: Seconds = SHORT_SECONDS

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        return {
            "limits": self.limits.to_dict(),
            "flavours": [flavour.value for flavour in self.flavours],
            "inert": list(self.inert),
            "classifiers": list(self.classifiers),
            "video": self.video,
            "short_seconds": self.short_seconds,
            "variants": [variant.value for variant in self.variants],
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "ScanSettings":
        """Read what `to_json` wrote."""
        return cls(
            limits=Limits.from_dict(fields["limits"]),
            flavours=tuple(PdqFlavour(name) for name in fields["flavours"]),
            inert=tuple(fields["inert"]),
            classifiers=tuple(fields["classifiers"]),
            video=fields["video"],
            short_seconds=Seconds(fields["short_seconds"]),
            variants=tuple(Variant(name) for name in fields["variants"]),
        )

    @property
    def digest(self) -> str:
        """Return what identifies these settings and the code that follows them, as hex."""
        told = {"format": SCAN_FORMAT, "decoders": decoders(self.classifiers), **self.to_json()}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def serves(self, needed: "ScanSettings") -> bool:
        """Return whether what was scanned under these settings can be decided as if under the needed ones.

        More flavours, variants and frames do no harm; an extension taken as inert here must be inert there too.
        """
        return (
            set(needed.flavours) <= set(self.flavours)
            and set(needed.variants) <= set(self.variants)
            and set(self.inert) <= set(needed.inert)
            and self._shows_frames_of(needed)
        )

    def _shows_frames_of(self, needed: "ScanSettings") -> bool:
        """Return whether at least the needed frames of every clip were examined."""
        fewest_first = get_args(FrameChoice)
        more = fewest_first.index(self.video) - fewest_first.index(needed.video)
        return more > 0 or (more == 0 and (self.video != "adaptive" or self.short_seconds >= needed.short_seconds))
