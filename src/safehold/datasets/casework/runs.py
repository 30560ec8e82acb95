"""Runs: in which folder of this machine a run lies, so that the bytes of its held records can be read for review.

Kept in the home as one private file a run. The folder's name is in no table, event or log.
"""

import json
import re
from pathlib import Path

from safehold.datasets.errors import RunElsewhereError
from safehold.home import private_folder, write_atomic

_ID = re.compile(r"[0-9a-f]{16}")


class Runs:
    """The runs of a home.

    Args:
        folder: where their files lie; made at the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, run: str, out: Path) -> None:
        """Remember where a run lies now; a run that was moved is noted anew by the next command on it."""
        path, told = self._folder / f"{run}.json", json.dumps({"out": str(out.absolute())}).encode()
        if not path.exists() or path.read_bytes() != told:
            private_folder(self._folder)
            write_atomic(path, told)

    def folder_of(self, run: str) -> Path:
        """Return where a run lies.

        Raises:
            RunElsewhereError: it is not on this machine, or no longer where it was.
        """
        try:
            told = json.loads((self._folder / f"{run}.json").read_bytes()) if _ID.fullmatch(run) else {}
            out = Path(told["out"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _elsewhere() from error
        if not out.is_dir():
            raise _elsewhere()
        return out


def _elsewhere() -> RunElsewhereError:
    return RunElsewhereError(
        "the folder of this run is not on this machine",
        advice="Run `safehold dataset decide` with this home where the folder lies, then look again.",
    )
