"""What ``make run`` does: make the sample, safeguard it through the real command line, compare with what was planted.

Everything lies below ``--out`` (``sample/``): ``data/`` the sample, ``home/`` an installation's state, ``result/`` what
``safehold dataset scan`` made of it. Then the home is served on this machine until Ctrl-C, or with ``ONCE=1`` until a
check through HTTP. Exits 0 only if every record became exactly what was planted, and the checks decided as they should.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.table import Table

from compare import counts, differences
from sample_dataset import make
from serve_sample import has_cases, is_proved, send, serving, tell

HERE = Path(__file__).resolve().parent
SAFEHOLD = Path(sys.executable).with_name("safehold")
STAND_INS = resources.files("safehold.classification.text").joinpath("lexicons", "stand-in")
MARK = "made-by-make-run"
LOOK_ALIKE = Path("b", "0007.jpg")
"""A near copy of a listed picture, as the sample plants it."""

ABOUT_THE_CARD = (
    "The sample's lists are test lists with hashes of generated pictures. So its card says, rightly, that no list of "
    "known material was loaded."
)
MEANINGS = {
    ("allow", ""): "ordinary pictures of many kinds and forms",
    ("deny", "sha256"): "the exact bytes are listed (SHA-256), the test signature among them",
    ("deny", "sha1"): "the exact bytes are listed (SHA-1)",
    ("deny", "md5"): "the exact bytes, or by its sidecar the original's, are listed (MD5)",
    ("deny", "red_cube"): "one of two concepts that must not both remain in the mix",
    ("hold", "pdq"): "near copies of listed pictures: encoded again, resized, turned, animated, CMYK, a video",
    ("hold", "within-record"): "both concepts in one caption",
    ("hold", "truncated"): "a truncated file",
    ("hold", "over_limit"): "a decompression bomb",
    ("hold", "empty"): "an empty file",
    ("hold", "unknown_kind"): "a member of a kind nobody knows",
    ("hold", "not_text"): "a caption that is not text",
}


def main() -> int:
    """Run the sample and return the exit code."""
    parser = argparse.ArgumentParser(description="Safeguard the sample dataset and compare with what was planted.")
    parser.add_argument("--out", type=Path, default=Path("sample"))
    root = parser.parse_args().out
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    started = time.monotonic()
    _fresh(root)
    records = len(make(root / "data"))
    _settle(root / "home")
    console.print(f"made a sample of {records} records in {root / 'data'}; each command below can be run by hand")
    answer = _safeguard(root, console)
    told = differences(root / "data", root / "result")
    _show(console, root)
    if told:
        console.print(f"[bold red]{len(told)} records differ from what was planted:[/]")
        for line in told:
            console.print(line, markup=False)
        return 1
    console.print(f"All {records} records became what was planted. {time.monotonic() - started:.0f} s, {answer}.\n")
    for name, path in _results(root):
        console.print(f"  {name:<16} {path}", soft_wrap=True)
    console.print(f"\n{ABOUT_THE_CARD}")
    return _serve(root, console)


def _serve(root: Path, console: Console) -> int:
    """Serve the sample's home: until Ctrl-C, or with ONCE=1 until it has proved itself."""
    signature = root / "test-signature.png"
    _run(console, root, "doctor", "--write-test-signature", str(signature))
    with serving(SAFEHOLD, root / "home") as service:
        tell(service, console)
        look_alike = root / "data" / "folder" / LOOK_ALIKE
        if not is_proved(service, signature, console):
            console.print("[bold red]The gateway does not decide as it should.[/]")
            return 1
        send(service, signature, look_alike)
        if not has_cases(SAFEHOLD, root / "home", console):
            console.print("[bold red]What was sent did not become cases.[/]")
            return 1
        if os.environ.get("ONCE") == "1":
            return 0
        console.print("  Ctrl-C ends it.")
        try:
            return service.process.wait()
        except KeyboardInterrupt:
            console.print("\nstopped")
            return 0


def _safeguard(root: Path, console: Console) -> str:
    """Run the commands that a user would, and return what the verification said."""
    data, out = root / "data", root / "result"
    why = "Made-up: hashes of generated pictures"
    terms = ["--class", "test", "--tier", "trusted", "--flavour", "full", "--legal-basis", why]
    _run(console, root, "bank", "import", "sample-list", str(data / "listed.csv"), *terms)
    for name in ("amira", "jonas"):
        _run(console, root, "vault", "keygen", name, "--out", str(root / f"{name}.key"))
    sources = [str(data / name) for name in ("web", "folder", "table")]
    policy = _shown(HERE / "sample" / "policy.yaml")
    _run(console, root, "dataset", "scan", *sources, "--out", str(out), "--policy", policy, expected=1)
    _run(console, root, "ledger", "verify")
    verified = _run(console, root, "dataset", "verify", str(out))
    return "certificate verified" if verified else ""


def _run(console: Console, root: Path, *arguments: str, expected: int = 0) -> dict[str, object]:
    """Run one command as a user would; anything but the expected exit code ends the sample."""
    called = (_shown(SAFEHOLD), "--home", str(root / "home"), *arguments)
    console.print(f"$ {shlex.join(called)}", style="dim", markup=False, soft_wrap=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFEHOLD_")}
    done = subprocess.run([*called, "--json"], stdout=subprocess.PIPE, text=True, check=False, env=kept)
    if done.returncode != expected:
        console.print(f"exit code {done.returncode} instead of {expected}: {done.stdout}", markup=False)
        sys.exit(done.returncode or 1)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def _shown(path: Path) -> str:
    """Return a path as short as it can be typed from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _settle(home: Path) -> None:
    """Begin the home with settings that name the lexicons of the two stand-in concepts."""
    home.mkdir(mode=0o700)
    names = ("en-red-cube.yaml", "en-blue-ball.yaml")
    lines = [f"  - {json.dumps(str(STAND_INS.joinpath(name)))}\n" for name in names]
    (home / "settings.yaml").write_text("lexicons:\n" + "".join(lines), encoding="utf-8")


def _fresh(root: Path) -> None:
    """Remove an earlier sample, and nothing that isn't one."""
    if root.exists() and any(root.iterdir()) and not (root / MARK).exists():
        sys.stderr.write(f"error: {root} holds something that `make run` did not make\n")
        sys.stderr.write("  what to do: move it away, or name another folder with --out.\n")
        sys.exit(2)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / MARK).touch()


def _show(console: Console, root: Path) -> None:
    drawn = Table("planted", "records", "became", title="What was planted, and what became of it", title_justify="left")
    order = {"deny": "removed", "hold": "held for people", "allow": "kept"}
    for (action, because), count in sorted(counts(root / "data").items(), key=lambda row: list(order).index(row[0][0])):
        drawn.add_row(MEANINGS.get((action, because), because), str(count), order[action])
    console.print(drawn)


def _results(root: Path) -> list[tuple[str, Path]]:
    out = root / "result"
    names = {
        "cleaned dataset": out / "clean",
        "certificate": out / "certificate.json",
        "card": out / "card.html",
        "manifest": out / "manifest.parquet",
    }
    return list(names.items())


if __name__ == "__main__":
    sys.exit(main())
