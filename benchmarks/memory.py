"""Memory: the peak of the supervisor and of its decoding children over many images, beside the same over few.

    python -m benchmarks.memory [--json] [--images N] [--few N] [--size PIXELS]

Ours is the peak over `--images` images, other the peak over `--few`, in MiB; the claim is that they are the same.
Shards hold as many images in both. Every run is a process of its own; a child's peak is what its kernel says
(`VmHWM`), since `ru_maxrss` of a started process begins with its parent's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.scan import write_shards
from safehold.datasets.orders import NobodyWatching, ScanOrder, Sighting
from safehold.datasets.safeguard import scan
from safehold.wiring import open_workshop

IMAGES, FEW, SIZE = 20_000, 1_000, 64
_MIB = 1024


class PeakWatcher(NobodyWatching):
    """Looks at the children's peaks whenever a shard is done."""

    def __init__(self) -> None:
        self.child = 0

    def see(self, sighting: Sighting) -> None:
        """Keep the highest peak that any child has reached."""
        del sighting
        for folder in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if folder.name.isdigit() and _field(folder, "PPid:") == os.getpid():
                    self.child = max(self.child, _field(folder, "VmHWM:"))


def _field(folder: Path, name: str) -> int:
    lines = (folder / "status").read_text().splitlines()
    return int(next((line.split()[1] for line in lines if line.startswith(name)), "0"))


def measure(images: int, size: int) -> dict[str, float]:
    """Scan so many images in this process and return the peaks in MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shards").mkdir()
        write_shards(folder / "shards", images, size)
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making the pictures
        watcher = PeakWatcher()
        with open_workshop(folder / "home", environment={}) as workshop:
            equipment = replace(workshop.equipment(None), classifiers=())
            scan(ScanOrder((str(folder / "shards"),), folder / "out"), equipment, watcher=watcher)
    return {"supervisor": _field(Path("/proc/self"), "VmHWM:") / _MIB, "child": watcher.child / _MIB}


def _apart(images: int, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory", "--measure", str(images), "--size", str(size)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def main() -> None:
    """Run and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON, as ever")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.size)))
        return
    many, few = _apart(options.images, options.size), _apart(options.few, options.size)
    found = {
        "name": "memory",
        "ours": round(many["child"], 1),
        "other": round(few["child"], 1),
        "ratio": round(many["child"] / few["child"], 2),
        "unit": "MiB of a decoding child",
        "cores_obtained": 1,
        "supervisor": round(many["supervisor"], 1),
        "supervisor_few": round(few["supervisor"], 1),
        "images": options.images,
        "few": options.few,
        "size": options.size,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
