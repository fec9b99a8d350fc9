"""How a dead letter is named, and which letter stands for a record."""

import pytest

from services.review.dead_letters.rules import (
    Place,
    dead_letter,
    find_place,
    find_topic,
    newest,
)
from shared.kafka.dead_letters import Header, RawRecord, first_headers


def test_an_id_names_the_place_that_it_was_made_of() -> None:
    place = Place("reports.dead-letter", 2, 17)
    assert find_place(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "reports.dead-letter",
        "reports.dead-letter/1",
        "reports.dead-letter/1/",
        "reports.dead-letter/1/-2",
        "reports.dead-letter/1/2/3",
        "reports.dead-letter/١/٢",
        "reports.dead-letter/1/" + "9" * 40,
        "reports/1/2",
        "decisions.dead-letter/1/2",
    ],
)
def test_what_is_no_id_is_none(text: str) -> None:
    assert find_place(text) is None


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("reports", "reports.dead-letter"),
        ("reports.dead-letter", "reports.dead-letter"),
        ("decisions", None),
        ("nothing", None),
    ],
)
def test_a_topic_is_meant_by_either_name(name: str, topic: str | None) -> None:
    assert find_topic(name) == topic


def letter(offset: int, origin: int, first: int | None = None) -> RawRecord:
    facts = {
        Header.CAUSE: "undecodable",
        Header.ERROR: "Undecodable",
        Header.STACK: "abc",
        Header.TOPIC: "reports",
        Header.PARTITION: "0",
        Header.OFFSET: str(origin),
        Header.TIMESTAMP: "1795000000000",
    }
    headers = tuple((name.value, value.encode()) for name, value in facts.items())
    if first is not None:
        headers += first_headers(RawRecord("reports", 0, first, 1, None, None).coordinates)
    return RawRecord("reports.dead-letter", 0, offset, 1, b"k", b"{", headers)


def test_letters_of_one_record_are_known_by_where_it_first_lay_and_the_newest_stands() -> None:
    letters = [dead_letter(one) for one in (letter(0, 5), letter(1, 6), letter(2, 9, first=5))]
    assert [one.first for one in letters] == [
        ("reports", 0, 5),
        ("reports", 0, 6),
        ("reports", 0, 5),
    ]
    assert {one.offset for one in newest(letters)} == {1, 2}
