import datetime as dt
from dataclasses import replace

import pytest

from safehold.cases import CaseState, Form, ItemState, Origin, Priority, Subject, SubjectKind
from safehold.cases.errors import NoItemsError, UnfitWordError, UnknownItemError, UnknownQueueError
from safehold.cases.item import Content, ItemId, Place
from safehold.vocabulary import (
    DIGESTS_OF_NOTHING,
    Algorithm,
    Bits,
    Finding,
    FindingKind,
    Gap,
    GapReason,
    PdqFlavour,
    Signal,
    Tier,
)

from .conftest import NOW, Office, account, digest

NOBODY = Subject(SubjectKind.NOBODY, "")


def test_a_case_says_what_was_put_into_it(office: Office) -> None:
    due = NOW + dt.timedelta(hours=48)
    case = office.cases.show(office.opened(None, office.item(), label="csam", priority=Priority.URGENT, due_at=due))
    assert (case.subject, case.state, case.priority, case.queue) == (
        account(),
        CaseState.OPEN,
        Priority.URGENT,
        "gateway",
    )
    assert (case.label, case.assignee, case.items, case.undecided, case.version) == ("csam", "", 1, 1, 1)
    assert (case.opened_at, case.changed_at, case.due_at) == (NOW, NOW, due)
    assert [(event.kind, event.details["case"]) for event in office.events()] == [("case.opened", case.id)]


def test_an_item_is_read_as_it_was_put_in(either_office: Office) -> None:
    findings = (
        Finding(FindingKind.MATCH, "pdq", "csam", "bank@3#17", tier=Tier.TRUSTED, distance=Bits(12), place="frame 2"),
        Finding(FindingKind.RULE, "prompt-rules", "minor", "lexicon@1"),
    )
    signals = (digest(), Signal(Algorithm.PDQ, b"\x11" * 32, PdqFlavour.FULL, 93, "frame 2"))
    told = either_office.item(
        "chk_1#2",
        findings=findings,
        gaps=(Gap("opennsfw", GapReason.TIMED_OUT, "frame 9"),),
        signals=signals,
        content=Content(Place.HELD, "held_1"),
        policy="default@1.0.0",
        context=b"sealed",
    )
    (item,) = either_office.cases.items(either_office.opened(None, told))
    assert item.told == replace(told, context=b"")
    assert (item.number, item.state, item.subject, item.added_at) == (1, ItemState.UNDECIDED, account(), NOW)
    assert either_office.cases.item(item.id) == item
    assert either_office.cases.context(item.id) == b"sealed"


def test_an_item_without_circumstances_has_none(office: Office) -> None:
    (item,) = office.cases.items(office.opened())
    assert office.cases.context(item.id) == b""
    with pytest.raises(UnknownItemError):
        office.cases.context(ItemId("item_0"))


def test_a_second_item_of_a_subject_joins_its_open_case(office: Office) -> None:
    first = office.opened()
    assert office.opened() == first
    case = office.cases.show(first)
    assert (case.items, case.undecided, case.version) == (2, 2, 1)
    assert [item.number for item in office.cases.items(first)] == [1, 2]
    assert office.events()[-1].details == {"case": first, "by": "subject", "items": 1}


def test_other_subjects_have_cases_of_their_own(office: Office) -> None:
    same_mark_as_session = Subject(SubjectKind.SESSION, account().mark)
    assert len({office.opened(one) for one in (account("aa"), account("bb"), same_mark_as_session)}) == 3


def test_a_thousand_identical_uploads_of_as_many_accounts_are_one_case(either_office: Office) -> None:
    seen = {
        either_office.opened(account(f"{number:02x}"), either_office.item(signals=(digest(),)))
        for number in range(20)  # of a thousand: what joins them does not know how many they are
    }
    assert len(seen) == 1
    items = either_office.cases.items(seen.pop())
    assert len({item.subject.mark for item in items}) == 20
    assert {event.details["by"] for event in either_office.events("case.joined")} == {"fingerprint"}


def test_the_subjects_own_case_comes_before_one_with_an_equal_fingerprint(office: Office) -> None:
    office.opened(account("aa"), office.item(signals=(digest(),)))
    own = office.opened(account("bb"))
    assert office.opened(account("bb"), office.item(signals=(digest(),))) == own


def test_what_joined_anothers_case_does_not_draw_the_rest_of_its_account_there(office: Office) -> None:
    first = office.opened(account("aa"), office.item(signals=(digest(),)))
    assert office.opened(account("bb"), office.item(signals=(digest(),))) == first
    assert office.opened(account("bb"), office.item(signals=(digest("77"),))) != first


@pytest.mark.parametrize(
    "signal",
    [
        Signal(Algorithm.PDQ, b"\x11" * 32, PdqFlavour.FULL, 93),
        replace(digest(), place="frame 1"),
        Signal(Algorithm.SHA256, DIGESTS_OF_NOTHING[Algorithm.SHA256]),
    ],
    ids=["perceptual", "of a part", "of an empty file"],
)
def test_only_a_cryptographic_fingerprint_of_the_whole_joins(office: Office, signal: Signal) -> None:
    assert office.opened(account("aa"), office.item(signals=(signal,))) != office.opened(
        account("bb"), office.item(signals=(signal,))
    )


def test_equal_bytes_of_different_algorithms_join_nothing(office: Office) -> None:
    sha1, md5 = Signal(Algorithm.SHA1, b"\x01" * 20), Signal(Algorithm.MD5, b"\x01" * 16)
    first = office.opened(NOBODY, office.item(signals=(sha1,)))
    office.clock.at += dt.timedelta(seconds=1)
    assert office.opened(NOBODY, office.item(signals=(md5,))) != first
    assert office.opened(NOBODY, office.item(signals=(md5, sha1))) == first  # the older one of two


def test_a_datasets_run_neither_joins_an_accounts_case_nor_is_joined(office: Office) -> None:
    run = Subject(SubjectKind.SOURCE, "run_1")
    records = [office.item(f"run_1#{n}", origin=Origin.DATASET, signals=(digest(),)) for n in range(3)]
    ours = office.opened(run, *records)
    upload = office.opened(account(), office.item(signals=(digest(),)))
    other = office.opened(
        Subject(SubjectKind.SOURCE, "run_2"), office.item("run_2#0", origin=Origin.DATASET, signals=(digest(),))
    )
    assert len({ours, upload, other}) == 3
    assert office.cases.show(ours).queue == "datasets"


def test_things_of_nobody_are_joined_by_fingerprints_alone(office: Office) -> None:
    first = office.opened(NOBODY, office.item(signals=(digest(),)))
    assert office.opened(NOBODY, office.item()) != first
    assert office.opened(NOBODY, office.item(signals=(digest(),))) == first


def test_putting_the_same_in_twice_changes_nothing(either_office: Office) -> None:
    item = either_office.item()
    first = either_office.opened(None, item, item)
    before = either_office.cases.show(first), either_office.events()
    assert either_office.opened(None, item) == first
    assert either_office.opened(account("bb"), item) == first
    assert (either_office.cases.show(first), either_office.events()) == before
    assert before[0].items == 1


def test_the_same_reference_of_another_origin_is_another_item(office: Office) -> None:
    first = office.opened(None, office.item("17#0"))
    assert office.opened(None, office.item("17#0", origin=Origin.REPORT)) == first
    assert office.cases.show(first).items == 2


def test_what_is_there_already_stays_while_the_rest_is_put_in(office: Office) -> None:
    old = office.item()
    first = office.opened(account("aa"), old)
    second = office.opened(account("bb"), old, office.item())
    assert second != first
    assert [office.cases.show(one).items for one in (first, second)] == [1, 1]


def test_an_item_of_a_closed_case_is_known_and_a_new_one_opens_another(office: Office) -> None:
    old = office.item(signals=(digest(),))
    first = office.opened(None, old)
    office.decide(first)
    with office.home.database.writing() as connection:
        office.cases.change_state(connection, first, CaseState.CLOSED, seen=2, actor="amira")
    assert office.opened(None, old) == first
    assert office.opened(None, office.item(signals=(digest(),))) != first


def test_a_new_item_opens_a_decided_case_again(office: Office) -> None:
    first = office.opened()
    office.decide(first)
    assert office.cases.show(first).state is CaseState.DECIDED
    assert office.opened() == first
    case = office.cases.show(first)
    assert (case.state, case.items, case.undecided) == (CaseState.OPEN, 2, 1)
    assert office.events("case.moved")[-1].details["after"] == "open"


def test_the_more_urgent_priority_the_earlier_end_and_the_first_label_stay(office: Office) -> None:
    early, late = NOW + dt.timedelta(hours=1), NOW + dt.timedelta(hours=9)
    first = office.opened(priority=Priority.LOW, due_at=late)
    office.opened(priority=Priority.URGENT, label="ncii")
    office.opened(priority=Priority.NORMAL, due_at=early, label="csam")
    office.opened(due_at=late)
    case = office.cases.show(first)
    assert (case.priority, case.due_at, case.label) == (Priority.URGENT, early, "ncii")


def test_a_case_can_be_opened_into_a_queue_and_only_into_one_that_is_there(office: Office) -> None:
    assert office.cases.show(office.opened(queue="others")).queue == "others"
    with pytest.raises(UnknownQueueError, match="no queue"):
        office.opened(account("bb"), queue="nowhere")


def test_nothing_and_sentences_open_no_case(office: Office) -> None:
    with pytest.raises(NoItemsError):
        office.cases.open(account(), [], actor="system")
    with pytest.raises(UnfitWordError):
        office.opened(label="more than one word")
    assert office.events() == []


def test_text_only_cases_wait_where_media_do(office: Office) -> None:
    queues = {
        office.cases.show(office.opened(account(f"{n:02x}"), office.item(form=form))).queue
        for n, form in enumerate(Form)
    }
    assert queues == {"gateway"}
