"""A room with something on every page: thirty days of made-up events, harmless cases, lists, policies, measures."""

import datetime as dt
import json
import random
from dataclasses import dataclass

from tests.unit.console.pages.room import Room, sha256

from safehold.cases import Person, Role
from safehold.cases.enforcement import Enforcement, Measure, Order
from safehold.cases.enforcement.appeals import Filing
from safehold.cases.evidence import Basis, Ground
from safehold.console.withdrawals import Withdrawals
from safehold.gateway.policy_file import default_gateway_policy, parse_gateway_policy
from safehold.gateway.reports import Category, Kind, Sender, Submission, Target
from safehold.matching import BankTraits
from safehold.matching.listings import read_listing
from safehold.vault import EvidenceId, Label
from safehold.vocabulary import Algorithm, Event, HarmClass, Tier

BEN = Person("ben", frozenset({Role.ENFORCER}))
ROSA = Person("rosa", frozenset({Role.REPORTER}))
_ACTIONS, _SHARES = ["allow", "hold", "deny", "allow_unexamined"], [80, 12, 6, 2]


@dataclass
class Furnished:
    """Where something is, in the words of the pages' paths."""

    bank: str
    policy: str
    ticket: str
    enforcement: str
    appeal: str
    evidence: str
    opening: str

    def paths(self) -> list[str]:
        """Return pages that show it."""
        return [
            *("/overview", "/ledger", "/ledger?kind=check.decided", "/ledger/events/3", "/ledger/verification"),
            *("/health", "/policies", f"/policies/{self.policy}", "/banks", f"/banks/{self.bank}", "/banks/test"),
            *("/reports", f"/reports/{self.ticket}", "/search", "/hand", "/signals"),
            *("/enforcement", f"/enforcement/{self.enforcement}", "/appeals", f"/appeals/{self.appeal}"),
            *("/holds", "/holds?which=ending", "/holds?which=destroying", f"/holds/{self.evidence}"),
            *("/openings", f"/openings/{self.opening}"),
            *("/grants", "/grants?which=open", f"/grants/{self.opening}"),
        ]


def furnish(room: Room) -> Furnished:
    """Put something on every page."""
    _events(room)
    ticket = _reports(room)
    enforcement, appeal = _measures(room)
    evidence, opening = _evidence(room)
    return Furnished(_banks(room), _policies(room), ticket, enforcement, appeal, evidence, opening)


def _events(room: Room) -> None:
    """Make thirty days of checks, with what a few of them held."""
    chance, now = random.Random(3), room.clock.at
    for back in range(29, -1, -1):
        room.clock.at = now - dt.timedelta(days=back, hours=1)
        events = []
        for number in range(chance.randint(5, 30)):
            action, gaps = chance.choices(_ACTIONS, _SHARES)[0], int(chance.random() < 0.1)
            check = f"chk_{back}_{number}"
            details = {"action": action, "check": check, "findings": int(action != "allow"), "gaps": gaps, "items": 2}
            events.append(Event("check.decided", "studio", details=details))
            if action == "allow_unexamined":
                events.append(Event("check.failed_open", "studio", details={"check": check}))
        room.workshop.ledger.append_all(events)
        for number in range(chance.randint(0, 4)):
            signals = (sha256(bytes([back, number])),)
            room.case(f"chk_{back}_{number}#0", f"a-{chance.randint(1, 40)}", signals=signals)
    room.clock.at = now
    room.workshop.ledger.checkpoint()


def _banks(room: Room) -> str:
    listed = room.workshop.home.path / "list.txt"
    listed.write_text("\n".join(f"{number:02x}" * 32 for number in range(40)))
    for name, harm, tier in (
        ("hotline-trial", HarmClass.CSAM, Tier.TRUSTED),
        ("partners", HarmClass.NCII, Tier.REVIEW),
    ):
        traits = BankTraits(harm_class=harm, legal_basis="counsel-17", source="made up", tier=tier)
        room.workshop.banks.import_listing(name, read_listing(listed, algorithm=Algorithm.SHA256), traits)
    Withdrawals(room.workshop).propose("hotline-trial", 7, reason="false-match", actor="ben")
    return "hotline-trial"


def _policies(room: Room) -> str:
    tree, store = json.loads(default_gateway_policy().canonical), room.instruments.store
    tree["thresholds"]["pdq"], tree["session"]["carry_seconds"] = 20, 3600
    tree["surfaces"]["output"]["fail_open"] = True
    for version, actor in (("2", "ada"), ("3", "ben")):
        stored = store.submit(parse_gateway_policy(json.dumps({**tree, "version": version}), called="made up"), actor)
    store.shadow(f"{stored.name}@2", "ada")
    return f"{stored.name}@2"


def _reports(room: Room) -> str:
    now = room.clock.at
    for number, category in enumerate((Category.IMAGE_OF_ME, Category.HARMFUL_MODEL, Category.TEXT_ABOUT_CHILD)):
        room.clock.at = now - dt.timedelta(hours=60 - number * 20)
        is_first = number == 0
        submission = Submission(
            category,
            Target.GENERATION,
            f"gen-{number}",
            kind=Kind.TAKE_DOWN if is_first else Kind.NOTICE,
            note="a red cube",
            contact="call me" if is_first else "",
            signature="R. Cube" if is_first else "",
            is_good_faith=is_first,
        )
        room.casework.reports.submit(submission, Sender(source="192.0.2.7"))
    room.clock.at = now
    return room.casework.reports.list()[0].ticket


def _measures(room: Room) -> tuple[str, str]:
    case = room.casework.cases.show(room.case("chk_measures#0"))
    made: list[Enforcement] = []
    for measure, days in ((Measure.WARN, 180), (Measure.LIMIT, 7), (Measure.SUSPEND, 30), (Measure.BAN, None)):
        order = Order(measure, case.subject, case.id, "grooming", days, ("chk_measures#0",))
        made.append(room.casework.enforcement.order(BEN, order))
    filing = Filing(made[1].id, case.subject, "I think this is wrong: the cube was red.")
    return made[2].id, room.casework.appeals.receive(filing, actor="website").id


def _evidence(room: Room) -> tuple[EvidenceId, str]:
    custodians = room.workshop.vault.custodians
    for name in ("carol", "dan"):
        custodians.generate(name, out=room.workshop.home.path.parent / f"{name}.key", passphrase=None)
    custodians.require(2)
    case = room.case("chk_evidence#0")
    first, second = (room.workshop.vault.put(data * 50, Label(case=case)) for data in (b"red cube", b"blue ball"))
    room.casework.holds.place(ROSA, first, Basis.US_REPORT, reference="report-4711")
    soon = room.clock.at + dt.timedelta(days=9)
    room.casework.holds.place(ROSA, second, Basis.AUTHORITY, reference="police-12", until=soon)
    room.casework.destructions.ask(ROSA, first, Ground.LAW_ENFORCEMENT, reference="agency-12")
    return first, room.casework.openings.request(ROSA, first, case=case, purpose="report").id
