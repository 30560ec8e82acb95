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
    """Write the home into one archive: settings, banks, ledger, sealed evidence, public keys; no indexes."""
    from safehold.home.backup import backup as back_up

    with shell.workshop() as workshop:
        elsewhere = workshop.settings.files
        made = back_up(workshop.home, out, with_private_keys=with_private_keys, elsewhere=elsewhere)
        workshop.record("home.backed_up", files=len(made.files), private_keys=with_private_keys)
    advice = (
        "Guard it like a signing key: whoever has it can sign in this installation's name."
        if with_private_keys
        else "Its signing keys are not in it (--with-private-keys): keep a copy of them elsewhere."
    )
    left = [f"not in it, since it lies elsewhere; keep a copy of it: {path}" for path in made.elsewhere]
    said = [f"{counted(len(made.files), 'file')} written to {out}", advice, *left]
    return Answer({"out": str(out), **_facts(made)}, said)


@command(None, "restore")
@click.argument("archive", type=EXISTING_FILE, metavar="FILE.tar")
def restore(shell: Shell, archive: Path) -> Answer:
    """Make a home from an archive, then verify its ledger. The home (--home) must be new or empty."""
    import os

    from safehold.home.restore import restore as put_back
    from safehold.settings import load_settings
    from safehold.wiring import home_folder, open_workshop

    folder = home_folder(shell.home, os.environ)
    made = put_back(archive, folder, server=lambda restored: load_settings(restored, os.environ).server())
    missing = [path for path in made.elsewhere if not Path(path).is_file()]
    data: dict[str, object] = {"home": str(folder), **_facts(made), "missing": missing}
    said = [f"{counted(len(made.files), 'file')} restored to {folder}"]
    said += [f"missing: {path}; bring it back before you scan or decide: the settings need it" for path in missing]
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
    from safehold.home.home import SETTINGS_NAME

    return {
        "at": made.at,
        "files": len(made.files),
        "bytes": sum(copied.size for copied in made.files.values()),
        "private_keys": made.has_private_keys,
        "settings": SETTINGS_NAME in made.files,
        "elsewhere": list(made.elsewhere),
    }
