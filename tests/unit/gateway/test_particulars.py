"""What operators tell of whoever sent something: taken as it is, refused where nobody could use it, shown nowhere."""

import pytest
from tests.unit.gateway.made_up import CANARY, Desk

from safehold.gateway import (
    CheckRequest,
    Context,
    Identifier,
    IdentifierKind,
    Item,
    ItemKind,
    Occurrence,
    OccurrenceKind,
    Particulars,
    Turn,
)
from safehold.gateway.errors import MalformedItemError, RequestTooLargeError
from safehold.gateway.particulars import MOST_CHARACTERS, MOST_IDENTIFIERS, NOTHING, refuse_unfit
from safehold.guard.wire import write
from safehold.service.checking.form import read_form
from safehold.service.checking.particulars import lenient
from safehold.service.checking.translation import context_of
from safehold.service.checking.wire import CheckSent
from safehold.service.guardrails.translation import to_request
from safehold.service.guardrails.wire import GuardrailSent

UPLOAD = Occurrence(OccurrenceKind.UPLOAD, "2026-11-22T12:00:00.5+01:00", "2001:db8::7", 50123, is_proxy=False)
TOLD = Particulars(
    identifiers=(Identifier(IdentifierKind.SCREEN_NAME, CANARY),),
    occurrences=(UPLOAD, Occurrence(OccurrenceKind.LOGIN, address="192.0.2.7")),
    conversation=(Turn("user", "a red cube"),),
)


def test_what_is_told_comes_through_the_wire_as_it_was_sent() -> None:
    request = CheckRequest((Item(ItemKind.PROMPT, text="a tree"),), Context("a", model_version="7", particulars=TOLD))
    sent = CheckSent.model_validate(write(request))
    assert context_of(sent) == request.context


def test_a_guard_with_nothing_to_tell_says_nothing_so_that_an_older_service_understands_it() -> None:
    assert set(write(CheckRequest((Item(ItemKind.PROMPT, text="a tree"),), Context("a")))) == {"items", "account"}


def test_nothing_of_it_stands_in_a_representation() -> None:
    assert CANARY not in repr(Context(particulars=TOLD)) + repr(TOLD) + repr(TOLD.identifiers) + repr(TOLD.occurrences)
    assert "192.0.2.7" not in repr(TOLD.occurrences)


@pytest.mark.parametrize(
    "unfit",
    [
        Occurrence(OccurrenceKind.LOGIN, at="2026-11-22T12:00:00"),  # no zone
        Occurrence(OccurrenceKind.LOGIN, at="yesterday"),
        Occurrence(OccurrenceKind.LOGIN, at="2026-13-22T12:00:00Z"),
        Occurrence(OccurrenceKind.LOGIN, address="not-an-address"),
        Occurrence(OccurrenceKind.LOGIN, port=0),
        Occurrence(OccurrenceKind.LOGIN, port=65_536),
    ],
)
def test_what_an_authority_could_do_nothing_with_is_refused_without_being_repeated(
    desk: Desk, unfit: Occurrence
) -> None:
    with pytest.raises(MalformedItemError) as refused:
        desk.ask(Item(ItemKind.PROMPT, text="a tree"), particulars=Particulars(occurrences=(unfit,)))
    assert unfit.at not in str(refused.value) or not unfit.at
    assert desk.rows("gateway_decisions") == []


@pytest.mark.parametrize(
    "many",
    [
        Particulars(identifiers=(Identifier(IdentifierKind.OTHER, "x"),) * (MOST_IDENTIFIERS + 1)),
        Particulars(conversation=(Turn("user", "x" * (MOST_CHARACTERS + 1)),)),
    ],
)
def test_more_than_is_kept_is_refused(many: Particulars) -> None:
    with pytest.raises(RequestTooLargeError):
        refuse_unfit(many)


def test_a_form_tells_particulars_as_json() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na tree\r\n'
        b'--b\r\nContent-Disposition: form-data; name="particulars"\r\n\r\n'
        b'{"identifiers": [{"kind": "email", "value": "x@example.org"}]}\r\n--b--\r\n'
    )
    sent, _ = read_form(body, "multipart/form-data; boundary=b")
    assert context_of(sent).particulars.identifiers == (Identifier(IdentifierKind.EMAIL, "x@example.org"),)


def test_litellm_tells_whose_key_it_was_and_what_its_operator_adds() -> None:
    sent = GuardrailSent.model_validate(
        {
            "input_type": "request",
            "texts": ["a tree"],
            "request_data": {"user_api_key_user_id": "u-1", "user_api_key_user_email": "x@example.org"},
            "additional_provider_specific_params": {
                "model_version": "7",
                "particulars": {"occurrences": [{"kind": "login", "address": "192.0.2.7"}]},
            },
        }
    )
    context = to_request(sent, lambda _: b"").context
    assert context.model_version == "7"
    assert [one.kind for one in context.particulars.identifiers] == [IdentifierKind.ACCOUNT, IdentifierKind.EMAIL]
    assert context.particulars.occurrences[0].address == "192.0.2.7"


@pytest.mark.parametrize("told", [None, 7, {"identifiers": 7}, {"occurrences": [{"address": "nowhere"}]}])
def test_litellm_is_not_refused_for_particulars_that_cannot_be_read(told: object) -> None:
    assert lenient(told) is NOTHING
