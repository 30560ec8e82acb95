"""How soon another process finds what is added to a bank or withdrawn, beside opening the index anew each time.

    python -m benchmarks.live [--json] [--size ENTRIES] [--changes N]

A home has a bank of that many random PDQ values. Another process adds single entries to a second bank and withdraws
them again, and says when each commit had returned; here a live index is asked over and over. `ours` is the median wall
time from the commit to the first right answer, in milliseconds, `other` what opening the index anew would add to it;
`slowest_ms` is the worst of all changes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.listed import Values, home_of, random_values, rows_of
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import BankStore, BankTraits, Index, LiveIndex
from safehold.matching.listings import Listing
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, SystemClock


def change(folder: str, changes: str) -> None:
    """Add single entries to a bank and withdraw them again, one change for each line that comes in."""
    values = random_values(int(changes), 32, seed=6)
    with Home.open(Path(folder), SystemClock()) as home:
        store = BankStore(home, open_ledger(home))
        for number in range(int(changes)):
            value = values[number // 2 : number // 2 + 1]
            sys.stdin.readline()
            if number % 2:
                store.withdraw("later", [value.tobytes().hex()], reason="made up")
            else:
                listing = Listing({Algorithm.PDQ: rows_of(Algorithm.PDQ, value)}, (), 0, 0, "")
                traits = BankTraits(harm_class=HarmClass.TEST, pdq_flavour=PdqFlavour.FULL)
                store.import_listing("later", listing, traits)
            print(time.monotonic(), flush=True)


def seen_after(live: LiveIndex, values: Values, other: "subprocess.Popen[str]") -> Iterator[float]:
    """Give for each change the seconds from its commit to the first answer that knows it."""
    if other.stdin is None or other.stdout is None:
        raise SystemExit("the other process can't be spoken to")
    for number in range(len(values)):
        asked, expected = values[number // 2 : number // 2 + 1], 1 - number % 2
        other.stdin.write("\n")
        other.stdin.flush()
        committed = float(other.stdout.readline())
        while len(live.current().lookup(Algorithm.PDQ, asked)) != expected:
            pass
        yield time.monotonic() - committed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=1_000_000, metavar="ENTRIES")
    parser.add_argument("--changes", type=int, default=40, metavar="N")
    options = parser.parse_args()
    values = random_values(options.changes, 32, seed=6)
    listed = random_values(options.size, 32, seed=1)
    with tempfile.TemporaryDirectory() as folder, home_of(Path(folder, "home"), listed) as home:
        Index.open(home)
        started = time.monotonic()
        Index.open(home)
        anew = time.monotonic() - started
        code = "import sys; from benchmarks.live import change; change(*sys.argv[1:])"
        command = [sys.executable, "-c", code, str(home.path), str(options.changes)]
        with (
            LiveIndex(home) as live,
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
        ):
            taken = [1000 * seconds for seconds in seen_after(live, values, other)]
            other.communicate()
    ours = statistics.median(taken)
    result = {
        "name": f"from a commit to the first answer that knows it, beside {options.size} entries",
        "ours": round(ours, 2),
        "other": round(1000 * anew + ours, 1),
        "ratio": round((1000 * anew + ours) / ours, 1),
        "unit": "milliseconds, less is better",
        "slowest_ms": round(max(taken), 1),
        "changes": options.changes,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
