"""Keys in hand are used as long as no others can be read."""

from typing import Any

import boto3
import pytest
from conftest import Samples

from consumer import keyring
from consumer.keyring import Keyring


class Outage(Exception):  # noqa: N818
    """Secrets Manager does not answer."""


class Secrets:
    """Secrets Manager on a day that the test controls."""

    value: str | None
    reads = 0
    now = 1_000_000.0

    def get_secret_value(self, **_input: str) -> dict[str, str]:
        """Answer, or do not."""
        self.reads += 1
        if self.value is None:
            raise Outage
        return {"SecretString": self.value}


@pytest.fixture
def secrets(samples: Samples, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    secrets = Secrets()
    secrets.value = samples.keyring
    monkeypatch.setattr(boto3, "client", lambda _service, **_options: secrets)
    monkeypatch.setattr(keyring.time, "time", lambda: secrets.now)
    return secrets


def start() -> tuple[Keyring, list[str]]:
    warnings: list[str] = []
    return Keyring("keyring", lambda message, _error: warnings.append(message)), warnings


@pytest.mark.parametrize("broken", [None, "", '{"keys":[', '{"keys":[{"public_key":"rubbish"}]}'])
def test_keys_in_hand_stay_when_the_keyring_is_down_or_broken(secrets: Secrets, broken: Any) -> None:  # noqa: ANN401
    ring, warnings = start()
    keys = ring.keys()
    secrets.value = broken
    secrets.now += 7 * 24 * 3_600
    assert ring.keys() is keys
    assert warnings == ["cannot read the keyring: using the keys that are loaded"]
    assert ring.newer_than(keys) is None
    # A secret that cannot be read is not asked for again with every event.
    assert ring.keys() is keys
    assert secrets.reads == 2
    secrets.now += 3
    ring.keys()
    assert secrets.reads == 3


def test_without_keys_in_hand_the_cause_is_raised(secrets: Secrets) -> None:
    ring, warnings = start()
    secrets.value = None
    with pytest.raises(Outage):
        ring.keys()
    assert warnings == ["cannot read the keyring"]


def test_the_secret_is_read_every_five_minutes_and_for_an_unknown_key(secrets: Secrets, samples: Samples) -> None:
    ring, _warnings = start()
    keys = ring.keys()
    secrets.now += 299
    assert ring.keys() is keys
    assert secrets.reads == 1
    assert ring.newer_than(keys) is None
    assert ring.newer_than(keys) is None
    assert secrets.reads == 2
    secrets.value = samples.keyring + " "
    secrets.now += 3
    newer = ring.newer_than(keys)
    assert newer is not None
    assert ring.keys() is newer
    secrets.now += 300
    ring.keys()
    assert secrets.reads == 4
