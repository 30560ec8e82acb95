"""``safehold ledger``: verify, export and sign the append-only record of what was done."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.target import NEW_FILE, new_file
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.ledger import Checkpoint, LedgerState


@click.group("ledger")
def ledger() -> None:
    """Verify, export and sign the record of what was done."""


@command(ledger, "verify")
@click.option(
    "--checkpoint", type=EXISTING_FILE, help="A checkpoint kept elsewhere: finds what was cut off or rewritten."
)
@click.option("--export", "exported", type=EXISTING_FILE, help="Verify this exported ledger instead of the home's.")
@click.option("--public-key", help="The installation's key, learnt another way; with --export.")
def verify_ledger(shell: Shell, checkpoint: Path | None, exported: Path | None, public_key: str | None) -> Answer:
    """Verify every event, signature and change of key; says what differs and where."""
    from safehold.ledger import parse_public_key, verify_export

    if public_key is not None and exported is None:
        raise click.UsageError(
            "--public-key goes with --export: the home's own key is known", click.get_current_context()
        )
    retained = None if checkpoint is None else _retained(checkpoint)
    if exported is not None:
        expected = None if public_key is None else parse_public_key(public_key)
        state = verify_export(exported, retained, public_key=expected)
    else:
        with shell.workshop() as workshop:
            state = workshop.ledger.verify(retained)
    said = _said(state, is_compared=retained is not None)
    return Answer(_state(state), said if public_key is None else [*said, f"signed by {public_key}, the key you named"])


def _retained(path: Path) -> "Checkpoint":
    """Return the checkpoint in a file: as it was printed or written, with --json, or as a certificate states it.

    However the file is laid out, its signature is over what it says.
    """
    from safehold.ledger import Checkpoint

    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        stated = json.loads(text)
    except (ValueError, RecursionError):
        return Checkpoint.from_json(text)  # which says that it is none
    inner = stated.get("checkpoint") if isinstance(stated, dict) else None
    return Checkpoint.from_fields(stated if inner is None else inner)


def _state(state: "LedgerState") -> dict[str, object]:
    return {
        "verified": True,
        "events": state.size,
        "signed": state.signed_size,
        "root": state.root_hex,
        "origin": state.origin,
        "keys": list(state.keys),
        "anchored": state.is_anchored,
    }


def _said(state: "LedgerState", *, is_compared: bool) -> list[str | Table]:
    cut = "What was cut off together with its checkpoints shows only against a checkpoint kept elsewhere: --checkpoint."
    if state.size == 0:
        return ["The ledger is empty.", cut]
    trusted = "" if state.is_anchored else "; self-consistent only: give --checkpoint or --public-key for more"
    return [
        f"{counted(state.size, 'event')} verified, {state.signed_size} of them signed for{trusted}",
        f"installation {state.origin}, root {state.root_hex}",
        *(() if is_compared else (cut,)),
    ]


@command(ledger, "export")
@click.option("--out", type=NEW_FILE, required=True, help="The file to write.")
def export_ledger(shell: Shell, out: Path) -> Answer:
    """Write the whole ledger to a file that anybody can verify offline with `ledger verify --export`."""
    with shell.workshop() as workshop, new_file(out) as staged:
        workshop.ledger.export(staged)
        signed = workshop.ledger.checkpoint()
    return Answer({"out": str(out), **_signed(signed)}, [f"{counted(signed.size, 'event')} written to {out}"])


@command(ledger, "checkpoint")
@click.option("--out", type=NEW_FILE, help="The file to write; without it the checkpoint is printed.")
def checkpoint_ledger(shell: Shell, out: Path | None) -> Answer:
    """Sign what is recorded so far. Keep the checkpoint elsewhere: it shows later that nothing was cut off."""
    from safehold.home import write_atomic

    with shell.workshop() as workshop:
        signed = workshop.ledger.checkpoint()
    if out is None:
        return Answer({"checkpoint": signed.fields(), **_signed(signed)}, [signed.to_json()])
    with new_file(out) as staged:
        write_atomic(staged, (signed.to_json() + "\n").encode())
    return Answer(
        {"out": str(out), **_signed(signed)}, [f"checkpoint over {counted(signed.size, 'event')} written to {out}"]
    )


@command(ledger, "rotate-key")
@click.option(
    "--lost", is_flag=True, help="The old private key is lost: readers trust the new one only when told of it."
)
def rotate_key(shell: Shell, lost: bool) -> Answer:
    """Replace the installation's signing key; the old key vouches for the new one."""
    from safehold.home.home import Home
    from safehold.ledger import replace_lost, rotate
    from safehold.settings import load_settings
    from safehold.vocabulary import SystemClock
    from safehold.wiring import actor_of, home_folder

    folder = home_folder(shell.home, os.environ)
    actor = actor_of(load_settings(folder, os.environ))
    with Home.open(folder, SystemClock()) as home, home.lock():
        changed = replace_lost(home, actor) if lost else rotate(home, actor)
        signed = changed.checkpoint()
    said = [f"new public key: {signed.public_key}", "Tell everybody who verifies your certificates, by another way."]
    return Answer({"lost": lost, **_signed(signed)}, said)


def _signed(signed: "Checkpoint") -> dict[str, object]:
    return {"events": signed.size, "root": signed.root_hex, "public_key": signed.public_key}
