"""The frame of a page: who looks at it, how they like it to look, and what the page before had to say."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Self

from safehold.cases import Person
from safehold.console.cookies import LOOK_COOKIE


class Theme(Enum):
    """Which colours."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody likes pages to look and to listen.

    Attributes:
        theme: which colours.
        has_keys: whether single keys do something (WCAG 2.1.4: they can be turned off).
    """

    theme: Theme = Theme.SYSTEM
    has_keys: bool = True

    @classmethod
    def read(cls, cookies: Mapping[str, str]) -> Self:
        """Return what the browser keeps; the usual where that is nothing of ours."""
        theme, _, keys = cookies.get(LOOK_COOKIE, "").partition(".")
        chosen = next((one for one in Theme if one.value == theme), Theme.SYSTEM)
        return cls(chosen, has_keys=keys != "quiet")

    @property
    def written(self) -> str:
        """Return it as `read` understands it."""
        return f"{self.theme.value}.{'keys' if self.has_keys else 'quiet'}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page.

    Attributes:
        person: who looks; None for nobody who has signed in.
        csrf: what their forms carry.
        path: of the page.
        notice: one sentence on what was done just before.
        look: how they like it.
        now: the time.
    """

    person: Person | None = None
    csrf: str = ""
    path: str = "/"
    notice: str = ""
    look: Look = Look()
    now: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
