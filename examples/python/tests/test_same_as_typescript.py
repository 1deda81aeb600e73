"""Generated messages and keyrings read the same in Python as in TypeScript: verdict, payload, bytes and error code."""

import hashlib
import json
import os
import struct
import subprocess
from typing import Any

from conftest import ROOT

from consumer.attributes import QueuedEventError
from consumer.queued_event import read_queued_event
from consumer.signature import VerificationKey, parse_keyring, reverify

MESSAGES = os.environ.get("GENERATED_MESSAGES", "3000")
SEED = os.environ.get("GENERATED_SEED", "1")

FETCHED = b'{"reply_id":"r-1","reply_id":"r-2"}'


def canonical(value: Any) -> str:  # noqa: ANN401
    """Hash a JSON value as test/examples/canonical.ts does."""
    digest = hashlib.sha256()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            digest.update(f"list {len(item)};".encode())
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            digest.update(f"object {len(item)};".encode())
            for name in sorted(item, key=utf16, reverse=True):
                waiting.extend((item[name], name))
        elif isinstance(item, str):
            digest.update(f"text {len(utf16(item)) // 2};".encode() + utf16(item))
        elif isinstance(item, bool) or item is None:
            digest.update({True: b"true;", False: b"false;", None: b"null;"}[item])
        else:
            digest.update(b"number " + struct.pack(">d", double(item) or 0.0))
    return digest.hexdigest()


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def verdict_of(message: str, keyring: str) -> dict[str, Any]:
    keys: list[VerificationKey] | None
    try:
        keys = parse_keyring(keyring)
    except ValueError:
        keys = None
    ids = "none" if keys is None else [[key.id, key.digest] for key in keys]
    try:
        read = read_queued_event(message, lambda _dataref: FETCHED)
    except QueuedEventError as error:
        return {"keys": ids, "code": error.code}
    event = read.event
    names = ("id", "type", "source", "subject", "mmkeyid", "mmrepeated")
    return {
        "keys": ids,
        "attributes": canonical({name: event.get_attributes().get(name) for name in names}),
        "payload": canonical(read.payload),
        "body": None if read.signed is None else hashlib.sha256(read.signed.body).hexdigest(),
        "signature": reverify(read, keys or []),
    }


def test_generated_messages_read_the_same() -> None:
    node = ROOT / "node_modules" / ".bin" / "node"
    script = ROOT / "test" / "examples" / "print-verdicts.ts"
    command = [node, script, MESSAGES, SEED]
    seen: set[str] = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as program:
        for line in program.stdout or ():
            case = json.loads(line)
            expected = case["verdict"]
            assert verdict_of(case["message"], case["keyring"]) == expected, line[:2_000]
            seen.add(expected.get("code") or expected["signature"])
    assert program.returncode == 0
    # Otherwise the generator proves nothing.
    assert seen >= {"good", "bad", "never_signed", "not_json", "missing_attribute", "invalid_attribute", "invalid_data"}
