"""Casework: everything that people do with cases, wired to an opened home. Console, workers and commands share it.

    with open_workshop(None) as workshop:
        casework = open_casework(workshop)
        casework.cases.show(case_id)

Nothing here holds the review key's private half: the console's process alone reads that, and gives it where it opens.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from safehold.cases import CaseItem
from safehold.cases.decisions import BankLists, Consequence, Decisions, Desk
from safehold.cases.decisions.quality import GoldenPool
from safehold.cases.enforcement import Enforcements
from safehold.cases.enforcement.appeals import Appeals
from safehold.cases.enforcement.danger import Dangers, load_contacts
from safehold.cases.enforcement.following import EnforcementFollows
from safehold.cases.evidence import Ceremony, Destructions, Holds, Openings
from safehold.cases.evidence.preservation import Preservation
from safehold.cases.evidence.reversal import HoldsFollow
from safehold.cases.evidence.withdrawal import Withdrawal
from safehold.cases.exports import Archive, Contents, Exports, Signing
from safehold.cases.exposure import Exposures
from safehold.cases.queues import Queues
from safehold.cases.rules import CaseRules, default_rules, load_rules
from safehold.cases.store import CaseStore
from safehold.datasets.casework.consequence import DatasetsFollow
from safehold.datasets.casework.retrieval import RecordReader
from safehold.gateway.held import HeldItems
from safehold.gateway.marks import Marks, digest_key
from safehold.gateway.reports import Reports, ReviewSeal
from safehold.gateway.reports.consequence import ReportsFollow
from safehold.home.outbox import Outbox
from safehold.home.secret import home_secret
from safehold.ledger import SigningKey
from safehold.ledger.errors import MalformedKeyError
from safehold.settings import Settings
from safehold.vault import CustodianKey
from safehold.vault.review import ReviewKey
from safehold.wiring.entrance import queues_of
from safehold.wiring.people import open_people
from safehold.wiring.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Casework:
    """What people do with cases.

    Attributes:
        workshop: the home and its rooms.
        marks: turn an operator's name of an account or session into the mark that cases know it by.
        held: what the gateway keeps sealed of held and denied items.
        reports: reports from people, with their clocks.
        rules: what cases are worked on by.
        records: reads held records of datasets again, for review.
        cases: the store of cases.
        queues: what waits, and who has claimed what.
        decisions: first and second decisions, reversals, the own bank and the allow list.
        enforcement: what is done to accounts, content, models and links.
        appeals: against that.
        dangers: to somebody's life, and whom to call.
        exposures: who saw what, for how long, and how much more today.
        openings: of evidence, by two custodians.
        withdrawal: takes back what is reversed before the vault has it.
        holds: legal holds on evidence.
        destructions: of evidence, when its time is over or two people say so.
        exports: of cases, for the law and for auditors.
        golden_pool: golden items that are kept.
    """

    workshop: Workshop
    marks: Marks
    held: HeldItems
    reports: Reports
    rules: CaseRules
    records: RecordReader
    cases: CaseStore
    queues: Queues
    enforcement: Enforcements
    appeals: Appeals
    dangers: Dangers
    exposures: Exposures
    decisions: Decisions | Any = None
    openings: Openings | Any = None
    withdrawal: Withdrawal | Any = None
    holds: Holds | Any = None
    destructions: Destructions | Any = None
    exports: Exports | Any = None
    golden_pool: GoldenPool | Any = None


def open_casework(workshop: Workshop) -> Casework:
    """Wire what people do with cases to an opened home.

    Raises:
        SafeholdError: a key or reviewed data of the home or the settings can't be used.
    """
    home, rules = workshop.home, case_rules(workshop.settings)
    reports = open_people(workshop).reports
    exposures = Exposures(home.database, workshop.ledger, home.clock, rules.exposure)
    enforcement = open_enforcements(workshop, rules)
    desk = Desk(
        ledger=workshop.ledger,
        cases=open_cases(workshop),
        queues=Queues(home.database, workshop.ledger, home.clock, queues=rules.queues, wellbeing=exposures),
        lists=BankLists(workshop.banks),
        rules=rules,
        consequences=_consequences(workshop, rules, reports),
    )
    return Casework(
        workshop=workshop,
        marks=Marks(digest_key(home.keys)),
        held=HeldItems(home.database, workshop.ledger),
        reports=reports,
        rules=rules,
        records=RecordReader(workshop.record_cases(), workshop.ledger, source_environment=workshop.source_environment),
        cases=desk.cases,
        queues=desk.queues,
        decisions=Decisions(home.database, home.clock, desk),
        enforcement=enforcement,
        appeals=open_appeals(workshop, rules, enforcement),
        dangers=open_dangers(workshop),
        exposures=exposures,
        openings=open_openings(workshop),
        withdrawal=open_withdrawal(workshop, rules),
        holds=Holds(home.database, workshop.ledger, home.clock, workshop.vault),
        destructions=open_destructions(workshop),
        exports=_exports(workshop, desk, enforcement, exposures),
        golden_pool=GoldenPool(home.database, desk, home.clock),
    )


def _consequences(workshop: Workshop, rules: CaseRules, reports: Reports) -> tuple[Consequence, ...]:
    """Return who acts on decisions, and undoes that when they are reversed."""
    database, clock = workshop.home.database, workshop.home.clock
    cases = open_cases(workshop)
    return (
        Preservation(
            database, Outbox(database, clock), rules.retention.preserve, clock, open_withdrawal(workshop, rules)
        ),
        EnforcementFollows(database, open_enforcements(workshop, rules), cases),
        ReportsFollow(reports, cases),
        HoldsFollow(Holds(database, workshop.ledger, clock, workshop.vault)),
        DatasetsFollow(cases),
    )


def _exports(workshop: Workshop, desk: Desk, enforcement: Enforcements, exposures: Exposures) -> Exports:
    home = workshop.home
    archive = Archive(
        database=home.database,
        ledger=workshop.ledger,
        cases=desk.cases,
        decisions=Decisions(home.database, home.clock, desk),
        enforcement=enforcement,
        exposures=exposures,
        openings=open_openings(workshop),
        holds=Holds(home.database, workshop.ledger, home.clock, workshop.vault),
        is_single_operator=workshop.settings.single_operator or desk.rules.single_operator,
    )
    key = partial(SigningKey.load_or_create, home.keys, "installation")
    secret = home_secret(home.keys / "audit-exports.key", unfit=MalformedKeyError)
    return Exports(home.database, home.clock, archive, Signing(key, secret))


def held_contents(workshop: Workshop, key: CustodianKey, *, actor: str) -> Contents:
    """Return what gives the content of held items to an export, each recorded before it is given out.

    Args:
        workshop: an opened home.
        key: the review key's private half.
        actor: who exports.
    """
    held, clock = HeldItems(workshop.home.database, workshop.ledger), workshop.home.clock

    def give(item: CaseItem) -> Mapping[str, bytes]:
        told = held.open(item.told.content.reference, key, actor=actor, purpose="export", now=clock.now())
        turns = [{"role": turn.role, "text": turn.text} for turn in told.turns]
        words = {"kind": told.kind.value, "text": told.text, "turns": turns, "file_name": told.file_name}
        parts = {"told.json": json.dumps(words, ensure_ascii=False, sort_keys=True).encode()}
        return {**parts, "data": told.data} if told.data else parts

    return give


def open_destructions(workshop: Workshop) -> Destructions:
    """Return the destructions of evidence of an opened home."""
    return Destructions(workshop.home.database, workshop.ledger, workshop.home.clock, workshop.vault)


def open_withdrawal(workshop: Workshop, rules: CaseRules) -> Withdrawal:
    """Return what takes back confirmed items that are reversed before the vault has them."""
    home = workshop.home
    return Withdrawal(home.database, workshop.ledger, home.clock, workshop.vault, rules.retention.preserve)


def open_openings(workshop: Workshop) -> Openings:
    """Return the openings of evidence of an opened home.

    Raises:
        ReviewKeyError: the home's review key is not one.
    """
    home, key = workshop.home, ReviewKey.load(workshop.home.keys)
    return Openings(
        home.database, workshop.ledger, home.clock, Ceremony(workshop.vault, key, workshop.settings.single_operator)
    )


def open_enforcements(workshop: Workshop, rules: CaseRules) -> Enforcements:
    """Return what is done to accounts, content, models and links of an opened home."""
    home = workshop.home
    outbox = Outbox(home.database, home.clock) if workshop.settings.enforcement_webhooks else None
    return Enforcements(
        home.database,
        workshop.ledger,
        home.clock,
        rules.ladder,
        outbox=outbox,
        is_single_operator=rules.single_operator,
    )


def open_appeals(workshop: Workshop, rules: CaseRules, enforcement: Enforcements) -> Appeals:
    """Return appeals against what is done, of an opened home.

    Raises:
        ReviewKeyError: the home's review key is not one.
    """
    home, key = workshop.home, ReviewKey.load(workshop.home.keys)
    return Appeals(
        home.database,
        workshop.ledger,
        home.clock,
        enforcement,
        seals=None if key is None else ReviewSeal(key.public_key),
        is_single_operator=rules.single_operator,
        cases=open_cases(workshop),
    )


def open_dangers(workshop: Workshop) -> Dangers:
    """Return dangers to life, and whom to call, of an opened home.

    Raises:
        ContactsError: a file of contacts that the settings name can't be used.
    """
    home, contacts = workshop.home, load_contacts(workshop.settings.danger_contacts)
    return Dangers(home.database, workshop.ledger, home.clock, open_cases(workshop), contacts=contacts)


def open_cases(workshop: Workshop) -> CaseStore:
    """Return the cases of an opened home.

    Raises:
        CaseRulesError: the file of rules that the settings name can't be used.
    """
    home = workshop.home
    return CaseStore(home.database, workshop.ledger, home.clock, queues=queues_of(workshop.settings))


def case_rules(settings: Settings) -> CaseRules:
    """Return the rules that cases are worked on by.

    Raises:
        CaseRulesError: the file that the settings name can't be used.
    """
    named = settings.case_rules
    return default_rules() if named is None else load_rules(named)
