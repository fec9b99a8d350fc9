"""The document and the edge are the same: routes, statuses and examples."""

import inspect
import re
from typing import TypedDict

import orjson
import pytest

from services.ingest import api, app, documentation
from services.ingest.problems import ABOUT, Problem
from tests.unit.ingest.edge_parts import EdgeUnderTest, headers


class Example(TypedDict):
    schema: dict[str, str]
    example: object


class Body(TypedDict):
    content: dict[str, Example]


class Operation(TypedDict, total=False):
    requestBody: Body
    responses: dict[str, object]


class Document(TypedDict):
    openapi: str
    paths: dict[str, dict[str, Operation]]
    components: dict[str, dict[str, object]]


async def fetched(edge: EdgeUnderTest) -> Document:
    answer = await edge.client.get("/openapi.json")
    assert answer.status_code == 200
    document: Document = answer.json()
    return document


async def test_it_is_openapi_3_1_and_public(edge: EdgeUnderTest) -> None:
    assert (await fetched(edge))["openapi"].startswith("3.1")


async def test_every_route_is_in_it(edge: EdgeUnderTest) -> None:
    paths = (await fetched(edge))["paths"]
    routes = {(path, method) for path, operations in paths.items() for method in operations}
    assert routes == {
        ("/v1/reports", "post"),
        ("/v1/reports/bulk", "post"),
        ("/v1/appeals", "post"),
        ("/problems/{code}", "get"),
    }
    source = inspect.getsource(api) + inspect.getsource(app)
    assert set(re.findall(r'"(/(?:v1|problems)[^"]*)"', source)) == set(paths)


async def test_every_status_that_a_call_can_answer_is_in_it(edge: EdgeUnderTest) -> None:
    answered = {str(about.status) for about in ABOUT.values()}
    elsewhere = {"404", "405"}  # of what is no call
    for path, operations in (await fetched(edge))["paths"].items():
        if path.startswith("/v1/"):
            missing = answered - elsewhere - set(operations["post"]["responses"])
            assert missing == set()


async def test_every_reference_in_it_leads_somewhere(edge: EdgeUnderTest) -> None:
    document = await fetched(edge)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', orjson.dumps(document).decode()))
    assert named <= set(document["components"]["schemas"])
    assert {model.__name__ for model in documentation.DOCUMENTED} <= named


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/reports/bulk", "/v1/appeals"])
async def test_every_example_is_accepted_as_it_stands(edge: EdgeUnderTest, path: str) -> None:
    content = (await fetched(edge))["paths"][path]["post"]["requestBody"]["content"]
    ((media_type, shown),) = content.items()
    example = shown["example"]
    data = example if isinstance(example, str) else orjson.dumps(example)
    answer = await edge.client.post(
        path,
        headers=headers(content_type=media_type, prefer="handling=strict"),
        content=data,
    )
    assert answer.is_success
    assert b'"status":4' not in answer.content
    assert len(edge.sent) == 1


async def test_it_names_every_problem_that_can_be_explained(edge: EdgeUnderTest) -> None:
    document = (await edge.client.get("/openapi.json")).json()
    (code,) = document["paths"]["/problems/{code}"]["get"]["parameters"]
    assert code["schema"]["enum"] == list(Problem)
