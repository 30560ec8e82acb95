import pytest

from .conftest import Desks


def test_a_message_names_the_countrys_services_in_the_readers_language_and_is_counted(desks: Desks) -> None:
    asked = {"key": "refused_by_policy.input", "country": "gb", "locale": "fr-FR"}
    told = desks.client.get("/v1/messages", params=asked).json()
    assert (told["country"], told["language"], told["reviewed"]) == ("GB", "fr", False)
    assert [one["audience"] for one in told["sections"]][:2] == ["self_concern", "young_person"]
    assert told["sections"][0]["services"][0]["phone"] == "0808 1000 900"
    assert told["sections"][0]["services"][0]["sources"]
    assert desks.people.messages.exposures is not None
    assert desks.people.messages.exposures.summary().shown == {"refused_by_policy.input": 1}


def test_a_message_may_be_kept_for_a_while_and_is_not_sent_again_unchanged(desks: Desks) -> None:
    first = desks.client.get("/v1/messages", params={"key": "prevention"})
    assert first.headers["cache-control"] == "public, max-age=300"
    again = desks.client.get(
        "/v1/messages", params={"key": "prevention"}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    other = desks.client.get("/v1/messages", params={"key": "prevention", "country": "SE"})
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"key": "no_such_message"}, 404),
        ({}, 422),
        ({"key": "prevention", "country": "Sweden"}, 422),
        ({"key": "prevention", "audience": "everybody"}, 422),
        ({"key": "../../etc"}, 422),
    ],
)
def test_what_can_not_be_answered_is_a_problem(desks: Desks, asked: dict[str, str], status: int) -> None:
    refused = desks.client.get("/v1/messages", params=asked)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"


def test_one_audience_gets_its_section_alone(desks: Desks) -> None:
    told = desks.client.get("/v1/messages", params={"key": "limited", "audience": "young_person"}).json()
    assert [one["audience"] for one in told["sections"]] == ["young_person"]
