"""Who appeals in the demo: some owners, a few reporters, nobody for reports of other people."""

from pydantic import JsonValue

from deploy.local.demo.appeals import Appeal, appeal_against, told
from deploy.local.demo.phrasebook import load_phrasebooks
from services.ingest.forms import APPEAL
from services.ingest.leniency import read_form

BOOKS = load_phrasebooks()


def event(
    number: int, *, finding: str = "violation", external_id: str = "demo.ur.w1.00001"
) -> dict[str, JsonValue]:
    return {
        "type": "decision.made",
        "data": {
            "decision_id": f"dec_{number}",
            "finding": finding,
            "reports": [{"report_id": "rep_1", "external_id": external_id}],
        },
    }


def appeals(**changes: str) -> list[Appeal]:
    decisions = [told(event(number, **changes)) for number in range(400)]
    found = [decision and appeal_against(decision, BOOKS, seed=1) for decision in decisions]
    return [appeal for appeal in found if appeal]


def test_about_a_third_of_the_owners_appeal_in_the_language_of_the_report() -> None:
    made = appeals()
    assert 100 < len(made) < 180
    assert all(appeal.body["text"] in BOOKS["ur"].appeals.owner for appeal in made)
    assert made == appeals()


def test_reporters_appeal_against_a_finding_of_nothing_and_name_their_report() -> None:
    made = appeals(finding="no_violation")
    assert 0 < len(made) < 100
    assert all(appeal.body["report_id"] == "rep_1" for appeal in made)


def test_nobody_appeals_for_reports_that_are_not_of_the_demo() -> None:
    assert appeals(external_id="try-1") == []
    assert appeals(external_id="a.b.c.d") == []


def test_the_edge_reads_every_appeal_without_a_warning() -> None:
    for appeal in [*appeals(), *appeals(finding="no_violation")]:
        assert read_form(APPEAL, appeal.body).warnings == ()


def test_an_event_that_is_no_decision_is_passed_over() -> None:
    assert told({"type": "report.quarantined", "data": {"report_id": "rep_1"}}) is None
    assert told({"type": "appeal.decided", "data": {"appeal_id": "app_1"}}) is None
