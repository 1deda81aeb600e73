"""No field of an event's data is certain: it may be missing, null, or of another type."""

import json
from typing import Any

import pytest
from cloudevents.core.v1.event import CloudEvent

from consumer.on_event import on_event

DATA: list[Any] = [
    None,
    "text",
    {},
    {"status": None, "attachments": None},
    {"status": "a future one", "attachments": 5},
    {"attachments": [{"content": None}, None]},
]


@pytest.mark.parametrize("kind", ["delivery_report", "reply", "opt_out", "webhook"])
@pytest.mark.parametrize("data", DATA, ids=json.dumps)
def test_no_event_fails_for_what_its_data_lacks(kind: str, data: object) -> None:
    on_event(CloudEvent({"id": "1", "source": "urn:messagemedia", "type": f"com.messagemedia.{kind}"}, data))
