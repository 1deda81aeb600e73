"""Events from TypeScript are read byte for byte, and messages that are not events are refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from conftest import Samples

from consumer.attributes import QueuedEventError
from consumer.queued_event import read_queued_event

FORMS = 13


def never(dataref: str) -> bytes:
    raise AssertionError(f"there is nothing to fetch from {dataref}")


def test_every_form_gives_back_what_was_signed(samples: Samples) -> None:
    assert len(samples.events) == FORMS
    for sample in samples.events:
        assert read_queued_event(sample.message, never).signed.body == sample.body, sample.form


def test_an_event_reads_the_same_wherever_its_data_is(samples: Samples) -> None:
    pointers = [sample for sample in samples.events if sample.pointer is not None]
    assert len(pointers) == FORMS - 1
    for sample in pointers:
        inline = read_queued_event(sample.message, never)
        fetched = read_queued_event(str(sample.pointer), lambda _dataref, body=sample.body: body)
        assert fetched.signed == inline.signed
        if "data_base64" not in sample.message:
            assert fetched.event.get_data() == inline.event.get_data(), sample.form


def test_the_official_sdk_accepts_every_event(samples: Samples) -> None:
    for sample in samples.events:
        for message in filter(None, [sample.message, sample.pointer]):
            http = HTTPMessage({"content-type": "application/cloudevents+json"}, message.encode())
            for event in (JSONFormat().read(None, message), from_structured(http, JSONFormat())):
                assert event.get_specversion() == "1.0"
                assert event.get_type().startswith("com.messagemedia.")
                assert event.get_extension("mmrequestline").endswith(" HTTP/1.1")
                assert event.get_time() is not None


def test_data_is_what_the_body_says(samples: Samples) -> None:
    def data(form: str) -> object:
        return read_queued_event(samples.of(form).message, never).event.get_data()

    assert data("deliveryReport")["status"] == "delivered"
    assert data("smsReply")["content"].endswith("👍🏽 你好")
    assert data("JSON that is no object") == [1, None, "👍🏽"]
    assert data("JSON null") is None
    assert data("JSON that SQS refuses as text") == {"reply_id": "r-64", "content": "\uffff"}
    assert data("xml").startswith("<?xml")
    assert data("get") is None
    assert data("bytes that are no text") == b"\xff\x00"


@pytest.mark.parametrize(
    "message",
    ["hello", "[]", "null", "{}", "[" * 100_000, '{"specversion":"1.0","id":"1","source":"a","type":"b"}'],
)
def test_what_is_no_event_is_told_apart(message: str) -> None:
    with pytest.raises(QueuedEventError):
        read_queued_event(message, never)


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"time": "yesterday"},
        {"mmrequestline": "POST /messagemedia"},
        {"mmrequestline": "POST /a b HTTP/1.1"},
        {"mmrequestline": "POST /a\ufeff HTTP/1.1"},
        {"mmdate": "Wed, 18 Jul 2018 6:33:52 GMT"},
        {"mmsignature": "not base64!"},
        {"mmsignature": "QR=="},
        {"mmdigest": "MD5"},
        {"subject": {"nested": True}},
        {"mmkeyid": {"nested": True}},
        {"data_base64": "e30="},
        {"dataref": "s3://b/k"},
        {"datacontenttype": "text/plain"},
        {"extension": "behind the data"},
    ],
    ids=str,
)
def test_a_changed_event_is_told_apart(samples: Samples, change: dict[str, Any]) -> None:
    attributes = json.loads(samples.of("deliveryReport").message)
    data = attributes.pop("data")
    message = json.dumps({**attributes, "data": data, **change}, separators=(",", ":"))
    with pytest.raises(QueuedEventError):
        read_queued_event(message, never)


@pytest.mark.parametrize(
    "tail",
    [
        lambda data: f',"data":{data},"data":{{"forged":true}}}}',
        lambda _data: ',"data":1,"type":"com.messagemedia.opt_out"}',
        lambda data: f', "data":{data}}}',
        lambda data: f',"x":{{"y":1,"data":2}},"x":"","data":{data}}}',
    ],
)
def test_members_beside_the_signed_data_are_told_apart(samples: Samples, tail: Callable[[str], str]) -> None:
    head, marker, data = samples.of("deliveryReport").message.partition(',"data":')
    assert marker
    with pytest.raises(QueuedEventError):
        read_queued_event(head + tail(data[:-1]), never)


def test_an_error_quotes_nothing(samples: Samples) -> None:
    message = samples.of("deliveryReport").message.replace("2018-07-18T06:33:51.785Z", "secret")
    with pytest.raises(QueuedEventError) as caught:
        read_queued_event(message, never)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
