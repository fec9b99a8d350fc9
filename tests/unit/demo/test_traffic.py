"""Demo traffic fills a desk with what the edge takes, and a seed gives it again."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import islice

import pytest

from deploy.local.demo import scenes
from deploy.local.demo.phrasebook import load_phrasebooks
from deploy.local.demo.subjects import PLATFORMS
from deploy.local.demo.traffic import FirstWave, Trickle, first_wave
from deploy.local.demo.writer import LANGUAGES, Sending
from services.scoring.duplicates.fingerprints import shown_text
from services.scoring.text.normalise import letters_only
from shared.contracts.report import Report, ReporterKind, SubjectKind, Urgency
from tests.unit.demo.accepting import NOW, QUEUES, all_read

BOOKS = load_phrasebooks()


@pytest.fixture(scope="module")
def wave() -> FirstWave:
    return first_wave(BOOKS, seed=1, now=NOW)


@pytest.fixture(scope="module")
def sendings(wave: FirstWave) -> list[Sending]:
    return [*wave.at_once, *wave.later]


@pytest.fixture(scope="module")
def reports(sendings: list[Sending]) -> list[Report]:
    return [accepted.report for accepted in all_read(sendings)]


def trickle(label: str, beats: int) -> list[Sending]:
    began = NOW - timedelta(hours=1)
    endless = Trickle(BOOKS, seed=1, label=label, now=began)
    return [endless.next(began + timedelta(seconds=3 * number)).sending for number in range(beats)]


def test_the_edge_takes_every_report_and_warns_of_the_careless_ones_alone(
    sendings: list[Sending],
) -> None:
    accepted = list(all_read([*sendings, *trickle("t1", 600)]))
    assert len(accepted) > 1000
    warned = [one for one in accepted if one.warnings]
    careless = {"unknown_policy", "malformed", "unknown_value", "out_of_range", "wrong_type"}
    careless |= {"not_registered", "unknown_field"}
    assert 6 <= len(warned) < len(accepted) / 10
    codes = {warning.code for one in warned for warning in one.warnings}
    assert codes <= careless | {"opaque_subject"}
    opaque = [one for one in warned if "opaque_subject" in one.report.warnings]
    # an invitation tells nothing of the group behind it; everything else has a name
    assert {one.report.subject.kind for one in opaque} == {SubjectKind.GROUP}
    assert len(codes & careless) >= 3


def test_the_first_wave_is_of_a_size_that_a_desk_takes_in_at_once(reports: list[Report]) -> None:
    assert 500 <= len(reports) <= 650


def test_each_queue_gets_cases_on_all_platforms_and_in_several_languages(
    reports: list[Report],
) -> None:
    cases: dict[str, set[str]] = defaultdict(set)
    languages: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        queue = QUEUES[report.reason.policy_id or "other"]
        cases[queue].add(report.subject.subject_id)
        languages[queue].add(str(report.content and report.content.language))
    assert set(cases) == set(QUEUES.values())
    assert all(len(subjects) >= 15 for subjects in cases.values()), cases
    assert all(len(spoken) >= 4 for spoken in languages.values()), languages
    assert {report.platform for report in reports} == set(PLATFORMS)
    assert {str(report.content and report.content.language) for report in reports} == set(LANGUAGES)


def test_every_policy_and_every_kind_of_reporter_subject_and_content_is_there(
    reports: list[Report],
) -> None:
    assert {report.reason.policy_id for report in reports} >= set(QUEUES)
    assert {report.reporter.kind for report in reports} == set(ReporterKind)
    assert {report.subject.kind for report in reports} == set(SubjectKind)
    assert {report.urgency for report in reports} == set(Urgency)
    kinds = {report.content.kind for report in reports if report.content}
    assert kinds >= {"post", "comment", "message", "video", "image", "audio", "profile", "channel"}
    assert any(report.context and report.context.thread for report in reports)
    assert any(report.evidence for report in reports)


def test_the_same_seed_gives_the_same_reports_whatever_the_time(wave: FirstWave) -> None:
    again = first_wave(BOOKS, seed=1, now=NOW - timedelta(days=3))

    def identities(one: FirstWave) -> list[tuple[str, str]]:
        accepted = all_read([*one.at_once, *one.later])
        return [(read.report.report_id, read.report.body_hash) for read in accepted]

    assert identities(again) == identities(wave)
    assert identities(first_wave(BOOKS, seed=2, now=NOW)) != identities(wave)


def test_the_trickle_of_another_run_has_ids_of_its_own_and_of_the_same_run_the_same() -> None:
    def ids(label: str) -> list[object]:
        return [body["external_id"] for one in trickle(label, 300) for body in one.bodies]

    assert ids("t1") == ids("t1")
    assert not set(ids("t1")) & set(ids("t2"))
    assert all(count == 1 for count in Counter(ids("t1")).values())


def test_only_what_is_meant_to_be_the_same_has_the_same_text(reports: list[Report]) -> None:
    """Told apart as the scorer tells them apart, each subject counted once."""
    texts = {
        report.subject.subject_id: letters_only(shown_text(report.content))
        for report in reports
        if report.content and shown_text(report.content)
    }
    repeated = {text: count for text, count in Counter(texts.values()).items() if count > 1}
    copied, mirrored = 6, 3
    chain_letter_on_two_messengers = 1
    assert len(repeated) <= copied + mirrored + chain_letter_on_two_messengers
    assert max(repeated.values()) >= 7
    assert len(set(texts.values())) > 300


def test_a_list_of_an_authority_is_one_bulk_call_of_fifteen(wave: FirstWave) -> None:
    (many,) = [sending for sending in wave.at_once if len(sending.bodies) > 1]
    read = [accepted.report for accepted in all_read([many])]
    assert len({report.subject.subject_id for report in read}) == scenes.LISTED
    assert {report.reporter.kind for report in read} == {ReporterKind.AUTHORITY}
    assert {report.subject.kind for report in read} == {SubjectKind.CONTENT, SubjectKind.ACCOUNT}


def test_a_viral_post_has_many_reporters_and_a_brigade_few(reports: list[Report]) -> None:
    by_subject: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        by_subject[report.subject.subject_id].append(report)
    crowds = sorted(by_subject.values(), key=len)[-2:]
    heads = [len({report.reporter.id for report in crowd}) for crowd in crowds]
    assert [len(crowd) for crowd in crowds] == [scenes.BRIGADE_REPORTS, scenes.VIRAL_REPORTS]
    assert heads[0] <= 4
    assert heads[1] == scenes.VIRAL_REPORTS


def test_one_post_is_edited_later_and_one_id_has_two_bodies(wave: FirstWave) -> None:
    first = {one.report.report_id: one.report for one in all_read([*wave.at_once])}
    edited, second = (one.report for one in all_read([*wave.later]))
    before = [one for one in first.values() if one.subject == edited.subject]
    assert [one.content for one in before] != [edited.content]
    assert len(before) == 1
    assert first[second.report_id].body_hash != second.body_hash


def test_nothing_leads_to_a_real_place(reports: list[Report]) -> None:
    """Links are on reserved names, no medium has an address, and telephone numbers are gone."""
    for report in reports:
        links = [*report.evidence, *(report.content.links if report.content else ())]
        assert all(link.split("/")[2].endswith(".example") for link in links)
        assert all(media.url is None for media in (report.content.media if report.content else ()))
        text = (report.content.text if report.content else None) or ""
        assert "[phone]" not in text


def test_reports_on_the_safety_of_children_have_no_text_of_the_content(
    reports: list[Report],
) -> None:
    described = [
        shown_text(report.content)
        for report in reports
        if report.reason.policy_id == "child_safety"
        and report.subject.kind is SubjectKind.CONTENT
        and report.content
    ]
    assert described
    assert set(described) == {""}


def test_the_trickle_pauses_two_to_four_seconds_but_within_a_burst() -> None:
    endless = Trickle(BOOKS, seed=1, label="t1", now=NOW)
    pauses = [beat.pause_seconds for beat in islice(iter(lambda: endless.next(NOW), None), 500)]
    steady = [pause for pause in pauses if pause >= 2]
    assert max(pauses) <= 4
    assert 0 < len(pauses) - len(steady) < len(pauses) / 2
