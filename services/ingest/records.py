"""Records of the log as plain values: the fields of a report by the names of its contract."""

import orjson

Fields = dict[str, object]


def encoded(report: Fields) -> bytes:
    """The record of a report. What is null counts as absent, but in `extra`, which is the client's.

    The contract is not asked once more: each part was validated when it was read, and the tests
    hold the names to it.
    """
    data = orjson.dumps(report, option=orjson.OPT_UTC_Z)
    if b":null" not in data:
        return data
    given = {
        name: part if name == "extra" else _given(part)
        for name, part in report.items()
        if part is not None
    }
    return orjson.dumps(given, option=orjson.OPT_UTC_Z)


def _given(part: object) -> object:
    if isinstance(part, dict):
        return {name: _given(value) for name, value in part.items() if value is not None}
    if isinstance(part, (list, tuple)):
        return [_given(value) for value in part]
    return part
