"""``safehold vault``: custodians' keys, and the evidence sealed to them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.meaning import SHORTEST_BEGINNING, evidence_meant
from safehold.cli.target import NEW_FILE
from safehold.cli.vault_opening import ask, grant, requests
from safehold.cli.wording import counted
from safehold.vocabulary import UsageError

if TYPE_CHECKING:
    from safehold.vault import Evidence, Problem, VaultReport


_SHOWN_EXPOSED = 20


class UnrecordableError(UsageError):
    """A purpose or case can't go into the ledger as it was typed."""


class PlaintextTargetError(UsageError):
    """The file that opened evidence should go to can't be made."""


@click.group("vault")
def vault() -> None:
    """Keep evidence sealed to custodians, who open it together."""


@command(vault, "keygen")
@click.argument("name")
@click.option("--out", type=NEW_FILE, required=True, help="Where the custodian's private key goes; take it away.")
@click.option("--needed", type=click.IntRange(1, 64), help="From now on, how many custodians must come together.")
@click.option(
    "--passphrase-file", type=EXISTING_FILE, help="Encrypt the key under the words on this file's first line."
)
def keygen(shell: Shell, name: str, out: Path, needed: int | None, passphrase_file: Path | None) -> Answer:
    """Make a custodian's key pair: the private half into a file, the public half into the home."""
    from safehold.vault.passphrase import read_passphrase

    passphrase = None if passphrase_file is None else read_passphrase(passphrase_file)
    with shell.workshop() as workshop, workshop.home.lock():
        custodians = workshop.vault.custodians
        made = custodians.generate(name, out=out, passphrase=passphrase)
        if needed is not None:
            custodians.require(needed)
        workshop.record("vault.custodian_registered", custodians=len(custodians.list()))
        count = len(custodians.list())
    data = {
        "custodian": made.name,
        "public_key": made.public_key.hex(),
        "private_key_file": str(out),
        "encrypted": passphrase is not None,
        "custodians": count,
    }
    return Answer(
        data,
        [
            f"custodian {made.name} registered; {count} in all",
            f"private key: {out}",
            "Move it to a medium that the custodian takes away: whoever holds enough of these keys can open evidence.",
        ],
    )


@command(vault, "threshold")
@click.argument("needed", type=click.IntRange(1, 64))
def set_threshold(shell: Shell, needed: int) -> Answer:
    """Set how many custodians must come together to open what is sealed from now on: two at least, where there are two.

    1 only lets the others be retired: whoever is left then opens alone.
    """
    from safehold.vault.custodians import FEWEST

    with shell.workshop() as workshop, workshop.home.lock():
        custodians = workshop.vault.custodians
        custodians.require(needed)
        count = len(custodians.list())
        workshop.record("vault.threshold_set", needed=needed, custodians=count)
    least = max(needed, min(FEWEST, count))
    said = [f"{least} of {count} custodians open what is sealed from now on; what is sealed already stays as it is"]
    if needed < least:
        said.append("One alone opens nothing while there are several. Now all but one can be retired.")
    elif needed < FEWEST:
        said.append("One person alone can open it: every certificate says so.")
    return Answer({"needed": needed, "custodians": count}, said)


@command(vault, "retire")
@click.argument("name")
def retire(shell: Shell, name: str) -> Answer:
    """Seal nothing more to a custodian; what is sealed already stays theirs to open, and the name stays taken."""
    with shell.workshop() as workshop, workshop.home.lock():
        custodians = workshop.vault.custodians
        custodians.retire(name)
        count = len(custodians.list())
        workshop.record("vault.custodian_retired", custodians=count)
    said = f"custodian {name} retired; {count} left. Their key still opens, with others', what was sealed before."
    return Answer({"custodian": name, "custodians": count}, [said])


@command(vault, "review-key")
@click.option(
    "--out", type=NEW_FILE, required=True, help="Where the private key goes; for the console's process alone."
)
@click.option("--replace", "replaces", is_flag=True, help="Seal to a new key from now on; the old one opens the rest.")
def review_key(shell: Shell, out: Path, *, replaces: bool) -> Answer:
    """Make the key that the gateway seals held and denied items to, so that people can look at them.

    The gateway keeps the public half and can't open what it seals. Without this key nothing is kept. A gateway that
    runs takes the new key at its next start.
    """
    from safehold.vault.review import make_review_key

    with shell.workshop() as workshop, workshop.home.lock():
        made = make_review_key(workshop.home.keys, out=out, replaces=replaces)
        workshop.record("held.key_registered", key=made.name)
    said = [
        f"private key: {out}",
        f"key: {made.name}",
        "Tell custodians this key by a way of its own: they compare it before they grant an opening.",
        "held and denied items are kept, sealed, from the next start on",
    ]
    return Answer({"key": made.name, "private_key": str(out)}, said)


@command(vault, "list")
def list_evidence(shell: Shell) -> Answer:
    """List what is sealed, without opening anything."""
    with shell.workshop() as workshop:
        rows = workshop.vault.list()
        names = [custodian.name for custodian in workshop.vault.custodians.list()]
    shown: list[str | Table] = [
        *([line for row in rows for line in _lines(row)] or ["The vault is empty."]),
        f"custodians: {', '.join(names) or 'none; make keys with: safehold vault keygen NAME --out FILE'}",
    ]
    return Answer({"evidence": [_evidence(row) for row in rows], "custodians": names}, shown)


def _lines(row: "Evidence") -> tuple[str, str]:
    """Return an id as a whole, on a line of its own that can be copied, and what is known about it."""
    opened_by = f"opened by {row.threshold} of {', '.join(row.custodians)}"
    is_sealed = row.state.value == "sealed"
    about = f"sealed since {row.sealed_at:%Y-%m-%d %H:%M} UTC" if is_sealed else row.state.value
    whose = f"; case {row.case}" if row.case else ""
    told = f"; tells of {row.belongs_to[:SHORTEST_BEGINNING]}" if row.belongs_to else ""
    return row.id, f"  {about}; {counted(row.size, 'byte')}; {opened_by}{whose}{told}"


def _evidence(row: "Evidence") -> dict[str, object]:
    return {
        "id": row.id,
        "sealed_at": row.sealed_at.isoformat(),
        "bytes": row.size,
        "needed": row.threshold,
        "custodians": list(row.custodians),
        "case": row.case,
        "state": row.state.value,
        "belongs_to": row.belongs_to or None,
    }


@command(vault, "fsck")
def fsck(shell: Shell) -> Answer:
    """Compare the register with what is stored, without opening anything."""
    with shell.workshop() as workshop:
        report = workshop.vault.fsck()
    problems = [_problem(problem) for problem in report.problems]
    data = {
        "examined": report.examined,
        "problems": problems,
        "orphans": len(report.orphans),
        "exposed": list(report.exposed),
        "sound": report.is_sound,
    }
    table = Table(
        ("problem", "evidence", "custodian", "can still be opened"),
        [
            (problem.kind.value, problem.evidence, problem.custodian, "no" if problem.is_fatal else "yes")
            for problem in report.problems
        ],
        empty="Register and files agree.",
    )
    examined = f"{counted(report.examined, 'piece of evidence')} examined"
    leftovers = counted(len(report.orphans), "leftover of interrupted work")
    code = ExitCode.CLEAR if report.is_sound else ExitCode.INCOMPLETE
    return Answer(data, [f"{examined}, {leftovers}", table, *_exposed(report)], code)


def _exposed(report: "VaultReport") -> list[str | Table]:
    """Return what others of this machine may use, with what to do about it."""
    if not report.exposed:
        return []
    shown = [(name,) for name in report.exposed[:_SHOWN_EXPOSED]]
    said = f"{counted(len(report.exposed), 'place')} in the store open to others"
    return [f"{said}: chmod 700 folders, 600 files, and let one user own them", Table(("in the store",), shown)]


def _problem(problem: "Problem") -> dict[str, object]:
    return {
        "kind": problem.kind.value,
        "evidence": problem.evidence,
        "custodian": problem.custodian,
        "fatal": problem.is_fatal,
    }


@command(vault, "open")
@click.argument("evidence_id", metavar="ID")
@click.option("--key", "keys", type=EXISTING_FILE, multiple=True, required=True, help="A custodian's private key file.")
@click.option("--passphrase-file", "words", type=EXISTING_FILE, multiple=True, help="Of a key that is encrypted.")
@click.option("--purpose", required=True, help="Why it is opened; recorded.")
@click.option("--case", required=True, help="The case or reference it is opened for; recorded.")
@click.option("--out", type=NEW_FILE, help="A new file for the plaintext; without it nothing is written to a disk.")
def open_evidence(
    shell: Shell,
    /,
    evidence_id: str,
    *,
    keys: tuple[Path, ...],
    words: tuple[Path, ...],
    out: Path | None,
    **why: str,
) -> Answer:
    """Open evidence with the keys of enough custodians; the opening is recorded in the ledger first.

    ID is as `safehold vault list` shows it; its first 12 digits or more suffice where they mean one piece of evidence.
    Without --out the content is checked in memory and forgotten.
    """
    from safehold.vault import read_custodian_key
    from safehold.vault.passphrase import read_passphrase

    _require_recordable(**why)
    passphrases = [read_passphrase(path) for path in words]
    descriptor = None if out is None else _new_private_file(out)
    try:
        with shell.workshop() as workshop:
            whole_id = evidence_meant(evidence_id, workshop.vault.list())
            ready = [read_custodian_key(path, passphrases) for path in keys]
            content = workshop.vault.open(
                whole_id, ready, purpose=why["purpose"], case=why["case"], actor=workshop.actor
            )
        if descriptor is not None:
            _write_all(descriptor, content)
    except BaseException:
        if out is not None:
            out.unlink(missing_ok=True)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)
    # No digest of the content: it would be a pointer to confirmed material.
    data = {"id": whole_id, "bytes": len(content), "out": str(out) if out else None}
    where = f"written to {out}: destroy it when its purpose is met" if out else "opened in memory; nothing was written"
    return Answer(data, [f"{counted(len(content), 'byte')} {where}"])


@command(vault, "erase")
@click.argument("evidence_id", metavar="ID")
@click.option("--receipt", help="The authority's receipt for the report.")
@click.option("--counsel", help="Counsel's reference, where no report is owed.")
def erase(shell: Shell, evidence_id: str, receipt: str | None, counsel: str | None) -> Answer:
    """Make evidence impossible to open, for good: the shares of its key are destroyed.

    Refused while a hold is active (`safehold hold list`), and without an authority's receipt or counsel's reference.
    """
    from safehold.vault import Reference, ReferenceKind

    if (receipt is None) == (counsel is None):
        raise click.UsageError("give either --receipt or --counsel", click.get_current_context())
    kind = ReferenceKind.COUNSEL if receipt is None else ReferenceKind.RECEIPT
    with shell.workshop() as workshop:
        whole_id = evidence_meant(evidence_id, workshop.vault.list())
        workshop.vault.erase(whole_id, Reference(kind, receipt or counsel or ""), actor=workshop.actor)
    return Answer({"id": whole_id, "reference": kind.value}, ["erased: nobody can open it any more"])


def _require_recordable(**words: str) -> None:
    from safehold.ledger import is_fit

    for name, word in words.items():
        if not word or not is_fit(word):
            raise UnrecordableError(
                f"--{name} must be one word or reference: the ledger keeps no sentences, names of files or addresses",
                advice=f"For instance: --{name} court-order-17",
            )


def _new_private_file(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PlaintextTargetError(
            f"{path} can't be made: {error.strerror}", advice="Name a new file in a folder that only you can enter."
        ) from error


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


# Commands that have files of their own:
for _command in (ask, requests, grant):
    vault.add_command(_command)
