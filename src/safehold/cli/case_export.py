"""``safehold case export|verify-export|recipient-key``: for law enforcement, sealed; for auditors, without content."""

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.meaning import case_meant
from safehold.cli.target import NEW_FILE, new_file
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from safehold.cases import CaseId
    from safehold.wiring.casework import Casework

_DAY = click.DateTime(["%Y-%m-%d"])
_BOTH = 2
_NEW_FOLDER = click.Path(exists=False, path_type=Path)


class ExportTargetError(UsageError):
    """The folder that an opened export should go to can't be made."""


@command(None, "recipient-key")
@click.option("--out", type=NEW_FILE, required=True, help="Where the private key goes; it stays with the recipient.")
def recipient_key(_shell: Shell, out: Path) -> Answer:
    """Make a recipient's key pair, on the recipient's own machine: exports are sealed to its public half.

    Give the public key to who exports, by a way on which nobody can exchange it.
    """
    from safehold.vault.recipient import make_recipient_key

    made = make_recipient_key(out)
    return Answer(
        {"public_key": made.text, "private_key": str(out)}, [f"private key: {out}", f"public key: {made.text}"]
    )


@command(None, "export")
@click.argument("text", metavar="[ID]", required=False)
@click.option(
    "--profile", type=click.Choice(["law", "audit"]), required=True, help="For law enforcement, or for auditors."
)
@click.option("--out", type=NEW_FILE, required=True, help="A new file.")
@click.option("--to", "recipient", help="law: the recipient's public key: safehold-recipient:…")
@click.option("--review-key", "key", type=EXISTING_FILE, help="law: opens circumstances, held items, opened evidence.")
@click.option("--since", type=_DAY, help="audit, without ID: cases opened from this day (UTC) on.")
@click.option("--until", type=_DAY, help="audit, without ID: cases opened before this day (UTC).")
def export_case(
    shell: Shell,
    /,
    text: str | None,
    *,
    profile: str,
    out: Path,
    recipient: str | None,
    key: Path | None,
    **days: dt.datetime | None,
) -> Answer:
    """Export a case for law enforcement, sealed and complete; or cases for auditors, without content or identities.

    What could not be opened is named in the export's manifest. Evidence in the vault is in it while an opening that you
    asked for lasts. ID is as for `safehold case show`.
    """
    from safehold.wiring.casework import open_casework

    with shell.workshop() as workshop:
        casework = open_casework(workshop)
        with new_file(out) as staged:
            count = 1
            if profile == "law":
                parts = _law(casework, text, recipient, key)
                _write(staged, lambda file: file.writelines(parts))
            else:
                count = _audit(casework, text, days, staged)
            size = staged.stat().st_size
    facts = {"profile": profile, "cases": count, "bytes": size, "file": str(out)}
    return Answer(facts, [f"{counted(count, 'case')} exported to {out}", "verify: safehold case verify-export FILE"])


@command(None, "verify-export")
@click.argument("file", type=EXISTING_FILE)
@click.option("--key", type=EXISTING_FILE, help="The recipient's private key, for an export for law enforcement.")
@click.option("--public-key", help="The installation's key, learnt another way: safehold-ed25519:…")
@click.option("--out", type=_NEW_FOLDER, help="A new folder for the opened files; without it nothing is written.")
@click.option("--disclosure", type=EXISTING_FILE, help="Events of an export for auditors that were opened.")
def verify_export(
    _shell: Shell,
    /,
    file: Path,
    *,
    key: Path | None,
    public_key: str | None,
    out: Path | None,
    disclosure: Path | None,
) -> Answer:
    """Verify an export, or the proof of an erasure: offline, without a home, on any machine."""
    from safehold.cases.exports import verify_export as verify
    from safehold.ledger import parse_public_key
    from safehold.vault.recipient import read_recipient_key

    secret = None if key is None else read_recipient_key(key)
    expected = None if public_key is None else parse_public_key(public_key)
    with file.open("rb") as opened:
        found = verify(opened, key=secret, public_key=expected)
    disclosed = _disclosed(file, disclosure, expected)
    if out is not None:
        _unpack(found.files, out)
    data = {
        "verified": True,
        "profile": found.profile,
        "cases": found.cases,
        "events": found.events,
        "public_key": found.public_key,
        "anchored": found.is_anchored,
        "missing": found.missing,
        "files": len(found.files),
        "out": None if out is None else str(out),
        "disclosed": disclosed,
    }
    signed = f"signed by {found.public_key}{', the key you named' if found.is_anchored else ''}"
    shown = "bound to the ledger" if found.profile == "audit" else "proven"
    said = [f"{found.profile}: {counted(found.cases, 'case')}, {counted(found.events, 'event')} {shown}", signed]
    if disclosed:
        said.append(f"{counted(disclosed, 'event')} opened: each is what the export bound itself to")
    if found.missing:
        said.append(f"{counted(found.missing, 'part')} of the case could not be opened; the manifest names each")
    if not found.is_anchored:
        said.append("Self-consistent only: to know who signed it, get the installation's key another way: --public-key")
    if out is not None:
        said.append(f"{counted(len(found.files), 'file')} written to {out}: destroy them when their purpose is met")
    return Answer(data, said)


def _law(casework: "Casework", text: str | None, recipient: str | None, key: Path | None) -> "Iterator[bytes]":
    from safehold.cases import Person, Role
    from safehold.cases.exports import Keys
    from safehold.vault.recipient import RecipientKey
    from safehold.vault.review import read_review_key
    from safehold.wiring.casework import held_contents

    if text is None or recipient is None:
        raise click.UsageError("an export for law enforcement needs ID and --to", click.get_current_context())
    workshop, keys = casework.workshop, Keys()
    if key is not None:
        secret = read_review_key(key)
        keys = Keys(secret, held_contents(workshop, secret, actor=workshop.actor))
    person = Person(workshop.actor, frozenset({Role.REPORTER}))
    return casework.exports.law_parts(person, _meant(casework, text), RecipientKey.parse(recipient), keys)


@command(None, "disclose-export")
@click.argument("file", type=EXISTING_FILE)
@click.option(
    "--event", "places", type=click.IntRange(min=0), multiple=True, required=True, help="By its ledger_place."
)
@click.option("--out", type=NEW_FILE, required=True, help="A new file.")
def disclose_export(shell: Shell, file: Path, *, places: tuple[int, ...], out: Path) -> Answer:
    """Open single events of an export for auditors: who did it, shown to be what the export bound itself to.

    For a court, or whoever may know. What is opened tells of the events beside it as well. It is recorded.
    """
    from safehold.cases import Person, Role
    from safehold.cases.exports.audit_file import read_audit
    from safehold.wiring.casework import open_casework

    with file.open("rb") as opened:
        read = read_audit(opened)
    with shell.workshop() as workshop, new_file(out) as staged:
        person = Person(workshop.actor, frozenset({Role.REPORTER}))
        _write(staged, open_casework(workshop).exports.disclose(person, read.digest, places).to_json())
    told = "verify: safehold case verify-export EXPORT --disclosure FILE"
    return Answer({"events": len(places), "file": str(out)}, [f"{counted(len(places), 'event')} opened in {out}", told])


def _disclosed(file: Path, disclosure: Path | None, public_key: str | None) -> int:
    from safehold.cases.exports import Disclosure, verify_disclosure

    if disclosure is None:
        return 0
    with file.open("rb") as opened:
        return verify_disclosure(opened, Disclosure.from_json(disclosure.read_bytes()), public_key)


def _audit(casework: "Casework", text: str | None, days: Mapping[str, dt.datetime | None], out: Path) -> int:
    from safehold.cases import Person, Role
    from safehold.cases.exports import Scope

    named = [day.replace(tzinfo=dt.UTC) for day in (days["since"], days["until"]) if day is not None]
    if (text is None) != (len(named) == _BOTH) or (text is not None and named):
        raise click.UsageError("give either ID, or --since and --until", click.get_current_context())
    scope = Scope((), *named) if text is None else Scope((_meant(casework, text),))
    person = Person(casework.workshop.actor, frozenset({Role.AUDITOR}))
    with out.open("wb") as file:
        count = casework.exports.audit(person, scope, file)
        file.flush()
        os.fsync(file.fileno())
    return count


def _meant(casework: "Casework", text: str) -> "CaseId":

    return case_meant(casework.cases, text)


def _write(path: Path, data: "bytes | Callable[[BinaryIO], None]") -> None:
    from safehold.home import write_atomic

    write_atomic(path, data)


def _unpack(files: Mapping[str, bytes], out: Path) -> None:
    """Write files below a new folder; their names were checked to lead nowhere else."""
    from safehold.home.files import private_folder

    try:
        out.mkdir(mode=0o700)
    except OSError as error:
        raise ExportTargetError(
            f"{out} can't be made: {error.strerror}", advice="Name a new folder in one that only you can enter."
        ) from error
    for name, data in files.items():
        path = out.joinpath(*name.split("/"))
        private_folder(path.parent)
        _write(path, data)
