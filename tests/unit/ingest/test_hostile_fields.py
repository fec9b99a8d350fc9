"""Strings, ids and times that break other readers: taken verbatim or left out, never a 5xx."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contracts.codec import decode, encode
from shared.contracts.report import Report
from tests.unit.ingest.edge_parts import EdgeUnderTest, body, codes, headers

VERBATIM = [
    "'; DROP TABLE reports; --",
    "100% _like_ \\_",
    "{{ 7 * 7 }} ${7*7} #{7}",
    "$(rm -rf /) `id` | cat /etc/passwd",
    "*)(uid=*))(|(uid=*",
    "subject\r\nBcc: everyone",
    "=cmd|'/c calc'!A0",
    "' or '1'='1",
    "(a+)+$",
    "%s %n {0} %(x)s",
    "../../../../etc/passwd",
    "<script>alert(1)</script>",
    "\u202egnp.exe\u2066 \u200e\u061c",
    "e\u0301" * 200,
    "\u0600" * 100,
    "\u200b\u200d\ufe0f",
    "\ufffe\uffff\U0001ffff",
    "\ue000 private",
    "\U000e0041\U000e007f",
    "раураl.com",
    "ﾊﾝｶｸ ＦＵＬＬ",
    "Straße İstanbul ﷽ ـــ",
    "👩‍👩‍👧‍👦 🇵🇰",
    "line\u2028paragraph\u2029end",
    "\x7f\x85",
]
TIMES = [
    "2026-11-20T09:14:03",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-11-20T24:00:00Z",
    "2026-11-20T09:14:03+24:00",
    "2026-11-20T09:14:03+0100",
    "9999-12-31T23:59:00-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-11-20",
    "20261120T091403Z",
    "1700000000",
    "٢٠٢٦-١١-٢٠T٠٩:١٤:٠٣Z",
    "2026-11-20T09:14:03Z ",
    "",
]
SUBJECTS: list[tuple[dict[str, object], int, str]] = [
    ({"kind": "content", "url": "https://youtube.com/watch?v=dQw4w9WgXcQ"}, 422,
     "not_this_platform"),
    ({"kind": "content", "url": "https://x.com.evil.example/a/status/1"}, 422, "not_this_platform"),
    ({"kind": "content", "url": "https://evil.example/x.com/a/status/1"}, 422, "not_this_platform"),
    ({"kind": "account", "url": "https://x.com/a/status/1"}, 422, "subject_kind_mismatch"),
    ({"kind": "content", "url": "https://x.com/some_one"}, 422, "subject_kind_mismatch"),
    ({"kind": "content", "url": "no url"}, 422, "invalid_url"),
    ({"kind": "content", "url": "javascript:alert(1)"}, 422, "invalid_url"),
    ({"kind": "content", "url": "https://me:secret@x.com/a/status/1"}, 422, "invalid_url"),
    ({"kind": "content", "url": "https://x.com:8080/a/status/1"}, 422, "invalid_url"),
    ({"kind": "content", "url": "https://x.com/i/never/heard/of"}, 202, "opaque_subject"),
    ({"kind": "content", "url": "https://x.com/a/status/1_0"}, 202, "opaque_subject"),
    ({"kind": "content", "platform_id": "１２３"}, 202, "opaque_subject"),
    ({"kind": "content", "platform_id": "{uuid}"}, 202, "opaque_subject"),
]  # fmt: skip


@pytest.mark.parametrize("text", VERBATIM, ids=lambda text: ascii(text)[:30])
async def test_a_text_that_would_be_code_elsewhere_arrives_verbatim(
    edge: EdgeUnderTest, text: str
) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(), json=body(content={"text": text}, extra={text: text})
    )
    assert (answer.status_code, answer.json()["warnings"]) == (202, [])
    report = decode(Report, edge.sent[0].value)
    assert report.content is not None
    assert report.content.text == text
    assert report.extra == {text: text}


async def test_nul_is_refused_wherever_it_stands(edge: EdgeUnderTest) -> None:
    nul = "a\x00b"
    for place in ({"content": {"text": nul}}, {"extra": {nul: 1}}, {"external_id": nul}):
        answer = await edge.client.post("/v1/reports", headers=headers(), json=body(**place))
        assert (answer.status_code, answer.json()["code"]) == (422, "nul_character")
    assert edge.sent == []


@pytest.mark.parametrize("time", TIMES)
async def test_a_time_that_is_none_refuses_where_required_and_is_left_out_elsewhere(
    edge: EdgeUnderTest, time: str
) -> None:
    required = await edge.client.post("/v1/reports", headers=headers(), json=body(reported_at=time))
    assert required.status_code == 422
    assert codes(required.json(), "errors") == {"/reported_at": "malformed"}
    assert edge.sent == []
    optional = await edge.client.post(
        "/v1/reports", headers=headers(), json=body(content={"published_at": time})
    )
    assert codes(optional.json()) == {"/content/published_at": "malformed"}


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2026-11-20T09:14:60Z", "2026-11-20T09:14:59.999000+00:00"),
        ("2026-11-20t09:14:03z", "2026-11-20T09:14:03+00:00"),
        ("2026-11-20T09:14:03.1234567Z", "2026-11-20T09:14:03.123456+00:00"),
        ("2026-11-20T14:14:03+05:00", "2026-11-20T09:14:03+00:00"),
        ("1999-12-31T23:59:59Z", "1999-12-31T23:59:59+00:00"),
    ],
)
async def test_a_time_is_stored_in_utc_to_the_microsecond(
    edge: EdgeUnderTest, time: str, stored: str
) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body(reported_at=time))
    assert answer.status_code == 202
    assert decode(Report, edge.sent[0].value).reported_at.isoformat() == stored


@pytest.mark.parametrize(
    ("time", "status"), [("2026-11-20T10:04:59Z", 202), ("2026-11-20T10:05:01Z", 422)]
)
async def test_a_report_from_the_future_is_refused_but_for_five_minutes_of_another_clock(
    edge: EdgeUnderTest, time: str, status: int
) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body(reported_at=time))
    assert answer.status_code == status


@pytest.mark.parametrize(("subject", "status", "code"), SUBJECTS, ids=lambda value: str(value)[:60])
async def test_a_subject_is_this_platforms_and_of_its_kind_or_refused(
    edge: EdgeUnderTest, subject: dict[str, object], status: int, code: str
) -> None:
    answer = await edge.client.post("/v1/reports", headers=headers(), json=body(subject=subject))
    assert answer.status_code == status
    if status == 202:
        assert code in codes(answer.json()).values()
        assert answer.json()["subject_id"].startswith(("x:url:", "x:id:"))
    else:
        assert answer.json()["code"] == code
        assert edge.sent == []


@pytest.mark.parametrize("tag", ["und", "ur", "zh-Hant-TW", "UR"])
async def test_a_language_tag_is_taken_in_any_case(edge: EdgeUnderTest, tag: str) -> None:
    answer = await edge.client.post(
        "/v1/reports", headers=headers(), json=body(content={"language": tag})
    )
    assert answer.json()["warnings"] == []


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "external_id", "reported_at", "urgency", "reason", "reporter", "subject", "content",
        "author", "context", "evidence", "reach", "extra", "other",
    ]
)  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.dictionaries(fields, values, max_size=4))
async def test_whatever_a_field_holds_it_is_taken_or_refused_and_never_breaks_the_edge(
    edge: EdgeUnderTest, changes: dict[str, object]
) -> None:
    before = len(edge.sent)
    content = orjson.dumps({**body(), **changes})
    answer = await edge.client.post("/v1/reports", headers=headers(), content=content)
    assert answer.status_code in {202, 413, 422}
    assert len(edge.sent) - before == (answer.status_code == 202)
    if answer.status_code == 202:
        assert encode(decode(Report, edge.sent[-1].value)) == edge.sent[-1].value
