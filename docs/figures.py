"""Write the measured part of docs/python-api.md, and docs/images/lookups.svg, from docs/figures.json.

docs/figures.json is one line of `python -m benchmarks.alone --json`; no figure is typed by hand.

python docs/figures.py [--measure]
"""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
FIGURES = DOCS / "figures.json"
PAGE = DOCS / "python-api.md"
PLOT = DOCS / "images" / "lookups.svg"
_BEGIN, _END = "<!-- made by docs/figures.py from docs/figures.json; don't edit -->\n", "<!-- until here -->\n"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 420, 70, 210, 40, 50
_LINES = (
    ("native", "batched", "native, batches", "#0b5394", ""),
    ("native", "singly", "native, one at a time", "#0b5394", "6 4"),
    ("numpy", "batched", "numpy, batches", "#b45f06", ""),
    ("numpy", "singly", "numpy, one at a time", "#b45f06", "6 4"),
    ("numpy", "linear", "linear search in numpy", "#666666", "2 3"),
)
"""Engine, figure, label, colour and dashes of each line."""

_LEAST_GAP = 16

Figures = dict[str, Any]


def page(figures: Figures, text: str) -> str:
    """Return the page with the measured part as these figures have it."""
    before, rest = text.split(_BEGIN)
    _, after = rest.split(_END)
    return f"{before}{_BEGIN}\n{_table(figures)}\n{_END}{after}"


def _table(figures: Figures) -> str:
    engines = figures["engines"]
    shown = [name for name in ("native", "numpy") if name in engines]
    titles = [engines[name]["engine"] for name in shown]
    rows = [*_hashing_rows(engines, shown), *_matching_rows(engines, shown)]
    source = (
        "Rates are per second of processor time of one thread, of the run in `docs/figures.json`; "
        f"`python -m benchmarks.alone` measures them anew. Cores obtained: {figures['cores_obtained']}."
    )
    return "\n".join(
        [
            "| | " + " | ".join(titles) + " | beside it |",
            "|---|" + "---|" * (len(titles) + 1),
            *rows,
            "",
            source,
            "",
            "![Lookups a second by the number of entries](images/lookups.svg)",
            "",
        ]
    )


def _hashing_rows(engines: Figures, shown: list[str]) -> list[str]:
    rows = []
    for side in engines[shown[0]]["hashing"]:
        rates = [engines[name]["hashing"][side] for name in shown]
        peer = f"`pdqhash`: {rates[0]['pdqhash']:,}" if "pdqhash" in rates[0] else ""
        rows.append(_row(f"PDQ of decoded pictures of {side} px", [f"{rate['decoded']:,}/s" for rate in rates], peer))
        jpegs = [f"{rate['jpeg']:,}/s" for rate in rates]
        rows.append(_row(f"PDQ from the bytes of JPEGs of {side} px, decoded strictly", jpegs, ""))
    return rows


def _matching_rows(engines: Figures, shown: list[str]) -> list[str]:
    rows = []
    for size in engines[shown[0]]["matching"]:
        found = [engines[name]["matching"][size] for name in shown]
        what = f"{int(size):,} entries, up to 31 bits"
        linear = f"linear search: {found[0]['linear']:,}"
        rows.append(_row(f"lookups among {what}, in batches", [f"{one['batched']:,}/s" for one in found], linear))
        rows.append(_row("the same, one at a time", [f"{one['singly']:,}/s" for one in found], ""))
        rows.append(_row("its recall against linear search", [f"{one['recall']:.4g}" for one in found], ""))
        rows.append(_row("making it", [f"{one['build_seconds']} s" for one in found], ""))
        rows.append(_row("memory, an entry", [f"{one['bytes_an_entry']:,} bytes" for one in found], ""))
    return rows


def _row(what: str, ours: list[str], beside: str) -> str:
    return "| " + " | ".join([what, *ours, beside]) + " |"


def plot(figures: Figures) -> str:
    """Return the plot of lookups a second by the number of entries, both logarithmic."""
    lines = [
        (
            label,
            colour,
            dashes,
            [(int(size), row[figure]) for size, row in figures["engines"][engine]["matching"].items()],
        )
        for engine, figure, label, colour, dashes in _LINES
        if engine in figures["engines"]
    ]
    points = [point for *_, own in lines for point in own]
    across = _Scale(min(x for x, _ in points), max(x for x, _ in points), _LEFT, _WIDTH - _RIGHT)
    up = _Scale(min(y for _, y in points), max(y for _, y in points), _HEIGHT - _BOTTOM, _TOP)
    drawn = [_text(_LEFT, 22, "PDQ lookups a second and core, up to 31 bits, by entries listed", weight="bold")]
    for power in up.powers():
        drawn.append(f'<path d="M{_LEFT} {up.at(power)}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        drawn.append(_text(_LEFT - 8, up.at(power) + 4, f"{power:,}", anchor="end"))
    drawn += [_text(across.at(power), _HEIGHT - 24, f"{power:,}", anchor="middle") for power in across.powers()]
    for _, colour, dashes, own in lines:
        path = "M" + "L".join(f"{across.at(x)} {up.at(y)}" for x, y in own)
        drawn.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>')
    ends = _spaced([(up.at(own[-1][1]), label, colour) for label, colour, _, own in lines])
    drawn += [_text(_WIDTH - _RIGHT + 8, at + 4, label, colour=colour) for at, label, colour in ends]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="Lookups a second by entries listed">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


class _Scale:
    """A logarithmic axis over whole powers of ten."""

    def __init__(self, least: float, most: float, start: int, end: int) -> None:
        self._low, self._high = math.floor(math.log10(least)), math.ceil(math.log10(most))
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """Return where a value stands."""
        share = (math.log10(value) - self._low) / max(1, self._high - self._low)
        return round(self._start + share * (self._end - self._start), 1)

    def powers(self) -> list[int]:
        """Return the powers of ten from one end to the other."""
        return [int(10**power) for power in range(max(0, self._low), self._high + 1)]


def _spaced(labels: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Return the labels moved down where they would stand over each other."""
    placed: list[tuple[float, str, str]] = []
    for at, label, colour in sorted(labels):
        placed.append((max(at, placed[-1][0] + _LEAST_GAP) if placed else at, label, colour))
    return placed


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#222", weight: str = "normal"
) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" font-weight="{weight}">{words}</text>'


def measured() -> Figures:
    """Return what the benchmark says now; some minutes."""
    command = [sys.executable, "-m", "benchmarks.alone", "--json"]
    done = subprocess.run(command, cwd=DOCS.parent, capture_output=True, check=True, text=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def main() -> None:
    """Write the page and the plot."""
    if "--measure" in sys.argv[1:]:
        FIGURES.write_text(json.dumps(measured(), indent=1) + "\n", encoding="utf-8")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    PAGE.write_text(page(figures, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    PLOT.write_text(plot(figures), encoding="utf-8")
    sys.stdout.write(f"docs/{PAGE.name}\ndocs/images/{PLOT.name}\n")


if __name__ == "__main__":
    main()
