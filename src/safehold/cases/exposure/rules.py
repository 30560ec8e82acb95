"""How much content one person is shown, and when they rest. Frozen values; `rules_file` reads them from a file.

No published limit rests on a measurement: research says that exposure harms and that control over it helps, not how
many pictures are harmless. The shipped numbers are ours, low on purpose; an installation sets its own with the people
who do the work, and with somebody trained in their health.

Source: Spence, Bifulco, Bradbury, Martellozzo, DeMarco: The psychological impacts of content moderation on content
moderators, Cyberpsychology 17(4), article 8 (2023), on the harm; nothing there gives a number.
"""

from dataclasses import dataclass

from safehold.vocabulary import Fraction, Seconds


@dataclass(frozen=True, slots=True)
class Dose:
    """How much content.

    Attributes:
        items: different ones.
        seconds: that content was shown.
    """

    items: int
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Support:
    """Where somebody who does this work finds help.

    Attributes:
        name: of the service.
        web: its address; "" for none.
        phone: its number; "" for none.
    """

    name: str
    web: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ExposureRules:
    """How much, and when to rest.

    Attributes:
        day: the most between two long rests.
        stretch: the most between two breaks.
        break_seconds: without content; it ends a stretch.
        rest_seconds: without content; it ends a day, whatever the calendar says, so that shifts need no time zone.
        assumed_seconds: what counts for content that was never put away, as far as we were told.
        longest_seconds: how long one exposure may be; content is not given out for an older one.
        viewed_from_milliseconds: from which duration on content counts as seen.
        smallest_group: figures over fewer people are not shown to others.
        largest_share: nor are figures of which one person makes up more than this share.
        support: where help is; the operator's own.
    """

    day: Dose
    stretch: Dose
    break_seconds: Seconds
    rest_seconds: Seconds
    assumed_seconds: Seconds
    longest_seconds: Seconds
    viewed_from_milliseconds: int
    smallest_group: int
    largest_share: Fraction
    support: tuple[Support, ...] = ()
