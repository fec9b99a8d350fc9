"""Lines of a file, one after another: the file is never in memory as a whole."""

import contextlib
import csv
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from services.replay.errors import WrongUse
from services.replay.rules import Unsendable

LONGEST_LINE = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_FOREIGN = {
    b"\xff\xfe": "is UTF-16; make it UTF-8 first",
    b"\xfe\xff": "is UTF-16; make it UTF-8 first",
    b"\x1f\x8b": "is compressed; unpack it first",
    b"PK\x03\x04": "is a ZIP or a spreadsheet; unpack it or save it as CSV first",
}


@dataclass(frozen=True)
class Line:
    """A report ready to be sent, or why it cannot be. `number` is its first line in the file,
    counted from 1; `read_to` is how many bytes of the file are behind it.
    """

    number: int
    body: bytes | Unsendable
    read_to: int


MakeReport = Callable[[int, str], bytes | Unsendable]


@contextlib.contextmanager
def opened(name: str, *, twice: bool) -> Iterator[BinaryIO]:
    """The file, or standard input for `-`. What must be read `twice` is put on disk first where
    it cannot be. Raises WrongUse.
    """
    try:
        with contextlib.ExitStack() as stack:
            if name != "-":
                file: BinaryIO = stack.enter_context(Path(name).open("rb"))
            elif twice:
                file = stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(sys.stdin.buffer, file)
                file.seek(0)
            else:
                file = sys.stdin.buffer
            yield file
    except OSError as error:
        if error.filename != name:
            raise
        raise WrongUse(f"{name}: {error.strerror}") from error


def size_of(file: BinaryIO) -> int | None:
    """Bytes of it, None where nobody knows."""
    if not file.seekable():
        return None
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


def digest_of(file: BinaryIO) -> str:
    """SHA-256 of the whole file, which is left at its beginning."""
    digest = hashlib.sha256()
    for chunk in iter(partial(file.read, LONGEST_LINE), b""):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def json_lines(file: BinaryIO) -> Iterator[Line]:
    """Lines as they are: what is in them is the edge's to judge. Empty ones are passed over."""
    for number, data, read_to in _lines(file):
        body = data.strip(b" \t\r\n")
        if len(data) > LONGEST_LINE:
            reason = f"the line is longer than {LONGEST_LINE} bytes"
            yield Line(number, Unsendable("too_large", reason), read_to)
        elif body:
            yield Line(number, body, read_to)


def table_rows(
    file: BinaryIO, *, name: str, column: str, separator: str, make: MakeReport
) -> Iterator[Line]:
    """Rows below a line of titles, each made into a report. Raises WrongUse before the first where
    the column is not there.
    """
    table = _Table(file)
    rows = csv.reader(table.lines(), delimiter=separator)
    csv.field_size_limit(LONGEST_LINE)
    try:
        titles = next(rows, [])
    except (csv.Error, _TooLong) as error:
        raise WrongUse(f"{name}: line 1 holds no titles of columns: {error}") from error
    place = _place(titles, column, name)
    row = 0
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            row += 1
            yield Line(number, Unsendable("not_csv", str(error)), table.read_to)
            continue
        except _TooLong as error:
            yield Line(number, Unsendable("not_csv", f"{error}; reading ends here"), table.read_to)
            return
        if not cells:
            continue
        row += 1
        if len(cells) <= place:
            reason = f"the row ends before the column {column}"
            yield Line(number, Unsendable("no_such_cell", reason), table.read_to)
        else:
            yield Line(number, make(row, cells[place]), table.read_to)


def first_line(file: BinaryIO) -> str:
    """For a look at the titles; the file is left at its beginning."""
    data = file.readline(LONGEST_LINE)
    file.seek(0)
    return data.removeprefix(_BOM).decode("utf-8", "replace").rstrip("\r\n")


class _TooLong(Exception):
    pass


class _Table:
    """Text lines for the reader of tables. A byte that is not UTF-8 becomes a lone surrogate, so
    that one bad row spoils no other.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read_to = 0

    def lines(self) -> Iterator[str]:
        for number, data, read_to in _lines(self._file):
            self.read_to = read_to
            if len(data) > LONGEST_LINE:
                raise _TooLong(f"line {number} is longer than {LONGEST_LINE} bytes")
            yield data.decode("utf-8", "surrogateescape")


def _place(titles: list[str], column: str, name: str) -> int:
    if titles.count(column) == 1:
        return titles.index(column)
    if column in titles:
        raise WrongUse(f"{name} has more than one column {column}")
    shown = ", ".join(title or "(no title)" for title in titles[:20])
    raise WrongUse(f"{name} has no column {column}; it has: {shown or 'nothing at all'}")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """Number, bytes and end of each line. Of one that is too long only the beginning is given,
    one byte longer than allowed. Raises WrongUse for a file that is no UTF-8 text at all.
    """
    number = read_to = 0
    while data := file.readline(LONGEST_LINE + 1):
        number += 1
        read_to += len(data)
        if number == 1:
            _check_kind(data)
            data = data.removeprefix(_BOM)
        if len(data) > LONGEST_LINE and not data.endswith(b"\n"):
            rest = data
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(LONGEST_LINE)
                read_to += len(rest)
        yield number, data, read_to


def _check_kind(data: bytes) -> None:
    for sign, reason in _FOREIGN.items():
        if data.startswith(sign):
            raise WrongUse(f"the file {reason}")
