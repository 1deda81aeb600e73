"""Messages that the real receiver made, for every test."""

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Sample:
    """A webhook, and the message that the receiver queued for it."""

    form: str
    body: bytes
    message: str
    pointer: str | None
    """The same event with `dataref`, if it has data."""


@dataclass(frozen=True)
class Samples:
    """One webhook of every form, and the keyring of the receiver that verified them."""

    keyring: str
    events: tuple[Sample, ...]

    def of(self, form: str) -> Sample:
        """Return the sample of this form."""
        return next(sample for sample in self.events if sample.form == form)


@pytest.fixture(scope="session")
def samples() -> Samples:
    node = ROOT / "node_modules" / ".bin" / "node"
    script = ROOT / "test" / "examples" / "print-messages.ts"
    printed = json.loads(subprocess.run([node, script], check=True, capture_output=True, text=True).stdout)
    events = (Sample(**{**event, "body": base64.b64decode(event["body"])}) for event in printed["events"])
    return Samples(printed["keyring"], tuple(events))
