"""Every row of a file comes out once, as it is or as what is wrong with it."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.replay.errors import WrongUse
from services.replay.reading import (
    LONGEST_LINE,
    Line,
    digest_of,
    json_lines,
    opened,
    table_rows,
)
from services.replay.rules import Unsendable

Make = Callable[[int, str], bytes | Unsendable]


def as_json(row: int, text: str) -> bytes:
    return json.dumps([row, text]).encode()


def rows_of(data: bytes, column: str = "text", separator: str = ",") -> list[Line]:
    file = io.BytesIO(data)
    return list(table_rows(file, name="f", column=column, separator=separator, make=as_json))


def made(lines: list[Line]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for line in lines:
        assert isinstance(line.body, bytes), line
        row, text = json.loads(line.body)
        found.append((row, text))
    return found


def codes(lines: list[Line]) -> list[tuple[int, str]]:
    return [(line.number, line.body.code) for line in lines if isinstance(line.body, Unsendable)]


CELLS = st.text(max_size=40)  # all that UTF-8 can hold, quotes and line ends too


@given(st.lists(st.tuples(CELLS, CELLS)), st.sampled_from([",", "\t"]))
def test_each_row_of_a_table_is_given_once_with_its_text(
    rows: list[tuple[str, str]], separator: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(("id", "text"))
    writer.writerows(rows)
    found = made(rows_of(file.getvalue().encode(), separator=separator))
    assert found == [(number, text) for number, (_, text) in enumerate(rows, start=1)]


def test_a_row_is_named_by_the_line_it_begins_on() -> None:
    lines = rows_of(b'text\n"two\nlines"\nshort\n')
    assert [(line.number, line.read_to) for line in lines] == [(2, 17), (4, 23)]


def test_one_bad_row_spoils_no_other() -> None:
    lines = rows_of(b"id,text\n1,good\n2\n3,\xff\n\n4,fine\n")
    assert codes(lines) == [(3, "no_such_cell")]
    good = [line for line in lines if isinstance(line.body, bytes)]
    assert [text for _, text in made(good)] == ["good", "\udcff", "fine"]


def test_a_quote_that_never_ends_does_not_fill_the_memory() -> None:
    endless = b'text\n"begun\n' + b"and on\n" * (2 * LONGEST_LINE // 7) + b"last\n"
    lines = rows_of(endless)
    assert codes(lines) == [(2, "not_csv")]
    assert made(lines[-1:])[0][1] == "last"


def test_a_line_without_end_is_given_up_by_name() -> None:
    lines = rows_of(b"text\nfirst\n" + b"a" * (LONGEST_LINE + 10) + b"\nlast\n")
    assert made(lines[:1]) == [(1, "first")]
    assert codes(lines) == [(3, "not_csv")]


@pytest.mark.parametrize(
    "data", [b"", b"id\n1\n", b"text,text\n1,2\n", b"\xff\xfet\x00", b"PK\x03\x04"]
)
def test_a_file_that_is_no_such_table_is_wrong_use(data: bytes) -> None:
    with pytest.raises(WrongUse):
        rows_of(data)


def test_a_missing_column_is_told_together_with_those_that_are_there() -> None:
    with pytest.raises(WrongUse, match="no column tweet; it has: id, text"):
        rows_of(b"\xef\xbb\xbfid,text\n", column="tweet")


def test_json_lines_are_given_as_they_are_and_blank_ones_are_passed_over() -> None:
    lines = list(json_lines(io.BytesIO(b'\xef\xbb\xbf{"a": 1}\r\n\n \n\xff not json')))
    assert [(line.number, line.body) for line in lines] == [(1, b'{"a": 1}'), (4, b"\xff not json")]


def test_a_json_line_that_is_too_long_is_named_and_passed_over() -> None:
    lines = list(json_lines(io.BytesIO(b"a" * (3 * LONGEST_LINE) + b"\n{}\n")))
    assert codes(lines) == [(1, "too_large")]
    assert [(line.number, line.body) for line in lines[1:]] == [(2, b"{}")]


def test_the_digest_is_that_of_the_bytes_and_leaves_the_file_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with opened(str(path), twice=True) as file:
        assert digest_of(file).startswith("ba7816bf")
        assert file.read() == b"abc"


@pytest.mark.parametrize("name", ["not-there.csv", "."])
def test_a_file_that_cannot_be_opened_is_wrong_use_naming_it(name: str) -> None:
    with pytest.raises(WrongUse, match=f"^{name}: "), opened(name, twice=False):
        pass
