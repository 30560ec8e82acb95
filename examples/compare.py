"""Compare what became of every record with what was planted; print the differences and exit 1 if there are any.

python examples/compare.py SAMPLE OUT
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq


def differences(sample: Path, out: Path) -> list[str]:
    """Return one sentence for each record that became something else, is missing, or was never planted."""
    planted = {
        (record["source"], record["key"]): record for record in json.loads((sample / "planted.json").read_text())
    }
    found = {place_of(row["record"]): row for row in pq.read_table(out / "manifest.parquet").to_pylist()}
    told = [f"{_name(place)}: planted, but not in the manifest" for place in planted.keys() - found.keys()]
    told += [f"{_name(place)}: in the manifest, but never planted" for place in found.keys() - planted.keys()]
    for place in planted.keys() & found.keys():
        told += _compared(planted[place], found[place])
    return sorted(told)


def place_of(record: str) -> tuple[int, str]:
    """Return source number and key of a record id such as "1-web/00000.tar#000000012"."""
    shard, _, key = record.partition("#")
    return int(shard.partition("-")[0]), key


def _compared(planted: dict[str, str], row: dict[str, object]) -> list[str]:
    name = f"{row['record']}"
    said = json.dumps([row["rules"], row["claims"], row["findings"], row["gaps"]])
    if row["action"] != planted["action"]:
        wanted = f"{planted['action']} ({planted['because'] or 'ordinary'})"
        return [f"{name}: {row['action']} instead of {wanted}; it says {said}"]
    if planted["because"] and planted["because"] not in said:
        return [f"{name}: {row['action']}, but not because of {planted['because']}; it says {said}"]
    if not planted["because"] and planted["action"] == "allow" and row["gaps"]:
        return [f"{name}: allowed with a gap; it says {said}"]
    return []


def counts(sample: Path) -> Counter[tuple[str, str]]:
    """Return how many records were planted for each action and reason."""
    records = json.loads((sample / "planted.json").read_text())
    return Counter((record["action"], record["because"]) for record in records)


def _name(place: tuple[int, str]) -> str:
    return f"source {place[0]}, record {place[1]}"


def main(arguments: Sequence[str]) -> int:
    """Compare and return the exit code."""
    told = differences(Path(arguments[0]), Path(arguments[1]))
    for line in told:
        sys.stdout.write(f"{line}\n")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
