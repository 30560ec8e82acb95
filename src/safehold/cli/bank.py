"""``safehold bank``: the lists of fingerprints."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack

import click

from safehold.cli.answer import Answer, Table
from safehold.cli.command import EXISTING_FILE, Shell, command
from safehold.cli.target import NEW_FILE, new_file, require_nothing
from safehold.cli.wording import counted
from safehold.vocabulary import Algorithm, Bits, HarmClass, PdqFlavour, Tier

if TYPE_CHECKING:
    from safehold.matching import Bank, BankStore, BankTraits, ImportReport

_DECIDE_AGAIN = "Decide again with: safehold dataset decide OUT"
_Declared = TypeVar("_Declared", bound=Callable[..., object])


@click.group("bank")
def bank() -> None:
    """Fill and show banks: named, versioned lists of fingerprints."""


def _traits(declared: _Declared) -> _Declared:
    """Add the options that say what a bank is."""
    for option in (
        click.option("--terms", help="The source's terms in words, or where they are written down."),
        click.option(
            "--onward-sharing/--no-onward-sharing", default=None, help="Whether the terms allow passing it on."
        ),
        click.option("--flavour", type=_choice(PdqFlavour), help="Which pipeline made its PDQ values."),
        click.option(
            "--pdq-threshold",
            type=click.IntRange(0, 256),
            help="The largest distance at which its PDQ values count, where that is less than the policy's.",
        ),
        click.option("--source", help="Who gave the list."),
        click.option("--legal-basis", help="Why it may be held and used."),
        click.option("--tier", type=_choice(Tier), help="How far a policy may go on its word; trusted if not stated."),
        click.option("--class", "harm_class", type=_choice(HarmClass), help="What it lists."),
    ):
        declared = option(declared)
    return declared


def _choice(words: type[HarmClass] | type[Tier] | type[PdqFlavour] | type[Algorithm]) -> click.Choice[str]:
    return click.Choice([word.value for word in words if word is not HarmClass.BENIGN])


class TraitOptions(TypedDict):
    """What was stated of a bank, as it was typed."""

    harm_class: str | None
    tier: str | None
    legal_basis: str | None
    source: str | None
    flavour: str | None
    pdq_threshold: int | None
    onward_sharing: bool | None
    terms: str | None


def _stated(options: TraitOptions) -> "BankTraits":
    from safehold.matching import BankTerms, BankTraits

    terms, shared = options["terms"], options["onward_sharing"]
    said = None if terms is None and shared is None else BankTerms(onward_sharing=shared is True, text=terms or "")
    return BankTraits(
        harm_class=HarmClass(options["harm_class"]) if options["harm_class"] else None,
        tier=Tier(options["tier"]) if options["tier"] else None,
        legal_basis=options["legal_basis"],
        source=options["source"],
        terms=said,
        pdq_flavour=PdqFlavour(options["flavour"]) if options["flavour"] else None,
        pdq_threshold=None if options["pdq_threshold"] is None else Bits(options["pdq_threshold"]),
    )


@command(bank, "create")
@click.argument("name")
@_traits
def create(shell: Shell, name: str, **options: Unpack[TraitOptions]) -> Answer:
    """Create an empty bank."""
    with shell.workshop() as workshop:
        made = workshop.banks.create(name, _stated(options))
    return Answer(
        {"bank": _facts(made)}, [f"bank {made.name} created: {made.harm_class.value}, {made.tier.value} tier"]
    )


@command(bank, "import")
@click.argument("name")
@click.argument("file", type=EXISTING_FILE)
@_traits
@click.option("--algorithm", type=_choice(Algorithm), help="Of values whose row doesn't say.")
@click.option("--skip-malformed", is_flag=True, help="Leave out rows that can't be read, and count them.")
def import_list(
    shell: Shell, name: str, file: Path, algorithm: str | None, skip_malformed: bool, **options: Unpack[TraitOptions]
) -> Answer:
    """Add a list to a bank, creating the bank if there is none; repeating it changes nothing.

    FILE is CSV with the columns algorithm,value and optional class,note,source_id,threshold; JSON lines; one value a
    line; or what python-threatexchange prints, vPDQ's lists of the frames of a video among it.
    """
    with shell.workshop() as workshop:
        report = workshop.banks.import_file(
            name,
            file,
            _stated(options),
            algorithm=Algorithm(algorithm) if algorithm else None,
            skip_malformed=skip_malformed,
        )
    return Answer(_imported(report), _import_page(report))


def _imported(report: "ImportReport") -> dict[str, object]:
    return {
        "bank": _facts(report.bank),
        "added": report.added,
        "known": report.known,
        "withdrawn_before": report.withdrawn,
        "duplicates": report.duplicates,
        "malformed": report.malformed,
        "featureless": report.featureless,
        "other_classes": {harm_class.value: count for harm_class, count in report.other_classes.items()},
        "videos": report.videos,
        "unclear_frames": report.unclear,
        "faults": [{"line": fault.line, "reason": fault.reason} for fault in report.faults],
    }


def _import_page(report: "ImportReport") -> list[str | Table]:
    rows = [
        ("new entries", str(report.added)),
        ("held already", str(report.known)),
        ("left out: withdrawn before", str(report.withdrawn)),
        ("left out: repeated in the file", str(report.duplicates)),
        ("left out: malformed", str(report.malformed)),
    ]
    if report.videos:
        rows += [("videos whose frames these are", str(report.videos))]
    if report.unclear:
        rows += [("left out: frames of a quality below 50", str(report.unclear))]
    shown: list[str | Table] = [Table((f"bank {report.bank.name}, version {report.bank.version}", "rows"), rows)]
    if report.faults:
        faults = [(str(fault.line), fault.reason) for fault in report.faults]
        shown.append(Table(("line", "why it was left out"), faults))
    for harm_class, count in report.other_classes.items():
        own = report.bank.harm_class.value
        shown.append(
            f"{counted(count, 'row')} of class {harm_class.value}, as the file says, in a bank of class {own}: "
            "what a row says of itself stays."
        )
    if report.featureless:
        shown.append(
            f"Featureless values: {report.featureless}. Plain, striped and very simple pictures have such PDQ values, "
            "which are in use and match every picture as plain; empty files have such digests, which are never looked "
            "up. Ask the source about them, or withdraw them by value."
        )
    return shown


@command(bank, "list")
def list_banks(shell: Shell) -> Answer:
    """List all banks, the built-in test bank first."""
    with shell.workshop() as workshop:
        banks = workshop.banks.list()
        classes = {one.name: _classes(workshop.banks, one) for one in banks}
    rows = [
        (
            one.name,
            str(one.version),
            ", ".join(classes[one.name]) or f"{one.harm_class.value}; damaged",
            one.tier.value,
            one.pdq_flavour.value,
            "out of use" if one.withdrawn_at else _entries(one),
            one.source,
        )
        for one in banks
    ]
    table = Table(("bank", "version", "class", "tier", "PDQ flavour", "entries", "source"), rows)
    return Answer({"banks": [{**_facts(one), "classes": classes[one.name]} for one in banks]}, [table])


def _classes(banks: "BankStore", one: "Bank") -> list[str]:
    """Return the classes of a bank's entries, that of the bank first; nothing where its files can't be read."""
    from safehold.matching.errors import PartDamagedError

    try:
        return sorted((found.value for found in banks.classes(one.name)), key=lambda name: name != one.harm_class.value)
    except PartDamagedError:
        return []


@command(bank, "show")
@click.argument("name")
def show_bank(shell: Shell, name: str) -> Answer:
    """Show what a bank is; never its entries, which are pointers to what they list."""
    with shell.workshop() as workshop:
        one = workshop.banks.show(name)
    rows = [
        ("version", str(one.version)),
        ("class", one.harm_class.value),
        ("tier", one.tier.value),
        ("PDQ flavour", one.pdq_flavour.value),
        ("PDQ threshold", "the policy's" if one.pdq_threshold is None else f"{one.pdq_threshold} bits at most"),
        ("source", one.source),
        ("legal basis", one.legal_basis),
        ("terms", one.terms.text or "not stated"),
        ("onward sharing", "allowed" if one.terms.onward_sharing else "not allowed"),
        ("created", f"{one.created_at:%Y-%m-%d %H:%M} UTC"),
        ("entries", _entries(one)),
    ]
    if one.withdrawn_at:
        rows.append(("out of use since", f"{one.withdrawn_at:%Y-%m-%d %H:%M} UTC: {one.withdrawn_reason}"))
    return Answer({"bank": _facts(one)}, [Table((f"bank {one.name}", ""), rows)])


@command(bank, "withdraw")
@click.argument("name")
@click.argument("values", nargs=-1, metavar="[VALUE]...")
@click.option("--source-id", "source_ids", multiple=True, help="Withdraw the entries that the source calls so.")
@click.option("--all", "whole", is_flag=True, help="Take the whole bank out of use; its name can't be used again.")
@click.option("--reason", required=True, help="Why; kept in the bank.")
def withdraw(
    shell: Shell, name: str, values: tuple[str, ...], source_ids: tuple[str, ...], *, whole: bool, reason: str
) -> Answer:
    """Take entries back, for good: they stay withdrawn even when they are imported again."""
    if whole == bool(values or source_ids):
        raise click.UsageError("name VALUEs or --source-id, or else --all", click.get_current_context())
    with shell.workshop() as workshop:
        if whole:
            return _retired(workshop.banks.retire(name, reason))
        report = workshop.banks.withdraw(name, values, reason=reason, source_ids=source_ids)
    data = {"bank": _facts(report.bank), "withdrawn": report.withdrawn, "withdrawn_before": report.before}
    taken = f"{counted(report.withdrawn, 'entry')} withdrawn"
    said = f"{taken}, {report.before} had been before; version {report.bank.version}"
    return Answer(data, [said, _DECIDE_AGAIN])


def _retired(one: "Bank") -> Answer:
    said = f"bank {one.name} is out of use: nothing matches it any more; its entries stay for old certificates"
    return Answer({"bank": _facts(one)}, [said, _DECIDE_AGAIN])


@command(bank, "export")
@click.argument("name")
@click.option("--out", type=NEW_FILE, required=True, help="The CSV to write.")
def export(shell: Shell, name: str, out: Path) -> Answer:
    """Write a bank's entries as CSV, if the terms recorded with it allow onward sharing.

    A bank that is out of use can be exported like any other: its terms still say whether, and a holder who is to
    take its entries back needs the list of them.
    """
    require_nothing(out)
    with shell.workshop() as workshop, new_file(out) as staged:
        count = workshop.banks.export(name, staged)
    return Answer({"bank": name, "out": str(out), "entries": count}, [f"{counted(count, 'entry')} written to {out}"])


def _facts(one: "Bank") -> dict[str, object]:
    return {
        "name": one.name,
        "version": one.version,
        "class": one.harm_class.value,
        "tier": one.tier.value,
        "flavour": one.pdq_flavour.value,
        "pdq_threshold": one.pdq_threshold,
        "source": one.source,
        "legal_basis": one.legal_basis,
        "terms": {"onward_sharing": one.terms.onward_sharing, "text": one.terms.text},
        "created_at": one.created_at.isoformat(),
        "withdrawn_at": one.withdrawn_at.isoformat() if one.withdrawn_at else None,
        "withdrawn_reason": one.withdrawn_reason,
        "entries": {algorithm.value: count for algorithm, count in one.entries.items()},
    }


def _entries(one: "Bank") -> str:
    return ", ".join(f"{algorithm.value} {count}" for algorithm, count in one.entries.items()) or "none"
