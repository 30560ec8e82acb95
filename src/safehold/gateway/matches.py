"""Matches: which bank entries the fingerprints of one item are near to, as findings like those of a dataset's record.

Digests of no bytes are not looked up. An entry that a frame is near to in both PDQ flavours, or in several forms, is
one finding: of the frame itself if it is near, else of the form that its place names.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from safehold.gateway.clips import Prints, video_matches
from safehold.gateway.media_wire import Observed
from safehold.matching import HARM_CLASSES, Hits, Index, exhaustive
from safehold.signals import Variant, names_of
from safehold.vocabulary import DIGESTS_OF_NOTHING, Algorithm, Bits, Finding, FindingKind, PdqFlavour, Signal

MOST_OF_A_LIST = 16
"""How many near entries of one list and class are told of an item: what they lead to is the same for all."""


def matches(observed: Observed, index: Index, *, threshold: Bits, variants: frozenset[Variant]) -> Iterator[Finding]:
    """Yield every bank entry within the threshold of an item's signals, then how much of listed videos it makes up.

    Args:
        observed: what was seen of the item.
        index: one snapshot.
        threshold: for PDQ, the largest distance that counts.
        variants: the forms that count.
    """
    for signal in observed.digests:
        if signal.value != DIGESTS_OF_NOTHING[signal.algorithm]:
            values = np.frombuffer(signal.value, np.uint8)[np.newaxis]
            for hits, _ in exhaustive(index, signal.algorithm, values, threshold=Bits(0)):
                yield from (_finding(index, hits, place, signal) for place in range(len(hits)))
    prints = tuple(prints_of(observed, index.flavours(), variants))
    yield from _near(prints, index, threshold)
    yield from video_matches(prints, index, threshold)


def prints_of(observed: Observed, flavours: frozenset[PdqFlavour], variants: frozenset[Variant]) -> Iterator[Prints]:
    """Yield an item's prints by flavour, those that lists ask for and of the forms that count."""
    wanted = {"", *names_of(variants)}
    for flavour in sorted(flavours, key=lambda one: one.value):
        chosen = [(form, made) for form, made in observed.prints if made.flavour is flavour and form in wanted]
        if chosen:
            values = np.frombuffer(b"".join(made.value for _, made in chosen), np.uint8).reshape(-1, 32)
            yield Prints(flavour, values, tuple(form for form, _ in chosen), tuple(made for _, made in chosen))


def _near(prints: Sequence[Prints], index: Index, threshold: Bits) -> Iterator[Finding]:
    best: dict[tuple[str, str, str], tuple[tuple[bool, int], Finding]] = {}
    for one in prints:
        for hits, queries in exhaustive(index, Algorithm.PDQ, one.values, threshold=threshold, flavour=one.flavour):
            for number, query in enumerate(queries[hits.query].tolist()):
                found, form = _finding(index, hits, number, one.signals[query]), one.forms[query]
                key, rank = (found.place, found.subject, found.reference), (form != "", found.distance or 0)
                if key not in best or rank < best[key][0]:
                    best[key] = rank, replace(found, place=f"{found.place} {form}".strip())
    yield from _enough([found for _, found in sorted(best.values(), key=lambda ranked: ranked[0])])


def _enough(nearest_first: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the nearest findings of each bank and class: a clip's frames may be near to thousands of one list."""
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for found in nearest_first:
        groups[found.subject, found.reference.partition("#")[0]].append(found)
    for group in groups.values():
        more = len(group) - MOST_OF_A_LIST
        yield from group[: MOST_OF_A_LIST - 1]
        for last in group[MOST_OF_A_LIST - 1 : MOST_OF_A_LIST]:
            yield last if more <= 0 else replace(last, place=f"{last.place} and {more} more".lstrip())


def _finding(index: Index, hits: Hits, number: int, signal: Signal) -> Finding:
    listed = index.banks[int(hits.bank[number])]
    return Finding(
        kind=FindingKind.MATCH,
        detector=signal.algorithm.value,
        subject=HARM_CLASSES[int(hits.harm_class[number])].value,
        reference=f"{listed.reference}#{int(hits.entry[number])}",
        tier=listed.tier,
        distance=Bits(int(hits.distance[number])),
        place=signal.place,
    )
