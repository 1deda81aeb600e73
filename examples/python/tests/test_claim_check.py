"""Data is fetched from one bucket only. Tests of the whole consumer check its bytes, against an S3."""

import boto3
import pytest

from consumer.attributes import QueuedEventError
from consumer.claim_check import fetch_from_s3


@pytest.mark.parametrize(
    "dataref",
    [
        "s3://elsewhere/a",
        "s3://large.evil/a",
        f"s3://large/../elsewhere/{'ab' * 32}",
        f"s3://large/{'AB' * 32}",
        f"s3://large/{'ab' * 32}0",
        "s3://large/",
        "s3://large",
        "s3://large/a%2Fb",
        "s3://large/a?versionId=1",
        "s3://large/a b",
        "s3://large/a\n",
        "https://large/a",
        "another/place/altogether",
    ],
)
def test_it_goes_nowhere_else(dataref: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", lambda _service, **_options: None)
    with pytest.raises(QueuedEventError) as caught:
        fetch_from_s3("large")(dataref)
    assert caught.value.code == "invalid_dataref"
