"""Choosing: which fingerprints of a decided item enter a list of the installation's own. Pure.

Confirmed: the digests of the whole, and the PDQ values of a picture or of a clip's frames that are clear enough to be
told apart. Benign: the SHA-256 alone, since two files of one SHA-1 or MD5 can be made on purpose, and since a harmless
picture's neighbours need not be harmless.
"""

import re
from collections.abc import Iterator, Sequence

from safehold.cases.decisions.signals.listing import ListedSignal
from safehold.matching.listings.videos import LEAST_QUALITY, ListedFrame
from safehold.vocabulary import CRYPTOGRAPHIC, DIGESTS_OF_NOTHING, Algorithm, Signal

_FRAME = re.compile(r"(?:stream (?P<stream>\d+) )?frame (?P<number>\d+)(?: @ (?P<seconds>\d+\.\d+) s)?")


def confirmed_signals(signals: Sequence[Signal], *, quality_at_least: int) -> tuple[ListedSignal, ...]:
    """Return what enters the own bank, each value once.

    Args:
        signals: of the item.
        quality_at_least: of PDQ values; frames of clips need vPDQ's own least quality as well.
    """
    chosen = dict.fromkeys([*_digests(signals), *_prints(signals, quality_at_least)])
    keys = {(one.algorithm, one.value, one.flavour): one for one in reversed(chosen)}
    return tuple(reversed(keys.values()))


def benign_signals(signals: Sequence[Signal]) -> tuple[ListedSignal, ...]:
    """Return what enters the allow list: one SHA-256, or nothing."""
    return tuple(one for one in _digests(signals) if one.algorithm is Algorithm.SHA256)[:1]


def _digests(signals: Sequence[Signal]) -> Iterator[ListedSignal]:
    for one in signals:
        if one.algorithm in CRYPTOGRAPHIC and not one.place and one.value != DIGESTS_OF_NOTHING[one.algorithm]:
            yield ListedSignal(one.algorithm, one.value.hex())


def _prints(signals: Sequence[Signal], quality_at_least: int) -> Iterator[ListedSignal]:
    for one in signals:
        if one.algorithm is not Algorithm.PDQ or one.quality is None or one.quality < quality_at_least:
            continue
        frame = _FRAME.fullmatch(one.place)
        if not one.place:
            yield ListedSignal(Algorithm.PDQ, one.value.hex(), one.flavour)
        elif frame is not None and one.quality >= LEAST_QUALITY:
            yield ListedSignal(Algorithm.PDQ, one.value.hex(), one.flavour, _note(frame, one))


def _note(frame: re.Match[str], signal: Signal) -> str:
    seconds = float(frame["seconds"] or 0.0)
    return ListedFrame(int(frame["number"]), signal.value.hex(), signal.quality or 0, seconds).note
