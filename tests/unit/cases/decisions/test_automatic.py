"""What is decided with nobody looking: what a cryptographic hash on a trusted list settles, and nothing else."""

import hashlib
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.cases.conftest import digest
from tests.unit.cases.decisions.conftest import AMIRA, CLARA, CSAM, LEAD, NEAR_TEST, PDQ, Bench, confirmed_by

from safehold.cases import CaseState, Form, ItemState, Priority
from safehold.cases.axes import FoundBy, HarmType, Scheme, Severity
from safehold.cases.decisions import SYSTEM, Decision
from safehold.cases.decisions.carrying import AUTOMATIC
from safehold.home.outbox import Outbox
from safehold.matching.banks.traits import BankTraits
from safehold.matching.listings import Listing
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.vocabulary import Finding, FindingKind, Fraction, HarmClass, Signal, Tier

INDUSTRY = confirmed_by("csam")


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """Give a bench whose trusted bank "industry" lists one value, with a severity in its note."""
    return with_industry(bench)


def with_industry(bench: Bench) -> Bench:
    groups = {one.algorithm: _row(one) for one in (digest(), PDQ)}
    groups = {algorithm: rows.numbered(number) for number, (algorithm, rows) in enumerate(groups.items())}
    listing = Listing(groups, (), 0, 0, hashlib.sha256(b"made up").hexdigest())
    bench.banks.import_listing("industry", listing, BankTraits(harm_class=HarmClass.CSAM, tier=Tier.TRUSTED))
    return bench


def _row(signal: Signal) -> Rows:
    return Rows(
        signal.algorithm,
        np.frombuffer(signal.value, np.uint8).reshape(1, 32),
        np.full(1, NO_CLASS, np.uint8),
        pa.array(["industry:A1, seen before"], pa.large_string()),
        pa.array(["entry-1"], pa.large_string()),
        np.zeros(1, np.int64),
    )


def test_what_a_trusted_list_holds_is_confirmed_with_nobody_looking_and_carries_its_label(either_bench: Bench) -> None:
    listed = with_industry(either_bench)
    case = listed.case(*(listed.item(findings=(INDUSTRY,)) for _ in range(3)))
    (decision,) = listed.decisions.decide_automatically(case)
    decided = listed.decisions.show(decision)
    assert (decided.person, decided.is_automatic, len(decided.items)) == (SYSTEM, True, 3)
    assert decided.items[0].axes.harm is HarmType.CSAM
    assert decided.items[0].axes.found_by is FoundBy.HASH_EXACT
    assert decided.items[0].axes.severities == (Severity(Scheme.INDUSTRY, "A1"),)
    assert listed.office.cases.show(case).state is CaseState.DECIDED
    assert listed.office.events("case.decided")[0].details["automatic"] is True
    assert listed.decisions.proposals() == ()  # the list belongs to whoever gave it


def test_repeating_it_decides_nothing_more(listed: Bench) -> None:
    case = listed.case(listed.item(findings=(INDUSTRY,)))
    assert len(listed.decisions.decide_automatically(case)) == 1
    assert listed.decisions.decide_automatically(case) == ()


@pytest.mark.parametrize(
    "finding",
    [
        replace(INDUSTRY, detector="pdq", reference="industry@1#1"),
        replace(INDUSTRY, distance=None),
        replace(INDUSTRY, tier=Tier.REVIEW),
        replace(INDUSTRY, subject="honour_mark"),
        replace(INDUSTRY, reference="industry@1#7"),
        replace(INDUSTRY, reference="another@1#0"),
        replace(INDUSTRY, reference="nonsense"),
        NEAR_TEST,
        Finding(FindingKind.SCORE, "stand-in", "adult_sexual", "stand-in@1#x", value=Fraction(1.0)),
    ],
)
def test_nothing_but_an_equal_hash_that_a_trusted_list_still_holds_settles_anything(
    listed: Bench, finding: Finding
) -> None:
    case = listed.case(listed.item(findings=(finding,)))
    assert listed.decisions.decide_automatically(case) == ()
    assert listed.office.cases.show(case).state is CaseState.OPEN


def test_a_near_match_beside_waits_for_people(listed: Bench) -> None:
    case = listed.case(listed.item(findings=(INDUSTRY,)), listed.item(signals=(digest("5b"),)))
    listed.decisions.decide_automatically(case)
    assert [one.state for one in listed.items(case)] == [ItemState.DECIDED, ItemState.UNDECIDED]
    assert listed.office.cases.show(case).state is CaseState.OPEN


def test_what_lies_behind_many_that_wait_for_people_is_found(listed: Bench) -> None:
    many = [listed.item(signals=(digest(f"{number % 250:02x}"),), findings=()) for number in range(600)]
    case = listed.case(*many, listed.item(findings=(INDUSTRY,), signals=(digest("fe"),)))
    (decision,) = listed.decisions.decide_automatically(case)
    assert [one.item for one in listed.decisions.show(decision).items] == [listed.items(case)[-1].id]


def test_an_entry_that_was_withdrawn_settles_nothing(listed: Bench) -> None:
    case = listed.case(listed.item(findings=(INDUSTRY,)))
    listed.banks.withdraw("industry", (), reason="wrong", source_ids=("entry-1",))
    assert listed.decisions.decide_automatically(case) == ()


def test_a_bank_that_was_taken_out_of_use_settles_nothing(listed: Bench) -> None:
    case = listed.case(listed.item(findings=(INDUSTRY,)))
    listed.banks.retire("industry", "wrong")
    assert listed.decisions.decide_automatically(case) == ()


def test_the_test_signature_is_confirmed_as_a_test_and_as_nothing_that_is_reported(bench: Bench) -> None:
    case = bench.case(bench.item(findings=(confirmed_by("test", "test@1#0"),)))
    (decision,) = bench.decisions.decide_automatically(case)
    assert bench.decisions.show(decision).items[0].axes.harm is HarmType.TEST


def test_what_people_reversed_once_is_theirs_from_then_on(listed: Bench) -> None:
    case = listed.case(listed.item(findings=(INDUSTRY,)))
    (decision,) = listed.decisions.decide_automatically(case)
    listed.decisions.reverse(LEAD, decision, "wrong_list")
    assert listed.decisions.decide_automatically(case) == ()
    listed.say(AMIRA, case, Decision.NOT_A_VIOLATION)
    assert listed.office.cases.show(case).state is CaseState.DECIDED


def test_classes_that_the_rules_leave_out_wait_for_people(listed: Bench) -> None:
    careful = listed.under(decisions__automatic__classes={"test": "test"})
    case = listed.case(listed.item(findings=(INDUSTRY,)))
    assert careful.decisions.decide_automatically(case) == ()


def test_a_sample_of_them_can_be_looked_at_by_people(listed: Bench) -> None:
    sampled = listed.under(review__second__share={"confirm": 0, "not_a_violation": 0, "automatic": 1.0})
    case = listed.case(listed.item(findings=(INDUSTRY,)))
    sampled.decisions.decide_automatically(case)
    assert listed.office.cases.show(case).state is CaseState.SECOND_REVIEW
    listed.say(CLARA, case, Decision.CONFIRM, CSAM)
    assert listed.office.cases.show(case).state is CaseState.DECIDED


def test_a_thousand_identical_uploads_of_what_people_confirmed_need_nobody(listed: Bench) -> None:
    first = listed.case(listed.item())
    listed.say(AMIRA, first, Decision.CONFIRM, CSAM)
    listed.decisions.approve_signals(CLARA, [listed.decisions.proposals()[0].id])
    (entry,) = listed.banks.entries("own-confirmed")
    found = confirmed_by("csam", f"own-confirmed@1#{entry.number}")
    more = listed.case(*(listed.item(findings=(found,)) for _ in range(20)), name="bb")
    (decision,) = listed.decisions.decide_automatically(more)
    assert {one.rests_on for one in listed.decisions.show(decision).items} == {entry.source_id}


def test_a_job_in_the_outbox_has_a_worker_do_it(listed: Bench) -> None:
    case = listed.case(listed.item(findings=(INDUSTRY,)), priority=Priority.URGENT)
    outbox = Outbox(listed.office.home.database, listed.office.clock)
    with listed.office.home.database.writing() as connection:
        outbox.enqueue(connection, AUTOMATIC, {"case": case})
    listed.decisions.settle()
    assert listed.office.cases.show(case).state is CaseState.DECIDED


def test_what_is_a_fingerprint_alone_is_settled_too(listed: Bench) -> None:
    case = listed.case(listed.item(form=Form.FINGERPRINT, findings=(INDUSTRY,)))
    assert len(listed.decisions.decide_automatically(case)) == 1
