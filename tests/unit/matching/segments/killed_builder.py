"""A builder of segments that is killed at one moment after the other, and what the next opening makes of it.

    python -m tests.unit.matching.segments.killed_builder FOLDER

A moment is just before the builder opens a file to write, or makes, renames or removes something. Prints a line of JSON
for each; the last is that of a builder that nobody killed.
"""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from tests.unit.matching.made_up import contents, part, rows, values

from safehold.matching import Index
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.segments.files import facts_of
from safehold.matching.segments.shelf import Shelf
from safehold.matching.segments.sources import in_use, sources_of
from safehold.vocabulary import Algorithm

LISTED = values(500)
PARTS = [part(rows(Algorithm.PDQ, LISTED[at : at + 100], first=at)) for at in range(0, 500, 100)]
MOMENTS = (*range(1, 28, 3), *range(28, 1000))
"""The first are all alike: one file of the new segment after the other is written."""

CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.truncate"}


def listed(count: int) -> BankContents:
    return contents("made-up", *PARTS[:count])


def shelf_of(folder: Path) -> Shelf:
    return Shelf(folder, small_rows=150)


def settle(folder: Path) -> None:
    for source in sources_of(in_use([listed(5)])):
        shelf_of(folder).settle(source)


def settle_and_die(folder: Path, moment: int) -> None:
    """Settle in a process that ends at the change of this number, or afterwards."""
    left = moment

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        is_written = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if is_written or event in CHANGES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    settle(folder)
    os._exit(0)


def tried(folder: Path, moment: int) -> dict[str, object]:
    builder = os.fork()
    if builder == 0:
        settle_and_die(folder, moment)
    _, status = os.waitpid(builder, 0)
    index = Index.over([listed(5)], shelf_of(folder))
    hits = index.lookup(Algorithm.PDQ, LISTED, threshold=31)
    left = sorted(path.name for path in folder.iterdir() if path.name != "building.lock")
    return {
        "killed": os.WIFSIGNALED(status),
        "ended": os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0,
        "found": hits.entry.tolist() == list(range(500)),
        "rebuilt": index.rebuilt,
        "unfinished": [name for name in left if name.startswith("building")],
        "rows": [facts_of(folder / name)["rows"] for name in left if not name.startswith("building")],
    }


def main(place: Path) -> None:
    before = place / "before"
    before.mkdir()
    Index.over([listed(3)], shelf_of(before))
    for moment in MOMENTS:
        folder = place / str(moment)
        shutil.copytree(before, folder)
        result = tried(folder, moment)
        sys.stdout.write(f"{json.dumps(result)}\n")
        sys.stdout.flush()  # a fork would write it again
        shutil.rmtree(folder)
        if not result["killed"]:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
