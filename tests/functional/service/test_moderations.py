"""``/v1/moderations``, asked with the official client over loopback."""

import base64
from collections.abc import Iterator

import openai
import pytest
from tests.functional.service.conftest import Served
from tests.functional.service.loopback import loopback

from safehold.gateway import ItemKind, Scope
from safehold.gateway.sandbox import Fault
from safehold.service.moderating.wire import CATEGORIES

PICTURE = "data:image/png;base64," + base64.b64encode(b"held bytes").decode()


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with loopback(served.app) as address, openai.OpenAI(base_url=f"{address}/v1", api_key=served.key) as made:
        yield made


def test_the_official_client_works_unchanged(client: openai.OpenAI, served: Served) -> None:
    told = client.moderations.create(model="omni-moderation-latest", input="a red cube")
    result = told.results[0]
    assert (told.id[:5], told.model, result.flagged) == ("modr-", "safehold", True)
    assert result.categories.sexual_minors
    assert result.category_scores.sexual_minors == 1.0
    assert result.category_applied_input_types.sexual_minors == ["text"]
    dumped = result.categories.model_dump(by_alias=True)
    assert set(dumped) == set(CATEGORIES)
    assert [name for name, value in dumped.items() if value] == ["sexual/minors"]
    assert served.checks.asked[0][0].context.model == "omni-moderation-latest"


def test_several_texts_are_several_results(client: openai.OpenAI) -> None:
    told = client.moderations.create(input=["a blue ball", "a red cube", "a grey cone"])
    assert [one.flagged for one in told.results] == [False, True, True]
    assert told.results[0].category_scores.sexual_minors == 0.0


def test_text_and_picture_of_one_thing_are_one_result(client: openai.OpenAI, served: Served) -> None:
    told = client.moderations.create(
        input=[{"type": "text", "text": "a blue ball"}, {"type": "image_url", "image_url": {"url": PICTURE}}],
        extra_body={"safehold": {"account": "a-17", "output": True}},
    )
    assert [one.flagged for one in told.results] == [True]
    assert told.results[0].category_applied_input_types.sexual_minors == ["image", "text"]
    request, _ = served.checks.asked[0]
    assert [item.kind for item in request.items] == [ItemKind.OUTPUT_TEXT, ItemKind.OUTPUT_IMAGE]
    assert (request.items[1].data, request.context.account) == (b"held bytes", "a-17")


def test_our_own_answer_stands_beside(client: openai.OpenAI) -> None:
    told = client.moderations.create(input="a red cube").to_dict()
    ours = told["safehold"]
    assert isinstance(ours, dict)
    assert (ours["action"], ours["refusal"]) == ("deny", "refused_by_policy")
    assert "findings" not in str(ours)


def test_what_was_not_examined_is_flagged_and_what_fails_open_is_not(client: openai.OpenAI, served: Served) -> None:
    served.checks.misbehave(Fault.EXAMINES_NOTHING)
    assert client.moderations.create(input="a blue ball").results[0].flagged
    served.checks.misbehave(Fault.FAILS_OPEN)
    told = client.moderations.create(input="a blue ball")
    assert not told.results[0].flagged
    assert told.to_dict()["safehold"]["action"] == "allow_unexamined"  # type: ignore[index]


def test_a_limit_on_the_caller_flags_all_of_it(client: openai.OpenAI, served: Served) -> None:
    served.checks.misbehave(Fault.LIMITED)
    assert all(one.flagged for one in client.moderations.create(input=["a", "b"]).results)


def test_real_scores_need_operator_scope(served: Served) -> None:
    headers = served.headers(Scope.CHECK, Scope.OPERATOR)
    told = served.client.post("/v1/moderations", json={"input": "a red cube"}, headers=headers).json()
    assert told["results"][0]["flagged"]
    assert told["results"][0]["category_scores"]["sexual/minors"] == 0.0  # the table names no minors


def test_errors_reach_the_client_as_its_own(client: openai.OpenAI, served: Served) -> None:
    served.checks.misbehave(Fault.UNREACHABLE)
    with pytest.raises(openai.InternalServerError):
        client.with_options(max_retries=0).moderations.create(input="x")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").moderations.create(input="x")
    with pytest.raises(openai.UnprocessableEntityError):
        client.moderations.create(input=[])
    address = [{"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}]
    with pytest.raises(openai.UnprocessableEntityError):
        client.moderations.create(input=address)  # type: ignore[arg-type]
