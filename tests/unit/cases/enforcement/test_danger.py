import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from safehold.cases import (
    CaseId,
    CaseState,
    Form,
    ItemState,
    NewItem,
    Origin,
    Person,
    Priority,
    Role,
    Subject,
    SubjectKind,
)
from safehold.cases.enforcement.danger import (
    Act,
    ContactKind,
    ContactsError,
    DangerId,
    DangerKind,
    DangerNotAllowedError,
    DangerOverError,
    Dangers,
    DangerUnknownError,
    Outcome,
    load_contacts,
)
from safehold.cases.enforcement.danger.contacts import shipped_source
from safehold.cases.enforcement.danger.contacts_file import ContactsFile, contacts_json_schema
from safehold.cases.queues import Queues
from safehold.cases.store import CaseStore
from safehold.reviewed import read_text
from safehold.vocabulary import Action

from .conftest import NOW, REVIEWER, Office

CONTACTS = load_contacts()
AUDITOR = Person("audra", frozenset({Role.AUDITOR}))
CUSTODIAN = Person("cy", frozenset({Role.CUSTODIAN}))
NONE = DangerId("dgr_00000000000000000000")


@pytest.fixture
def dangers(office: Office) -> Dangers:
    return made(office)


def made(office: Office) -> Dangers:
    cases = CaseStore(office.home.database, office.ledger, office.clock)
    return Dangers(office.home.database, office.ledger, office.clock, cases, contacts=CONTACTS)


@pytest.fixture
def a_case(office: Office) -> Callable[[], CaseId]:
    return lambda: opened_case(office)


def opened_case(office: Office) -> CaseId:
    cases = CaseStore(office.home.database, office.ledger, office.clock)
    item = NewItem(Origin.HAND, "hand_1", Form.TEXT, "report", Action.HOLD, NOW)
    return cases.open(Subject(SubjectKind.ACCOUNT, "a" * 32), [item], actor="amira")


def test_a_danger_makes_its_case_the_most_urgent_at_once(
    office: Office, dangers: Dangers, a_case: Callable[[], CaseId]
) -> None:
    case = a_case()
    danger = dangers.open(REVIEWER, case, kind=DangerKind.CHILD, country="gb")
    found = CaseStore(office.home.database, office.ledger, office.clock).show(case)
    assert (found.priority, found.state) == (Priority.DANGER, CaseState.ESCALATED)
    assert (danger.country, danger.is_open) == ("GB", True)
    assert [one.event.kind for one in office.events("danger.")] == ["danger.raised"]


def test_raising_it_again_gives_the_open_one(dangers: Dangers, a_case: Callable[[], CaseId]) -> None:
    case = a_case()
    first = dangers.open(REVIEWER, case, kind=DangerKind.CHILD)
    assert dangers.open(AUDITOR, case, kind=DangerKind.SELF) == first
    dangers.close(REVIEWER, first.id, Outcome.NO_DANGER)
    assert dangers.open(REVIEWER, case, kind=DangerKind.CHILD).id != first.id
    assert len(dangers.of_case(case)) == 2


def test_whoever_sees_a_case_may_raise_one_and_nobody_else_records(
    dangers: Dangers, a_case: Callable[[], CaseId]
) -> None:
    case = a_case()
    danger = dangers.open(AUDITOR, case, kind=DangerKind.OTHERS)
    with pytest.raises(DangerNotAllowedError):
        dangers.open(CUSTODIAN, case, kind=DangerKind.OTHERS)
    with pytest.raises(DangerNotAllowedError):
        dangers.close(AUDITOR, danger.id, Outcome.NO_DANGER)


def test_what_to_do_and_whom_to_call_needs_no_record_and_no_right(dangers: Dangers) -> None:
    route = dangers.route("gb")
    assert route.contacts[0].phone == "999"
    assert route.steps[0].id == "call"


@pytest.mark.parametrize("country", ["", "ZZ", "somewhere", "💥"])
def test_an_unknown_country_gets_the_steps_and_no_guess(
    dangers: Dangers, a_case: Callable[[], CaseId], country: str
) -> None:
    route = dangers.route(country)
    assert (route.contacts, route.has_emergency_number) == ((), False)
    assert route.steps
    assert dangers.open(REVIEWER, a_case(), kind=DangerKind.CHILD, country=country).country in {"", "ZZ"}


def test_what_was_done_is_kept_in_order_also_after_it_was_closed(
    office: Office, dangers: Dangers, a_case: Callable[[], CaseId]
) -> None:
    danger = dangers.open(REVIEWER, a_case(), kind=DangerKind.CHILD, country="GB").id
    dangers.note(REVIEWER, danger, Act.NOT_REACHED, contact="gb-999")
    dangers.note(REVIEWER, danger, Act.CALLED, contact="a number of my own")
    dangers.close(REVIEWER, danger, Outcome.HANDED_OVER)
    dangers.note(REVIEWER, danger, Act.ANSWERED)
    assert [(one.number, one.act, one.contact) for one in dangers.steps(danger)] == [
        (1, Act.NOT_REACHED, "gb-999"),
        (2, Act.CALLED, ""),
        (3, Act.ANSWERED, ""),
    ]
    assert "of my own" not in repr(list(office.ledger.events()))


def test_it_is_closed_once_and_by_whoever_saw_it_as_it_is(dangers: Dangers, a_case: Callable[[], CaseId]) -> None:
    danger = dangers.open(REVIEWER, a_case(), kind=DangerKind.CHILD)
    with pytest.raises(DangerOverError):
        dangers.close(REVIEWER, danger.id, Outcome.NO_DANGER, seen=danger.version + 1)
    dangers.close(REVIEWER, danger.id, Outcome.NO_DANGER, seen=danger.version)
    with pytest.raises(DangerOverError):
        dangers.close(REVIEWER, danger.id, Outcome.HANDED_OVER)


def test_a_danger_of_a_decided_case_is_first_while_it_is_open_and_in_nobodys_way_once_it_is_over(
    office: Office, dangers: Dangers, a_case: Callable[[], CaseId]
) -> None:
    case, specialist = a_case(), Person("clara", frozenset({Role.SPECIALIST}))
    cases = CaseStore(office.home.database, office.ledger, office.clock)
    queues = Queues(office.home.database, office.ledger, office.clock)
    with office.home.database.writing() as connection:
        states = {one.id: ItemState.DECIDED for one in cases.items(case, connection=connection)}
        cases.mark_items(connection, case, states, seen=None, actor="amira")
    danger = dangers.open(REVIEWER, case, kind=DangerKind.CHILD)
    claim = queues.next(specialist, "danger")
    assert claim is not None
    assert claim.case == case
    office.clock.at += dt.timedelta(days=20)
    assert cases.close_settled(actor="system") == 0
    dangers.close(REVIEWER, danger.id, Outcome.HANDED_OVER)
    assert cases.show(case).state is CaseState.DECIDED
    assert queues.next(specialist, "danger") is None
    cases.escalate(case, "appeal", actor="amira")
    again = queues.next(specialist, "danger")
    assert again is not None
    assert again.case == case
    assert cases.attended(case, actor="clara")
    assert queues.next(specialist, "danger") is None


def test_a_danger_that_is_over_leaves_what_is_undecided_as_urgent_as_it_was(
    office: Office, dangers: Dangers, a_case: Callable[[], CaseId]
) -> None:
    case = a_case()
    dangers.close(REVIEWER, dangers.open(REVIEWER, case, kind=DangerKind.CHILD).id, Outcome.NO_DANGER)
    found = CaseStore(office.home.database, office.ledger, office.clock).show(case)
    assert (found.state, found.queue) == (CaseState.ESCALATED, "danger")


def test_what_is_not_there_is_said_to_be_unknown(dangers: Dangers) -> None:
    for act in (
        lambda: dangers.show(NONE),
        lambda: dangers.note(REVIEWER, NONE, Act.CALLED),
        lambda: dangers.close(REVIEWER, NONE, Outcome.NO_DANGER),
    ):
        with pytest.raises(DangerUnknownError):
            act()


def test_a_danger_goes_its_whole_way(either_office: Office) -> None:
    dangers, case = made(either_office), opened_case(either_office)
    danger = dangers.open(REVIEWER, case, kind=DangerKind.CHILD, country="GB")
    dangers.note(REVIEWER, danger.id, Act.CALLED, contact="gb-999")
    assert dangers.list() == [danger]
    closed = dangers.close(REVIEWER, danger.id, Outcome.HANDED_OVER)
    assert (dangers.list(), dangers.list(with_closed=True), dangers.show(danger.id)) == ([], [closed], closed)


def test_every_number_was_read_on_a_page_of_its_own_or_of_an_authority() -> None:
    file = read_text(shipped_source(), ContactsFile, called="contacts.yaml")
    for contact in file.contacts:
        assert contact.basis.value in {"own", "official"}, contact.id
        assert contact.sources, contact.id
        assert dt.date.fromisoformat(contact.read) <= NOW.date() + dt.timedelta(days=30), contact.id
    assert (file.status, file.reviewer) == ("draft", ""), "nobody outside has checked them"


def test_no_number_is_longer_than_what_somebody_can_dial_in_a_hurry_without_a_name() -> None:
    assert all(contact.name and contact.note for contact in CONTACTS.contacts)
    assert all(re.fullmatch(r"[0-9 +-]+", one.phone) for one in CONTACTS.contacts if one.phone)


def test_every_country_with_a_contact_has_a_number_that_answers_at_once() -> None:
    named = {country for contact in CONTACTS.contacts for country in contact.countries}
    assert named == set(CONTACTS.countries)
    for country in named:
        assert CONTACTS.route(country).contacts[0].kind is ContactKind.EMERGENCY


def own_file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


OWN = """
format: safehold.danger-contacts/1
id: ours
version: "1"
contacts:
  - id: our-police
    name: Our police, duty officer
    kind: emergency
    countries: [GB, IS]
    phone: "+44 0000 000000"
    sources: ["https://police.example.org/"]
    basis: own
    read: "2026-11-20"
remove: [eu-112]
"""


def test_the_operators_own_contacts_stand_first_and_may_take_ours_away(tmp_path: Path) -> None:
    contacts = load_contacts((own_file(tmp_path / "own.yaml", OWN),))
    assert [one.id for one in contacts.route("GB").contacts] == ["our-police", "gb-999"]
    assert contacts.route("GB").contacts[0].is_own
    assert not contacts.has("eu-112")
    assert contacts.route("IS").has_emergency_number
    assert contacts.route("GB").steps == CONTACTS.route("GB").steps


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("basis: own", "basis: secondary"),
        ('    phone: "+44 0000 000000"\n', ""),
        ('phone: "+44 0000 000000"', 'phone: "ask around"'),
        ('sources: ["https://police.example.org/"]', "sources: []"),
        ('version: "1"', 'version: "1"\nstatus: reviewed'),
        ("id: ours", "id: ours\nsurprise: 1"),
    ],
)
def test_contacts_that_could_mislead_are_refused_with_their_line(tmp_path: Path, old: str, new: str) -> None:
    assert old in OWN
    with pytest.raises(ContactsError, match="line"):
        load_contacts((own_file(tmp_path / "own.yaml", OWN.replace(old, new, 1)),))


def test_the_shipped_schema_is_that_of_the_code() -> None:
    import safehold.cases.enforcement.danger as room

    path = Path(str(room.__file__)).with_name("danger-contacts.schema.json")
    assert path.read_text(encoding="utf-8") == contacts_json_schema()
