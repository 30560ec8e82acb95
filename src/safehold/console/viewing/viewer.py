"""The viewer: opens an item with the review key, has it decoded in the sandbox, and makes what a browser may get.

Only the console's process has one: the private half of the review key is in no other. What it opens stays in memory
and is kept nowhere. That an exposure is recorded before anything of it is revealed, its callers owe.

    with Crew(module_argv(CHILD_MODULE), VIEWING_LIMITS, size=2) as crew:
        viewer = Viewer(key, crew.ask, {Place.HELD: held_opener(held)})
        viewer.picture(item, asking, Manner())
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from safehold.cases import CaseItem, Person, Place
from safehold.console.viewing.child import SOUND, STILL, STILL_HEAD
from safehold.console.viewing.decoding import MOST_STILLS, Still
from safehold.console.viewing.errors import MisshapenViewError, NothingToSeeError, NotOpenedError
from safehold.console.viewing.sampling import LONGEST_SECONDS, RATE, Samples
from safehold.console.viewing.treatment import covered, revealed, sound, spectrogram
from safehold.gateway.circumstances import open_circumstances
from safehold.gateway.reports.sealing import open_note
from safehold.media import Limits
from safehold.media.sandbox import Reply
from safehold.vault import CustodianKey
from safehold.vocabulary import GapReason, Seconds

SMALL, LARGE = 320, 640
"""Sides of a revealed picture in pixels: enough to decide by, far from life size. Ours."""

MOST_CHARACTERS = 131_072
"""Of words: several hours of reading. Ours."""

_MOST_BYTES = 4 * MOST_CHARACTERS
"""In UTF-8 no character takes more than four."""

CUT = "[Safehold cut this off here: it goes on.]"

VIEWING_LIMITS = Limits(seconds=Seconds(20.0), output_bytes=1 << 22)

Ask = Callable[[str, Mapping[str, object], bytes], Reply]
"""Ask a decoding child: the task, what is asked, the file."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks to open something, and why.

    Attributes:
        person: who.
        purpose: why, in one word.
    """

    person: Person
    purpose: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What an item held.

    Attributes:
        data: its bytes; b"" for text.
        text: its words; "" for media.
        further: what else lies there with it, which is shown with its circumstances.
    """

    data: bytes = field(default=b"", repr=False)
    text: str = field(default="", repr=False)
    further: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an item for a browser.

    Attributes:
        text: what is shown.
        is_whole: whether that is all of them.
    """

    text: str = field(repr=False)
    is_whole: bool = True


Opener = Callable[[CaseItem, Asking, CustodianKey], Opened]
"""Opens an item that lies in one place.

Raises:
    NothingToSeeError: it is not there any more.
    SafeholdError: it can't be opened.
"""


AccountOpener = Callable[[CaseItem, Asking, CustodianKey], Mapping[str, Any]]
"""Opens what the vault has of an item's circumstances; nothing where custodians have not opened it to who asks."""


def no_account(_item: CaseItem, _asking: Asking, _key: CustodianKey) -> Mapping[str, Any]:
    """Open nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody wants to see a picture.

    Attributes:
        number: which still, from 0.
        in_colour: whether colours are shown.
        is_large: whether it is shown larger.
        mark: what is written across it.
    """

    number: int = 0
    in_colour: bool = False
    is_large: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A picture for a browser.

    Attributes:
        data: PNG or JPEG, made by us.
        number: which still it is, from 0.
        count: how many stills there are.
        is_whole: whether all of the file could be opened.
    """

    data: bytes = field(repr=False)
    number: int = 0
    count: int = 1
    is_whole: bool = True


class Viewer:
    """Opens content for the reviewing view; threads may share it.

    Args:
        key: the review key's private half.
        ask: has something decoded.
        openers: what opens items, by where they lie.
        open_context: opens the sealed circumstances of an item.
        open_account: opens what the vault has of them.
    """

    def __init__(
        self,
        key: CustodianKey,
        ask: Ask,
        openers: Mapping[Place, Opener],
        *,
        open_context: Callable[[bytes, CustodianKey], Mapping[str, Any]] = open_circumstances,
        open_account: AccountOpener = no_account,
    ) -> None:
        self._key = key
        self._ask = ask
        self._openers = dict(openers)
        self._open_context = open_context
        self._open_account = open_account

    @property
    def review_key(self) -> CustodianKey:
        """Return the private half, for whoever checks that something sealed to it opens; it goes nowhere else."""
        return self._key

    def can_open(self, item: CaseItem) -> bool:
        """Return whether there is anything to look at that lies where this process can read."""
        return item.told.content.place in self._openers

    def cover(self, item: CaseItem, asking: Asking) -> View:
        """Return a picture of an item as grey patches; of a sound its spectrogram.

        Raises:
            NothingToSeeError: there is none.
            NotOpenedError: it can't be opened.
        """
        told = self._still(self._open(item, asking).data, 0, side=SMALL)
        return View(covered(told.pixels), 0, told.count, is_whole=told.is_whole)

    def picture(self, item: CaseItem, asking: Asking, manner: Manner) -> View:
        """Return a picture of an item as it is looked at.

        Raises:
            NothingToSeeError: there is none.
            NotOpenedError: it can't be opened.
        """
        told = self._still(self._open(item, asking).data, manner.number, side=LARGE if manner.is_large else SMALL)
        made = revealed(told.pixels, in_colour=manner.in_colour, mark=manner.mark)
        return View(made, told.number, told.count, is_whole=told.is_whole)

    def spectrogram(self, item: CaseItem, asking: Asking) -> View:
        """Return what can be seen of a sound; errors as for `picture`."""
        return View(spectrogram(self._samples(self._open(item, asking).data)))

    def sound(self, item: CaseItem, asking: Asking) -> bytes:
        """Return a sound as it is listened to, WAV; errors as for `picture`."""
        return sound(self._samples(self._open(item, asking).data))

    def text(self, item: CaseItem, asking: Asking) -> Words:
        """Return the words of an item, the beginning of very long ones; errors as for `picture`."""
        opened = self._open(item, asking)
        words = opened.text or opened.data[:_MOST_BYTES].decode("utf-8", "replace")
        if len(words) <= MOST_CHARACTERS and len(opened.data) <= _MOST_BYTES:
            return Words(words)
        return Words(f"{words[:MOST_CHARACTERS]}\n\n{CUT}", is_whole=False)

    def context(self, item: CaseItem, sealed: bytes, asking: Asking) -> Mapping[str, Any]:
        """Return the circumstances of an item; nothing where none were kept.

        Raises:
            ReviewKeyError: another key sealed them, or they were changed.
            NothingToSeeError: they lie in a source that can't be read any more.
        """
        told = dict(self._open_context(sealed, self._key) if sealed else self._open_account(item, asking, self._key))
        if item.told.content.place is Place.DATASET and self.can_open(item):
            told |= self._open(item, asking).further
        return told

    def written(self, sealed: bytes) -> Mapping[str, str]:
        """Return what somebody wrote to us; nothing where nothing is kept. The caller owes that it is recorded.

        Raises:
            NoteUnopenedError: another key sealed it, or it was changed.
        """
        return open_note(sealed, self._key.secret) if sealed else {}

    def _open(self, item: CaseItem, asking: Asking) -> Opened:
        opener = self._openers.get(item.told.content.place)
        if opener is None:
            raise NothingToSeeError("nothing of it was kept", advice="Decide by what is known of it.")
        return opener(item, asking, self._key)

    def _still(self, data: bytes, number: int, *, side: int) -> Still:
        request = {"number": number, "side": side, "limits": VIEWING_LIMITS.to_dict()}
        return parse_still(_answer(self._ask(STILL, request, data)), side)

    def _samples(self, data: bytes) -> Samples:
        return parse_samples(_answer(self._ask(SOUND, {"limits": VIEWING_LIMITS.to_dict()}, data)))


def parse_still(answer: bytes, side: int) -> Still:
    """Return what a child says a picture is; whoever sent it has touched a hostile file.

    Raises:
        MisshapenViewError: it is not what was asked for.
    """
    if len(answer) < STILL_HEAD.size:
        raise _misshapen()
    width, height, channels, number, count, is_whole = STILL_HEAD.unpack_from(answer)
    is_fit = 0 < width <= side and 0 < height <= side and channels in {1, 3} and 0 <= number < count <= MOST_STILLS
    if not is_fit or len(answer) != STILL_HEAD.size + width * height * channels:
        raise _misshapen()
    shape = (height, width, 3) if channels == 3 else (height, width)
    pixels = np.frombuffer(answer, np.uint8, offset=STILL_HEAD.size).reshape(shape)
    return Still(pixels, number, count, is_whole=is_whole)


def parse_samples(answer: bytes) -> Samples:
    """Return what a child says a sound is.

    Raises:
        MisshapenViewError: it is not what was asked for.
    """
    if len(answer) % 2 or len(answer) > 2 * RATE * LONGEST_SECONDS:
        raise _misshapen()
    return np.frombuffer(answer, np.int16)


def _answer(reply: Reply) -> bytes:
    if reply.failure is None:
        return reply.data
    raise _not_opened(_WHY.get(reply.failure, "it can't be opened"))


_WHY = {
    GapReason.TIMED_OUT: "opening it took too long",
    GapReason.OVER_LIMIT: "it is too large to be opened",
    GapReason.CRASHED: "it broke what opens it",
}


def _not_opened(why: str) -> NotOpenedError:
    return NotOpenedError(why, advice="Decide by what is known of it, or ask for a second opinion.")


def _misshapen() -> MisshapenViewError:
    return MisshapenViewError("a decoding child answered something else", advice="Try again; if it stays, report it.")
