"""A report that is accepted: what the platform is told, and what leaves the edge."""

import pytest

from services.ingest import examples
from shared.contracts.codec import decode, encode
from shared.contracts.identifiers import Environment, ExternalId, PlatformId, report_id
from shared.contracts.report import Identity, Report, ReporterKind
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, codes, headers

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def sent_report(edge: EdgeUnderTest) -> Report:
    return decode(Report, edge.sent[-1].value)


async def test_the_answer_names_the_report_its_subject_and_where_to_ask(
    edge: EdgeUnderTest,
) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body())
    assert answer.status_code == 202
    expected = report_id(PlatformId("x"), Environment.LIVE, ExternalId("abuse-1"))
    assert answer.json() == {
        "report_id": expected,
        "external_id": "abuse-1",
        "subject_id": "x:post:20",
        "accepted_at": "2026-11-20T10:00:00.000Z",
        "status_url": f"http://review/v1/reports/{expected}",
        "warnings": [],
    }


async def test_the_record_is_keyed_by_the_report_and_carries_the_trace(edge: EdgeUnderTest) -> None:
    await edge.client.post("/v1/reports", headers=headers(traceparent=TRACE), json=body())
    (record,) = edge.sent
    assert (record.topic, record.key.decode()) == ("reports", sent_report(edge).report_id)
    assert record.headers == (("traceparent", TRACE.encode()),)


async def test_a_bad_trace_is_left_out_and_no_error(edge: EdgeUnderTest) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(traceparent="00-nonsense"), json=body()
    )
    assert answer.status_code == 202
    assert edge.sent[0].headers == ()


async def test_everything_that_a_report_may_hold_arrives_behind_the_edge(
    edge: EdgeUnderTest,
) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(prefer="handling=strict"), json=examples.REPORT
    )
    assert answer.status_code == 202
    report = sent_report(edge)
    assert encode(report) == edge.sent[-1].value
    assert report.content is not None
    assert report.author is not None
    assert report.context is not None
    assert report.context.parent is not None
    assert report.reach is not None
    found = (
        report.reason.platform_code,
        report.reporter.language,
        report.content.media[0].pdq_quality,
        report.author.account_id,
        report.context.parent.author_id,
        report.evidence,
        report.reach.views,
        report.extra,
    )
    assert found == (
        "T-12",
        "ur",
        92,
        "x:user:44196397",
        "44196398",
        ("https://x.com/some_handle/status/1790000000000000002",),
        12000,
        {"ticket": "A-17"},
    )


async def test_null_is_absence_everywhere_but_in_what_is_the_clients_own(
    edge: EdgeUnderTest,
) -> None:
    document = body(
        reporter={"id": None},
        content={"text": None, "media": [{"url": None}]},
        author={"bio": None},
        context={"parent": None, "thread": [{"text": None}]},
        extra={"ticket": None},
    )
    answer = await edge.client.post("/v1/reports", headers=headers(), json=document)
    assert answer.json()["warnings"] == []
    assert edge.sent[-1].value.count(b"null") == 1
    assert encode(sent_report(edge)) == edge.sent[-1].value
    assert sent_report(edge).extra == {"ticket": None}


async def test_the_same_external_id_is_the_same_report_whatever_the_body(
    edge: EdgeUnderTest,
) -> None:
    other = {"kind": "content", "url": "https://x.com/some_one/status/21"}
    answers = [
        await edge.client.post("/v1/reports", headers=headers(), json=document)
        for document in (body(), body(subject=other), body(reason={"platform_code": "Z"}))
    ]
    assert len({answer.json()["report_id"] for answer in answers}) == 1
    assert [answer.status_code for answer in answers] == [202] * 3
    assert answers[1].json()["subject_id"] == "x:post:21"


async def test_the_sandbox_answers_alike_and_is_kept_apart(edge: EdgeUnderTest) -> None:
    live = await edge.client.post("/v1/reports", headers=headers(), json=body())
    test = await edge.client.post("/v1/reports", headers=headers("mz_test_x"), json=body())
    assert test.status_code == 202
    assert sent_report(edge).environment is Environment.TEST
    assert live.json()["report_id"] != test.json()["report_id"]
    assert live.json()["subject_id"] == test.json()["subject_id"]


async def test_another_platform_with_the_same_external_id_is_another_report(
    edge: EdgeUnderTest,
) -> None:
    ours = await edge.client.post("/v1/reports", headers=headers(), json=body())
    subject = {"kind": "content", "url": "https://youtu.be/dQw4w9WgXcQ"}
    theirs = await edge.client.post(
        "/v1/reports", headers=headers("mz_live_youtube"), json=body(subject=subject)
    )
    assert theirs.status_code == 202
    assert ours.json()["report_id"] != theirs.json()["report_id"]


@pytest.mark.parametrize("reporter", [{"kind": "authority"}, {"kind": "trusted_flagger"}])
async def test_an_authority_nobody_registered_is_taken_as_a_user(
    edge: EdgeUnderTest, reporter: dict[str, str]
) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(), json=body(reporter={**reporter, "id": "u"})
    )
    assert codes(answer.json()) == {"/reporter/kind": "not_registered"}
    assert sent_report(edge).reporter.kind is ReporterKind.USER


async def test_a_registered_authority_is_one(edge: EdgeUnderTest) -> None:
    reporter = {"kind": "authority", "organisation_id": "police"}
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body(reporter=reporter))
    assert answer.json()["warnings"] == []
    assert sent_report(edge).reporter.kind is ReporterKind.AUTHORITY


async def test_a_handle_is_marked_as_one_and_learns_the_id_from_the_author(
    edge: EdgeUnderTest,
) -> None:
    await edge.client.post(
        "/v1/reports",
        headers=headers(),
        json=body(
            subject={"kind": "account", "url": "https://x.com/some_one"},
            author={"handle": "Some_One", "id": "7"},
        ),
    )
    subject = sent_report(edge).subject
    assert (subject.subject_id, subject.identity) == ("x:handle:some_one", Identity.HANDLE)
    assert subject.aliases == ("x:user:7",)


async def test_no_telephone_number_leaves_the_edge(edge: EdgeUnderTest) -> None:
    number = "+92 300 1234567"
    await edge.client.post(
        "/v1/reports",
        headers=headers("mz_live_whatsapp"),
        json=body(
            subject={"kind": "account", "platform_id": "923001234567"},
            reporter={"id": "923001234567"},
            reason={"policy_id": "terrorism", "text": f"call {number}"},
            author={"id": "+923001234567", "bio": number},
            evidence=["https://wa.me/923001234567"],
            extra={"note": number, "from": 923001234567},
        ),
    )
    value = edge.sent[-1].value.decode()
    assert sent_report(edge).subject.subject_id.startswith("wa:phone:")
    for written in ("3001234567", "300 1234567"):
        assert written not in value


async def test_each_answer_has_a_request_id_and_a_given_one_is_kept(edge: EdgeUnderTest) -> None:
    for path in ("/v1/reports", "/nowhere", "/openapi.json"):
        answer = await edge.client.get(path)
        assert answer.headers["x-request-id"]
    answer = await edge.client.post(
        "/v1/reports", headers=headers(x_request_id="mine-1"), json=body()
    )
    assert answer.headers["x-request-id"] == "mine-1"
