"""Events from TypeScript are read byte for byte. Messages that are not events are in test_hostile_messages.py."""

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


def test_an_error_quotes_nothing(samples: Samples) -> None:
    message = samples.of("deliveryReport").message.replace("2018-07-18T06:33:51.785Z", "secret")
    with pytest.raises(QueuedEventError) as caught:
        read_queued_event(message, never)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
