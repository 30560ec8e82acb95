"""The OpenAPI document, and requests that schemathesis makes from it: none may be answered in a way it doesn't say."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance, unsupported_method
from tests.functional.service.conftest import Served

from safehold.gateway import Scope

MOST_EXAMPLES = 8
BEYOND_A_SCHEMA = [positive_data_acceptance, unsupported_method]
"""A schema can't say that data is base64, which field a kind takes, that ids differ. Other methods have an own test."""

VIEWS = (
    ("POST", "/v1/checks"),
    ("GET", "/v1/checks/{check_id}"),
    ("POST", "/v1/moderations"),
    ("POST", "/beta/litellm_basic_guardrail_api"),
    ("GET", "/health/ready"),
)


def test_every_view_has_examples_problems_and_a_security_scheme(served: Served) -> None:
    document = served.client.get("/openapi.json").json()
    paths = document["paths"]
    assert {path for _, path in VIEWS} <= set(paths)
    for path in ("/v1/checks", "/v1/moderations", "/beta/litellm_basic_guardrail_api"):
        view = paths[path]["post"]
        name = view["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["examples"]
        assert view["security"] == [{"HTTPBearer": []}, {"APIKeyHeader": []}]
        assert {"401", "403", "413", "415", "422", "429", "503"} <= set(view["responses"])
    assert "multipart/form-data" in paths["/v1/checks"]["post"]["requestBody"]["content"]


def test_every_reference_of_the_document_leads_somewhere(served: Served) -> None:
    document = served.client.get("/openapi.json").json()

    def references(value: Any) -> Any:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    for reference in set(references(document)):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), VIEWS, ids=lambda part: part)
def test_whatever_is_sent_is_answered_as_the_document_says(
    served: Served, method: str, path: str, mode: GenerationMode
) -> None:
    headers = served.headers(Scope.CHECK, Scope.OPERATOR)
    operation = schemathesis.openapi.from_asgi("/openapi.json", served.app)[path][method]

    @bounded(
        max_examples=MOST_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode))
    def whatever(case: schemathesis.Case) -> None:
        told_as_text = [negative_data_rejection] if case.media_type == "multipart/form-data" else []
        case.call_and_validate(headers=headers, excluded_checks=[*BEYOND_A_SCHEMA, *told_as_text])

    try:
        whatever()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # there is nothing that could be wrong
