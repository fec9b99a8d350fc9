"""What becomes of a batch: each record is scored or a dead letter, none stops another."""

import pytest

from services.scoring import emitter
from services.scoring.classifiers.interface import Judgement, Label
from services.scoring.errors import Cause
from services.scoring.handler import Outcome, Reference, outcome_of
from services.scoring.poison import set_aside
from services.scoring.rules import UNKNOWN_VIOLATION
from services.scoring.service import MODEL_FAILED, NO_TEXT, Scorer
from services.scoring.text.watch_list import ListedName, WatchList
from shared.contracts.codec import decode, encode
from shared.contracts.fingerprint import Fingerprint
from shared.contracts.report import Report
from shared.contracts.scored_report import ScoredReport, Span
from shared.kafka.dead_letters import DeadLetters, RawRecord, find_first, first_headers
from tests.builders.reports import report
from tests.fakes.classifier import BAD_WORD, PRIOR, FakeClassifier, UnsoundClassifier
from tests.fakes.kafka import FakeSender

TRACE = ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
REFERENCE = Reference(
    WatchList([ListedName("list", "entry", "Falcon Front")]), {"watch-lists/list": 4}
)


def record(value: bytes | None, offset: int = 7) -> RawRecord:
    return RawRecord("reports", 1, offset, 1_795_000_000_123, b"key", value, (TRACE, ("x", b"y")))


def outcome(*values: bytes | Report | None) -> Outcome:
    records = [
        record(encode(value) if isinstance(value, Report) else value, offset)
        for offset, value in enumerate(values)
    ]
    return outcome_of(records, Scorer(FakeClassifier()), REFERENCE)


def scored(result: Outcome) -> list[ScoredReport]:
    return [
        decode(ScoredReport, sent.value)
        for sent in result.outgoing
        if sent.topic == "scored-reports"
    ]


def fingerprints(result: Outcome) -> list[Fingerprint]:
    return [
        decode(Fingerprint, sent.value) for sent in result.outgoing if sent.topic == "fingerprints"
    ]


def test_a_report_goes_on_whole_with_its_place_in_the_log_and_what_it_was_scored_with() -> None:
    made = report("one", "they praise the falcon front here", policy_id="hate")
    (result,) = scored(outcome(made))
    assert result.report == made
    assert result.source == record(None, 0).coordinates
    assert result.reference == {"watch-lists/list": 4}
    assert (result.scores.model.name, result.scores.violation) == ("fake", 0.8)
    (hit,) = result.scores.watch_list
    assert made.content is not None
    assert (made.content.text or "")[hit.start : hit.end] == "falcon front"


def test_a_report_that_was_put_back_keeps_its_age_and_tells_the_sink_where_it_first_lay() -> None:
    first = record(None, 3).coordinates
    made = report("one", "words enough for an exact key of their own")
    back = RawRecord("reports", 1, 90, 1, b"key", encode(made), (TRACE, *first_headers(first)))
    result = outcome_of([back], Scorer(FakeClassifier()), REFERENCE)
    assert scored(result)[0].source == first
    marks = {sent.topic: find_first(tuple(sent.headers)) for sent in result.outgoing}
    assert marks == {"scored-reports": first, "fingerprints": None}


def test_records_keep_their_keys_and_the_trace_and_nothing_else_of_the_headers() -> None:
    made = report("one", "words enough for an exact key of their own")
    result = outcome(made)
    (fingerprint,) = fingerprints(result)
    keys = {sent.topic: sent.key.decode() for sent in result.outgoing}
    assert keys == {
        "scored-reports": made.report_id,
        "fingerprints": fingerprint.fingerprints.exact,
    }
    assert all(sent.headers == (TRACE,) for sent in result.outgoing)


def test_the_same_record_gives_the_same_bytes() -> None:
    assert outcome(report("one")).outgoing == outcome(report("one")).outgoing


def test_a_text_too_short_to_compare_sends_no_fingerprint() -> None:
    result = outcome(report("one", "ok thanks"))
    assert len(scored(result)) == 1
    assert fingerprints(result) == []


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'{"schema_version": 2}', b"\xff\xfe"])
def test_an_unreadable_record_is_poison_and_its_neighbours_are_scored(value: bytes | None) -> None:
    result = outcome(report("before"), value, report("after"))
    assert [item.report.external_id for item in scored(result)] == ["before", "after"]
    (bad,) = result.poison
    assert (bad.cause, bad.record.offset) == (Cause.UNDECODABLE, 1)


def test_what_no_topic_takes_is_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emitter, "LARGEST_VALUE", 2000)
    result = outcome(report("large", "word " * 500), report("small"))
    assert [bad.cause for bad in result.poison] == [Cause.TOO_LARGE]
    assert [item.report.external_id for item in scored(result)] == ["small"]


def test_a_text_that_many_report_is_read_once_and_weighed_under_the_policy_of_each() -> None:
    classifier = FakeClassifier()
    policies = ["hate", "violence", "hate"]
    records = [
        record(encode(report(f"{number}", "the same words", policy_id=policy)), number)
        for number, policy in enumerate(policies)
    ]
    results = scored(outcome_of(records, Scorer(classifier), REFERENCE))
    assert classifier.judged == ["the same words"]
    assert [item.report.external_id for item in results] == ["0", "1", "2"]
    assert [item.scores.violation for item in results] == [0.8, UNKNOWN_VIOLATION, 0.8]


def test_a_model_that_fails_on_one_text_leaves_that_report_unscored_alone() -> None:
    results = scored(outcome(report("good"), report("bad", f"an {BAD_WORD} text"), report("fine")))
    assert [item.scores.unscored for item in results] == [None, MODEL_FAILED, None]
    assert results[1].scores.violation == UNKNOWN_VIOLATION
    assert results[1].scores.labels == {str(label): p for label, p in PRIOR.labels.items()}


@pytest.mark.parametrize(
    "given",
    [
        Judgement({Label.TOXIC: float("nan"), Label.HATE: 0.1}),
        Judgement({Label.TOXIC: float("inf"), Label.HATE: 0.1}),
        Judgement({Label.TOXIC: -0.1, Label.HATE: 0.1}),
        Judgement({Label.TOXIC: 1.1, Label.HATE: 0.1}),
        Judgement({Label.TOXIC: 0.1}),
        Judgement(PRIOR.labels, (Span(start=0, end=500, label="hate", score=0.5),)),
        Judgement(PRIOR.labels, (Span(start=2, end=2, label="hate", score=0.5),)),
        None,
    ],
    ids=["nan", "infinite", "below 0", "above 1", "a label too few", "span beyond", "no span",
         "a judgement too few"],
)  # fmt: skip
def test_what_is_no_judgement_leaves_that_report_unscored_alone(given: Judgement | None) -> None:
    records = [
        record(encode(report(name, text)), offset)
        for offset, (name, text) in enumerate([("good", "a text"), ("bad", f"an {BAD_WORD} text")])
    ]
    results = scored(outcome_of(records, Scorer(UnsoundClassifier(given)), REFERENCE))
    assert [item.scores.unscored for item in results] == [None, MODEL_FAILED]
    assert results[1].scores.violation == UNKNOWN_VIOLATION


def test_a_report_without_text_is_not_taken_for_harmless() -> None:
    (result,) = scored(outcome(report("picture", None, policy_id="terrorism")))
    assert (result.scores.unscored, result.scores.violation) == (NO_TEXT, UNKNOWN_VIOLATION)
    assert (result.scores.language, result.scores.script) == ("und", "Zyyy")


async def test_poison_waits_for_a_broker_that_is_away() -> None:
    sender = FakeSender(failures=2)
    await set_aside(DeadLetters(sender), outcome(b"{").poison)
    assert [sent.topic for sent in sender.sent] == ["reports.dead-letter"]
