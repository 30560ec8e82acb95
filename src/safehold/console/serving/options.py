"""What a process of the console is told by the one that starts it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """What was asked for.

    Attributes:
        home: the folder; None for the environment's or the platform's.
    """

    home: Path | None = None

    def to_text(self) -> str:
        """Return them as one argument of a process."""
        return json.dumps({"home": None if self.home is None else str(self.home)})

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return what `to_text` wrote."""
        home = json.loads(text)["home"]
        return cls(None if home is None else Path(home))
