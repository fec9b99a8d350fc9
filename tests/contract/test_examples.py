"""Every example ever committed still decodes, and means what it meant.

A change that breaks an example is a new version of the contract, with examples of its own; the
files here are never edited.
"""

import json
import re
from pathlib import Path

import pytest

from services.ingest.records import encoded
from shared.contracts.codec import Undecodable, decode, decode_event, encode
from shared.contracts.decision import AppealEvent, DecisionEvent, QuarantineEvent
from shared.contracts.message import Message
from shared.contracts.topics import TOPICS

EXAMPLES = Path(__file__).parent / "examples"
EVENTS: tuple[type[Message], ...] = (DecisionEvent, AppealEvent, QuarantineEvent)


def folder_of(contract: type[Message]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", contract.__name__).lower()


CONTRACTS = {folder_of(contract): contract for topic in TOPICS for contract in topic.contracts}
FILES = sorted(EXAMPLES.glob("*/*.json"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("folder", sorted(CONTRACTS))
def test_every_contract_of_the_registry_has_an_example(folder: str) -> None:
    assert list((EXAMPLES / folder).glob("v1-*.json"))


def test_every_example_belongs_to_a_contract() -> None:
    assert {path.parent.name for path in FILES} <= CONTRACTS.keys()


@pytest.mark.parametrize("path", FILES, ids=named)
def test_an_example_decodes_to_all_that_it_says(path: Path) -> None:
    """A field that was renamed would be passed over in silence: so nothing may be lost."""
    data = path.read_bytes()
    message = decode(CONTRACTS[path.parent.name], data)
    lost = missing(json.loads(data), json.loads(encode(message)))
    assert lost == []


@pytest.mark.parametrize("path", FILES, ids=named)
def test_an_example_survives_the_way_through_a_topic(path: Path) -> None:
    contract = CONTRACTS[path.parent.name]
    message = decode(contract, path.read_bytes())
    assert decode(contract, encode(message)) == message


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("report/*.json")), ids=named)
def test_a_report_is_encoded_from_its_fields_as_from_its_contract(path: Path) -> None:
    message = decode(CONTRACTS["report"], path.read_bytes())
    assert encoded(message.model_dump()) == encode(message)


@pytest.mark.parametrize("contract", EVENTS, ids=folder_of)
def test_a_subscriber_tells_events_apart_by_their_type(contract: type[Message]) -> None:
    for path in (EXAMPLES / folder_of(contract)).glob("*.json"):
        assert isinstance(decode_event(path.read_bytes()), contract)


@pytest.mark.parametrize("folder", sorted(CONTRACTS))
def test_another_version_of_a_contract_is_refused(folder: str) -> None:
    example = next((EXAMPLES / folder).glob("v1-*.json"))
    other = json.loads(example.read_bytes()) | {"schema_version": 2}
    with pytest.raises(Undecodable, match="schema_version"):
        decode(CONTRACTS[folder], json.dumps(other).encode())


def test_what_a_newer_writer_adds_is_passed_over() -> None:
    example = EXAMPLES / "report" / "v1-required-only.json"
    newer = json.loads(example.read_bytes()) | {"added_later": {"x": 1}}
    contract = CONTRACTS["report"]
    assert decode(contract, json.dumps(newer).encode()) == decode(contract, example.read_bytes())


def test_a_lost_field_is_named() -> None:
    assert missing({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {}]}}) == ["/a/b/1/c"]


def missing(said: object, kept: object, place: str = "") -> list[str]:
    """Places of the example that the message does not give back as they were."""
    if isinstance(said, dict) and isinstance(kept, dict):
        return [
            lost
            for key, value in said.items()
            for lost in missing(value, kept.get(key), f"{place}/{key}")
        ]
    if isinstance(said, list) and isinstance(kept, list) and len(said) == len(kept):
        pairs = zip(said, kept, strict=True)
        return [
            lost
            for number, (one, other) in enumerate(pairs)
            for lost in missing(one, other, f"{place}/{number}")
        ]
    return [] if said == kept else [place]
