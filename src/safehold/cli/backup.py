"""``safehold backup`` and ``safehold restore``: everything of a home that can't be made again, in one archive."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.target import NEW_FILE
from safehold.cli.wording import counted

if TYPE_CHECKING:
    from safehold.home.backup import Manifest


@command(None, "backup")
@click.argument("out", type=NEW_FILE, metavar="FILE.tar")
@click.option("--with-private-keys", is_flag=True, help="Include the keys that sign in this installation's name.")
def backup(shell: Shell, out: Path, with_private_keys: bool) -> Answer:
    """Write the home into one archive: banks, ledger, sealed evidence, public keys; indexes are made again."""
    from safehold.home.backup import backup as back_up

    with shell.workshop() as workshop:
        made = back_up(workshop.home, out, with_private_keys=with_private_keys)
        workshop.record("home.backed_up", files=len(made.files), private_keys=with_private_keys)
    advice = (
        "Guard it like a signing key: whoever has it can sign in this installation's name."
        if with_private_keys
        else "Its signing keys are not in it (--with-private-keys): keep a copy of them elsewhere."
    )
    return Answer({"out": str(out), **_facts(made)}, [f"{counted(len(made.files), 'file')} written to {out}", advice])


@command(None, "restore")
@click.argument("archive", type=EXISTING_FILE, metavar="FILE.tar")
def restore(shell: Shell, archive: Path) -> Answer:
    """Make a home from an archive, then verify its ledger. The home (--home) must be new or empty."""
    import os

    from safehold.home.restore import restore as put_back
    from safehold.wiring import home_folder, open_workshop

    folder = home_folder(shell.home, os.environ)
    made = put_back(archive, folder)
    data: dict[str, object] = {"home": str(folder), **_facts(made)}
    said = [f"{counted(len(made.files), 'file')} restored to {folder}"]
    if not made.has_private_keys:
        data["ledger_verified"] = False
        said.append(
            "The archive holds no private keys: put back keys/installation.key, then run: safehold ledger verify"
        )
        return Answer(data, said)
    with open_workshop(folder) as workshop:
        state = workshop.ledger.verify()
        workshop.record("home.restored", files=len(made.files))
    return Answer(
        {**data, "ledger_verified": True, "events": state.size},
        [*said, f"the ledger verifies: {counted(state.size, 'event')}"],
    )


def _facts(made: "Manifest") -> dict[str, object]:
    return {
        "at": made.at,
        "files": len(made.files),
        "bytes": sum(copied.size for copied in made.files.values()),
        "private_keys": made.has_private_keys,
    }
