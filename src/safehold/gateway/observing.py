"""Observing: everything that can be seen of a request, by every detector that the installation has.

Text rules read the words of all items, decoding children open the bytes, the index is asked, and further detectors are
asked meanwhile. Nothing is decided here; whatever fails is a gap.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from safehold.gateway.features import ItemFeatures
from safehold.gateway.further import Asked, Further
from safehold.gateway.item import CheckRequest, Item, ItemKind
from safehold.gateway.media import LISTS, MediaRoom, Seen
from safehold.gateway.policy import GatewayPolicy
from safehold.gateway.text import TextReader, merged, read_texts, versions, words_of
from safehold.gateway.text_file import words_of_file
from safehold.media import sniff
from safehold.screening import NEVER_ALLOWED, Subject, uncleared
from safehold.vocabulary import FindingKind, Gap, GapReason, MediaKind

_SNIFFED_BYTES = 4096
_IS_NO_MEDIA = Gap("media", GapReason.UNKNOWN_KIND)


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of a request.

    Attributes:
        items: in the request's order.
        concepts: that its words claim, for the session; names only.
        detectors: name to version of all that took part.
    """

    items: tuple[ItemFeatures, ...]
    concepts: frozenset[str]
    detectors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Detectors:
    """The detectors of an installation.

    Attributes:
        text: reads words.
        media: opens bytes and asks the index.
        further: whoever else is asked.
    """

    text: TextReader
    media: MediaRoom
    further: Further

    def observe(self, request: CheckRequest, policy: GatewayPolicy, carried: frozenset[str]) -> Observed:
        """Return what is seen of a request.

        Args:
            request: a valid one.
            policy: says how to look, and how long.
            carried: concepts that the session had before.
        """
        deadline = time.monotonic() + policy.requests.detector_seconds
        kinds = [_kind_of(item) for item in request.items]
        asked = [self.further.ask(item, kind) for item, kind in zip(request.items, kinds, strict=True)]
        seen = [None if item.kind.is_text else self.media.examine(item.data, policy) for item in request.items]
        for number, (item, one) in enumerate(zip(request.items, seen, strict=True)):
            if one is not None and _may_be_listed(one):
                seen[number] = self._spared(item, kinds[number], one)
            elif one is not None:
                asked[number] += self.further.ask(item, kinds[number], parties=True)
        words = [
            words_of_file(item, most_characters=policy.requests.text_characters)
            if _is_text_file(item, one)
            else words_of(item, policy.session.trusted_roles)
            for item, one in zip(request.items, seen, strict=True)
        ]
        said = read_texts(self.text, words, policy.session.items, carried)
        detectors = dict(versions(self.text, said.subjects))
        items = []
        for item, one, spoken, questions in zip(request.items, seen, said.subjects, asked, strict=True):
            subject = spoken if one is None else merged(_without_text_gap(item, one), spoken)
            subject, told = self._further(item, subject, questions, policy, deadline)
            detectors |= told | ({} if one is None else one.detectors)
            items.append(ItemFeatures(item.kind, subject, () if one is None else one.prints))
        return Observed(tuple(items), said.concepts, detectors)

    def _spared(self, item: Item, kind: MediaKind, seen: Seen) -> Seen:
        """Return what was seen, as if the companies that are not asked had been: nobody is to tell why they were not.

        Where a list knows the picture, no policy lets it pass, so that nothing hangs on what they would have said.
        """
        spared = self.further.spared(item, kind)
        examined = seen.subject.examined.union(spared if _is_listed(seen) else ())
        return replace(seen, subject=replace(seen.subject, examined=examined), detectors=seen.detectors | spared)

    def _further(
        self, item: Item, subject: Subject, asked: Sequence[Asked], policy: GatewayPolicy, deadline: float
    ) -> tuple[Subject, dict[str, str]]:
        if not asked:
            return subject, {}
        required = policy.terms[item.kind].required_for(subject.kinds)
        added, told = self.further.collect(asked, required=required, deadline=deadline)
        return merged(subject, added), told


def _kind_of(item: Item) -> MediaKind:
    return MediaKind.TEXT if item.kind.is_text else sniff(item.data[:_SNIFFED_BYTES], "").kind


def _may_be_listed(seen: Seen) -> bool:
    """Return whether a list knows it as what nobody may pass on, or the lists could not all be asked."""
    return _is_listed(seen) or any(gap.detector == LISTS for gap in seen.subject.gaps)


def _is_listed(seen: Seen) -> bool:
    counted = uncleared(seen.subject.findings)
    return any(one.kind is FindingKind.MATCH and one.subject in NEVER_ALLOWED for one in counted)


def _is_text_file(item: Item, seen: Seen | None) -> bool:
    return item.kind is ItemKind.FILE and seen is not None and MediaKind.TEXT in seen.subject.kinds


def _without_text_gap(item: Item, seen: Seen) -> Subject:
    """Return what was seen of bytes; a file of text is read as text, and is no gap for not being media."""
    if not _is_text_file(item, seen):
        return seen.subject
    return replace(seen.subject, gaps=tuple(gap for gap in seen.subject.gaps if gap != _IS_NO_MEDIA))
