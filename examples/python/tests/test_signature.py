"""What TypeScript verified is verified again, from the message and the keyring alone."""

import base64
import json
from dataclasses import replace

import pytest
from cloudevents.core.v1.event import CloudEvent
from conftest import ROOT, Samples

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
            assert reverify(event, keys), sample.form


def test_every_form_of_keyring_is_read(samples: Samples) -> None:
    [answer] = json.loads(samples.keyring)["keys"]
    bare = answer["public_key"]
    pem = f"-----BEGIN PUBLIC KEY-----\n{bare}\n-----END PUBLIC KEY-----\n"
    hyphenated = json.dumps({**answer, "digest": "sha-256"})
    for secret in (samples.keyring, json.dumps(answer), hyphenated, bare, pem):
        assert reverify(read(samples), parse_keyring(secret))


def test_any_other_signed_part_is_refused(samples: Samples, keys: list[VerificationKey]) -> None:
    event = read(samples)
    for change in (
        {"request_line": "PUT /messagemedia HTTP/1.1"},
        {"date": "Wed, 18 Jul 2018 06:33:52 GMT"},
        {"body": event.signed.body + b" "},
    ):
        assert not reverify(replace(event, signed=replace(event.signed, **change)), keys)
    assert not reverify(replace(event, signature=event.signature[:-1] + b"\0"), keys)
    assert not reverify(replace(event, signature=b""), keys)


def test_fetched_data_is_what_is_verified(samples: Samples, keys: list[VerificationKey]) -> None:
    pointer = str(samples.of("mmsReply").pointer)
    for body in (b"", b"{}", samples.of("deliveryReport").body):
        assert not reverify(read_queued_event(pointer, lambda _dataref, body=body: body), keys)


def test_the_named_key_alone_is_tried(samples: Samples, keys: list[VerificationKey]) -> None:
    [key] = keys
    other = replace(key, id=STRANGER)
    assert reverify(read(samples, mmkeyid=str(key.id).upper()), keys)
    assert not reverify(read(samples), [other])
    assert not reverify(read(samples, mmkeyid=STRANGER), keys)
    assert reverify(read(samples), [replace(key, id=None)])
    assert not reverify(
        read(samples, mmkeyid=STRANGER), [replace(key, id=None), replace(key, id=STRANGER, digest="SHA512")]
    )
    assert not reverify(read(samples), [])


def test_the_digest_is_pinned_to_the_key(samples: Samples, keys: list[VerificationKey]) -> None:
    [key] = keys
    assert reverify(read(samples), [replace(key, digest=None)])
    assert not reverify(read(samples), [replace(key, digest="SHA512")])
    assert not reverify(read(samples, mmdigest="MD5"), [replace(key, digest=None)])


def test_known_answers_of_openssl_verify() -> None:
    vectors = json.loads((ROOT / "test" / "vectors" / "signatures.json").read_text())
    assert {vector["digest"] for vector in vectors} == {"SHA224", "SHA256", "SHA512"}
    for vector in vectors:
        body = base64.b64decode(vector["body_base64"])
        signed = SignedRequest(f"{vector['method']} {vector['target']} HTTP/1.1", vector["date"], body)
        attributes = {"id": "1", "source": "urn:messagemedia", "type": "t", "specversion": "1.0"}
        event = CloudEvent({**attributes, "mmdigest": vector["digest"]})
        signature = base64.b64decode(vector["signature"])
        keys = parse_keyring(vector["public_key"])
        assert reverify(ReadEvent(event, signed, signature), keys), vector["name"]
        changed = replace(signed, body=body + b"\n")
        assert not reverify(ReadEvent(event, changed, signature), keys), vector["name"]
