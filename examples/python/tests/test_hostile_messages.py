"""Hostile messages are read as the library in TypeScript reads them, which is tested with the same lines."""

import base64
import json
from typing import Any

import pytest
from conftest import ROOT

from consumer.attributes import QueuedEventError
from consumer.queued_event import idempotency_key, read_queued_event
from consumer.signature import VerificationKey, parse_keyring, reverify


def expand(value: dict[str, Any]) -> Any:  # noqa: ANN401
    """Write out what is long by repetition: see test/vectors/README.md."""
    if "$text" not in value:
        return value
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in value["$text"])


LINES = (ROOT / "test" / "vectors" / "hostile-messages.jsonl").read_text().splitlines()
MESSAGES = [json.loads(line, object_hook=expand) for line in LINES]


def keys_of(keyring: Any) -> list[VerificationKey]:  # noqa: ANN401
    try:
        return parse_keyring(keyring if isinstance(keyring, str) else json.dumps(keyring))
    except ValueError:
        return []


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["name"])
def test_a_hostile_message(case: dict[str, Any]) -> None:
    verdict = case.get("python", case["verdict"])
    try:
        event = read_queued_event(case["message"], lambda _dataref: base64.b64decode(case["stored"]))
    except QueuedEventError as error:
        assert error.code == verdict
        return
    assert reverify(event, keys_of(case["keyring"])) == verdict
    if "event" in case:
        key, payload = case["event"]
        assert idempotency_key(event.event) == key
        assert event.payload in (payload, None)


def test_where_it_differs_it_refuses() -> None:
    assert [case["name"] for case in MESSAGES if case.get("python") == "good"] == []
