"""URLs that are signed while a transfer goes on, by keys that come and go."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, cast

from ossferry.context import Credentials, Signing
from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.jobs import TransferJob
from ossferry.names import ObjectName
from ossferry.origins.credentials import Credentials as Known
from ossferry.transfer.renewed import Renewed
from ossferry.urls import Url

OURS = ObjectName("cn-hangzhou", "ours", "a")
THEIRS = ObjectName("cn-hangzhou", "theirs", "a")
REF = SourceRef(Url("https://h/a?first"), {"x": "y"}, Pin(7, "E"), unpaid=True)
OWN = Credentials("own", "s", "t")


@dataclass
class Cloud:
    """The role's keys are what ``keys`` is now; what it signs counts up."""

    keys: Credentials = field(default_factory=lambda: Credentials("1", "s", "t", time.time() + 100))
    signed: int = 0
    foreign: Known = field(
        default_factory=lambda: Known.from_env(
            {
                "OSSFERRY_ASSUME_ROLE_X": "acs:ram::9876543210987654:role/x",
                "OSSFERRY_BUCKETS_X": "oss://theirs",
            }
        )
    )

    def signing(
        self, name: ObjectName, chosen: str | None = None, *, reading: bool = False
    ) -> Signing:
        return lambda: self.keys if name.bucket == "theirs" else OWN

    def source_bucket(self, name: ObjectName, chosen: str | None) -> Cloud:
        return self

    def get_url(self, key: str) -> Url:
        self.signed += 1
        return Url(f"https://h/{key}?{self.signed}")


def renewed(cloud: Cloud, source: Url | ObjectName, target: ObjectName) -> Renewed:
    return Renewed(TransferJob(source, target), REF, cast(Any, cloud))


def test_what_is_our_own_stays_as_it_is() -> None:
    """The function's keys outlast it; so does a URL that somebody else has signed."""
    for source in (OURS, REF.url):
        cloud = Cloud()
        signed = renewed(cloud, source, OURS)
        cloud.keys = cloud.keys._replace(access_key_id="2")
        assert signed.source() is REF
        assert signed.seconds() == math.inf
        assert cloud.signed == 0


def test_a_source_is_signed_anew_when_its_keys_are_others() -> None:
    """Once for each; it is the same source."""
    cloud = Cloud()
    signed = renewed(cloud, THEIRS, OURS)
    assert signed.source() is REF
    cloud.keys = cloud.keys._replace(access_key_id="2")
    again = signed.source()
    assert again == REF._replace(url=Url("https://h/a?1"))
    assert signed.source() is again


def test_copying_ends_before_the_keys_do() -> None:
    """Those of the source, and those of the target; a child takes time to start."""
    for source, target in ((THEIRS, OURS), (REF.url, THEIRS)):
        cloud = Cloud()
        signed = renewed(cloud, source, target)
        assert 80 < signed.seconds() <= 90
        cloud.keys = cloud.keys._replace(ends=time.time() - 1)
        assert signed.seconds() == 0
