"""The row that says which keys count, and the entries whose keys are of an earlier order.

An entry whose key in a column is of an earlier order than the column has minus infinity there, or
a key that does not count yet: keys of two orders never stand in one.
"""

from collections.abc import Mapping

import orjson
from sqlalchemy import Row, text

from services.review.cases.ordering import Column, Inputs, Order
from services.review.database.session import Session


async def load_order(session: Session) -> Order:
    """As it is at this moment."""
    return _order((await session.execute(text(_SELECT))).one())


async def hold_order(session: Session) -> Order:
    """As it stays until the transaction ends. To be called before entries and cases are locked."""
    return _order((await session.execute(text(f"{_SELECT} for share"))).one())


async def lock_order(session: Session) -> Order:
    """Waits for all who hold it: to be followed by `set_order`, in a transaction of little else."""
    return _order((await session.execute(text(f"{_SELECT} for update"))).one())


async def counting_column(session: Session) -> Column:
    return Column((await session.execute(_COUNTS)).scalar_one())


async def set_order(session: Session, order: Order) -> None:
    await session.execute(
        _SET,
        {
            "counts": int(order.counts),
            "number": order.number,
            "inputs": order.inputs and order.inputs.model_dump_json(),
            "next_number": order.next_number,
            "next_inputs": order.next_inputs and order.next_inputs.model_dump_json(),
        },
    )


async def count_behind(session: Session, column: Column, number: int) -> int:
    """Entries without a key of this order in the column."""
    found = await session.execute(_COUNT_BEHIND[column], {"number": number})
    return int(found.scalar_one())


async def has_behind(session: Session, column: Column, number: int) -> bool:
    found = await session.execute(_LIST_BEHIND[column], {"number": number, "most": 1})
    return found.first() is not None


async def lock_behind(
    session: Session, column: Column, number: int, *, most: int
) -> list[tuple[str, str]]:
    """(id, kind) of up to `most` of them, locked; passes over those that others work on."""
    found = await session.execute(_LIST_BEHIND[column], {"number": number, "most": most})
    rows = await session.execute(
        _LOCK_BEHIND[column], {"ids": [*found.scalars()], "number": number}
    )
    return [(row.entry_id, row.kind) for row in rows]


async def set_keys(
    session: Session, column: Column, number: int, keys: Mapping[str, float | None]
) -> None:
    """Keys of locked entries; None is the last place of all."""
    await session.execute(
        _SET_KEYS[column],
        {"ids": list(keys), "keys": list(keys.values()), "number": number},
    )


async def set_priorities(
    session: Session, stored: Mapping[str, Mapping[str, object]], *, counts: bool
) -> None:
    """Places of cases by id, in the order that counts or in the next one."""
    rows = [{"case_id": case_id, "priority": one} for case_id, one in stored.items()]
    statement = _SET_STANDING if counts else _SET_COMING
    await session.execute(statement, {"rows": orjson.dumps(rows).decode()})


def counting_priority(case: str) -> str:
    """SQL of the priority whose key counts; `case` is an alias of the table of cases."""
    return (
        f"case when cast({case}.next_priority ->> 'order' as bigint)"
        f" = (select number from queue_order) then {case}.next_priority else {case}.priority end"
    )


def _order(row: Row[tuple[object, ...]]) -> Order:
    return Order(
        counts=Column(row.counts),
        number=row.number,
        inputs=Inputs.model_validate(row.inputs) if row.inputs is not None else None,
        next_number=row.next_number,
        next_inputs=Inputs.model_validate(row.next_inputs) if row.next_inputs is not None else None,
    )


def entry_keys(stored: str) -> str:
    """SQL of the four columns of keys, from a priority that a case has: a key of another order
    than the one that counts waits at the end until it is made anew.
    """
    order = f"coalesce(cast({stored} ->> 'order' as bigint), 1)"
    key = (
        f"case when {order} = (select number from queue_order)"
        f" then cast({stored} ->> 'key' as float8) else '-infinity' end"
    )
    return f"{key}, {order}, {key}, {order}"


def list_behind(key: str) -> str:
    """SQL that lists entries whose key in a column is of an earlier order."""
    return (
        f"select entry_id from queue_entries where {key}_order < :number"
        f" order by {key}_order, entry_id limit :most"
    )


ENTRY_KEYS = "key, key_order, second_key, second_key_order"
_SELECT = "select counts, number, inputs, next_number, next_inputs from queue_order"
_COUNTS = text("select counts from queue_order")
_SET = text(
    "update queue_order set counts = :counts, number = :number,"
    " inputs = cast(cast(:inputs as text) as jsonb), next_number = :next_number,"
    " next_inputs = cast(cast(:next_inputs as text) as jsonb)"
)
_COUNT_BEHIND = {
    column: text(f"select count(*) from queue_entries where {column.key}_order < :number")
    for column in Column
}
_LIST_BEHIND = {column: text(list_behind(column.key)) for column in Column}
_LOCK_BEHIND = {
    column: text(
        "select entry_id, kind from queue_entries where entry_id = any(:ids)"
        f" and {column.key}_order < :number order by entry_id for update skip locked"
    )
    for column in Column
}
_SET_KEYS = {
    column: text(
        f"update queue_entries e set {column.key} = coalesce(n.key, '-infinity'),"
        f" {column.key}_order = :number"
        " from unnest(cast(:ids as text[]), cast(:keys as float8[])) as n (entry_id, key)"
        " where e.entry_id = n.entry_id"
    )
    for column in Column
}
_PRIORITIES = (
    "jsonb_to_recordset(cast(:rows as jsonb)) as n (case_id text, priority jsonb)"
    " where c.case_id = n.case_id"
)
_SET_STANDING = text(
    f"update cases c set priority = n.priority, next_priority = null from {_PRIORITIES}"
)
_SET_COMING = text(
    f"update cases c set priority = {counting_priority('c')}, next_priority = n.priority"
    f" from {_PRIORITIES}"
)
