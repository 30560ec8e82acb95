"""The part of ``safehold dataset`` that reads what a run has made: checks, lists and what to do next."""

from pathlib import Path

import click

from safehold.cli.answer import Answer, ExitCode, Table
from safehold.cli.check import describe_finding, describe_gap, finding_facts, gap_facts
from safehold.cli.command import EXISTING_FILE, EXISTING_FOLDER, Shell, command
from safehold.cli.target import NEW_FILE, new_file
from safehold.cli.wording import counted, moment


@command(None, "verify")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--public-key", help="The installation's key, learnt another way: safehold-ed25519:…")
def verify(_shell: Shell, folder: Path, public_key: str | None) -> Answer:
    """Check an output folder against its certificate: offline, without our home, on any machine."""
    from safehold.datasets.proof.verify import Trust
    from safehold.datasets.proof.verify import verify as check
    from safehold.ledger import parse_public_key

    expected = None if public_key is None else parse_public_key(public_key)
    found = check(folder, public_key=expected)
    differences = [{"what": one.what, "name": one.name, "problem": one.problem} for one in found.differences]
    data = {
        "verified": not differences,
        "trust": found.trust.value,
        "public_key": found.public_key,
        "run": found.run,
        "issued_at": found.issued_at,
        "files": found.files,
        "differences": differences,
        "unchecked": list(found.unchecked),
    }
    unchecked = [f"not present, so not checked: {', '.join(found.unchecked)}"] if found.unchecked else []
    if differences:
        table = Table(("what", "name", "problem"), [(one.what, one.name, one.problem) for one in found.differences])
        return Answer(data, ["The folder is not what the certificate says:", table, *unchecked], ExitCode.FOUND)
    checked = f"{counted(found.files, 'file')} of the cleaned dataset and the proof"
    said = [
        f"{checked} are what the certificate of {moment(found.issued_at)} says",
        f"signed by {found.public_key}{', the key you named' if expected else ''}",
    ]
    said += unchecked
    if found.trust is Trust.SELF_CONSISTENT_ONLY:
        said.append("Self-consistent only: to know who signed it, get the installation's key another way: --public-key")
    return Answer(data, said)


@command(None, "removals")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--out", "path", type=NEW_FILE, required=True, help="The file to write.")
def removals(_shell: Shell, folder: Path, path: Path) -> Answer:
    """List every record that is not in the cleaned dataset, mixed and without reasons, for holders of older copies.

    Refused where the list would point at the records that are confirmed by hash.
    """
    from safehold.datasets.proof.removals import write_removals

    with new_file(path) as staged:
        count = write_removals(folder, staged)
    return Answer({"records": count, "file": str(path)}, [f"{counted(count, 'record')} listed in {path}"])


@command(None, "held")
@click.argument("folder", type=EXISTING_FOLDER, metavar="DIR")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many records to list.")
def held(_shell: Shell, folder: Path, limit: int) -> Answer:
    """List the records that are held for people, with the rules, findings and gaps that hold each of them.

    Nothing of their content is shown. Free one with `safehold dataset release`.
    """
    from safehold.datasets.proof.held import read_held

    found = read_held(folder, limit=limit)
    rows = [
        (
            one.name,
            ", ".join(one.decision.rules),
            "; ".join(map(describe_finding, one.decision.findings)),
            "; ".join(map(describe_gap, one.decision.gaps)),
        )
        for one in found.records
    ]
    records = [
        {
            "record": one.name,
            "rules": list(one.decision.rules),
            "findings": list(map(finding_facts, one.decision.findings)),
            "gaps": list(map(gap_facts, one.decision.gaps)),
        }
        for one in found.records
    ]
    table = Table(("record", "rules", "findings", "not examined"), rows, empty="Nothing is held.")
    more = found.total - len(found.records)
    said = f"{counted(found.total, 'record')} held" + (f"; {more:,} more than shown: --limit N" if more else "")
    return Answer({"held": found.total, "records": records}, [table, said] if found.total else [table])


@command(None, "report-guidance")
@click.option("--policy", "policy_file", type=EXISTING_FILE, help="Whose jurisdiction to use.")
@click.option("--jurisdiction", help="us-provider, us, gb (or uk), eu, de or other; the policy's if not stated.")
def report_guidance(shell: Shell, policy_file: Path | None, jurisdiction: str | None) -> Answer:
    """Say how to report a confirmed match by hand; not legal advice."""
    from safehold.screening import guidance_for, known_jurisdiction

    if jurisdiction is not None:
        jurisdiction = known_jurisdiction(jurisdiction)
    else:
        with shell.workshop() as workshop:
            jurisdiction = workshop.policy(policy_file).jurisdiction
    found = guidance_for(jurisdiction)
    steps = [f"{number}. {step}" for number, step in enumerate(found.steps, start=1)]
    data = {"jurisdiction": found.jurisdiction, "authority": found.authority, "steps": list(found.steps)}
    return Answer(data, [f"jurisdiction: {found.jurisdiction}; to: {found.authority}", *steps])
