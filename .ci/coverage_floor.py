"""Fail when a pure room is covered less than its floor; silent otherwise, so that pytest's summary stays last.

The floors only ever rise. Run after the suite, on the data file it left: ``python .ci/coverage_floor.py``.
"""

import subprocess
import sys

FLOORS = {
    "vocabulary": 98,
    "signals": 97,
    "matching": 95,
    "screening": 97,
}
TOTAL = 85


def covered(include: str) -> float:
    """Return the percentage of lines and branches that the suite reached in these files."""
    command = [sys.executable, "-m", "coverage", "report", "--format=total", "--precision=2", f"--include={include}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(answer.stdout.strip() or 0)


def main() -> int:
    """Print one line for each floor that is missed and return 1 if there is one."""
    rows = [(room, covered(f"*/safehold/{room}/*"), floor) for room, floor in FLOORS.items()]
    rows.append(("all rooms", covered("*/safehold/*"), TOTAL))
    missed = [row for row in rows if row[1] < row[2]]
    for room, percent, floor in missed:
        sys.stderr.write(f"error: coverage of {room} is {percent:.1f} %, below its floor of {floor} %\n")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
