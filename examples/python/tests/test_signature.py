"""Events that TypeScript verified are verified again, with only the message and the keyring."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from cloudevents.core.v1.event import CloudEvent
from conftest import ROOT, Samples

from consumer.attributes import parse_http_date
from consumer.queued_event import ReadEvent, SignedRequest, read_queued_event
from consumer.signature import VerificationKey, parse_keyring, reverify

STRANGER = "11111111-2222-3333-4444-555555555555"


def read(samples: Samples, **attributes: str) -> ReadEvent:
    message = samples.of("deliveryReport").message
    for name, value in attributes.items():
        message = message.replace(json.dumps(json.loads(message)[name]), json.dumps(value), 1)
    return read_queued_event(message, lambda _dataref: b"")


@pytest.fixture
def keys(samples: Samples) -> list[VerificationKey]:
    return parse_keyring(samples.keyring)


def test_every_form_is_verified_again(samples: Samples, keys: list[VerificationKey]) -> None:
    for sample in samples.events:
        for message in filter(None, [sample.message, sample.pointer]):
            event = read_queued_event(message, lambda _dataref, body=sample.body: body)
            assert reverify(event, keys) == "good", sample.form


def test_any_other_signed_part_is_refused(samples: Samples, keys: list[VerificationKey]) -> None:
    event = read(samples)
    for change in (
        {"request_line": "PUT /messagemedia HTTP/1.1"},
        {"date": "Wed, 18 Jul 2018 06:33:52 GMT"},
        {"body": event.signed.body + b" "},
    ):
        assert reverify(replace(event, signed=replace(event.signed, **change)), keys) == "bad"
    assert reverify(replace(event, signature=event.signature[:-1] + bytes([event.signature[-1] ^ 1])), keys) == "bad"
    assert reverify(replace(event, signature=b""), keys) == "bad"


def test_fetched_data_is_what_is_verified(samples: Samples, keys: list[VerificationKey]) -> None:
    pointer = str(samples.of("mmsReply").pointer)
    for body in (b"", b"{}", samples.of("deliveryReport").body):
        assert reverify(read_queued_event(pointer, lambda _dataref, body=body: body), keys) == "bad"


def test_the_named_key_alone_is_tried(samples: Samples, keys: list[VerificationKey]) -> None:
    [key] = keys
    other = replace(key, id=STRANGER)
    assert reverify(read(samples, mmkeyid=str(key.id).upper()), keys) == "good"
    assert reverify(read(samples), [other]) == "bad"
    assert reverify(read(samples, mmkeyid=STRANGER), keys) == "bad"
    assert reverify(read(samples), [replace(key, id=None)]) == "good"
    others = [replace(key, id=None), replace(key, id=STRANGER, digest="SHA512")]
    assert reverify(read(samples, mmkeyid=STRANGER), others) == "bad"
    assert reverify(read(samples), []) == "bad"


def test_known_answers_of_openssl_verify() -> None:
    vectors = vectors_in("signatures.json")
    assert {vector["digest"] for vector in vectors} == {"SHA224", "SHA256", "SHA512"}
    assert_good(vectors)


def test_known_answers_of_the_jdk_verify_on_days_of_one_digit_and_of_two() -> None:
    vectors = vectors_in("jdk.json")
    assert [len(vector["date"]) for vector in vectors] == [28] * 9 + [29] * 3
    assert_good(vectors)
    for vector in vectors:
        parsed = parse_http_date(vector["date"])
        assert parsed is not None
        assert parsed.timestamp() == vector["seconds"]


def vectors_in(name: str) -> list[dict[str, Any]]:
    return json.loads((ROOT / "test" / "vectors" / name).read_text())


def assert_good(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        body = base64.b64decode(vector["body_base64"])
        signed = SignedRequest(f"{vector['method']} {vector['target']} HTTP/1.1", vector["date"], body)
        attributes = {"id": "1", "source": "urn:messagemedia", "type": "t", "specversion": "1.0"}
        event = CloudEvent({**attributes, "mmdigest": vector["digest"]})
        signature = base64.b64decode(vector["signature"])
        keys = parse_keyring(vector["public_key"])
        assert reverify(ReadEvent(event, None, signed, signature), keys) == "good", vector["name"]
        changed = replace(signed, body=body + b"\n")
        assert reverify(ReadEvent(event, None, changed, signature), keys) == "bad", vector["name"]


def test_a_retired_key_is_good_for_what_was_signed_in_its_day(samples: Samples, keys: list[VerificationKey]) -> None:
    [key] = keys
    event = read(samples)
    signed_at = parsedate_to_datetime(event.signed.date)
    for seconds, verdict in ((1, "good"), (-300, "good"), (-301, "bad")):
        retired = replace(key, retired_at=signed_at + timedelta(seconds=seconds))
        assert reverify(event, [retired]) == verdict
