"""What a restore without the SDK brings about in an OSS that keeps the rules."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from ossferry.archived import fitted
from ossferry.context import Credentials
from ossferry.errors import TargetRefused
from ossferry.names import ObjectName
from ossferry.oss.allowed import judge_source
from ossferry.oss.direct import Account, Direct
from tests.localcloud import credentials
from tests.peers.loopback import soon
from tests.peers.oss_service import EVERYTHING, OssService, running

KEY = "a b/\u00fc?#%.txt"
HOUR = 3600


@pytest.fixture
def oss() -> Iterator[OssService]:
    with running() as service:
        yield service


def opened(oss: OssService, *actions: str) -> closing[Direct]:
    """As a function's role that may do so much, on a bucket that is only read."""
    config = oss.config
    policy = EVERYTHING | {
        "Statement": [{"Effect": "Allow", "Action": [*actions], "Resource": "*"}]
    }
    issued = credentials.issue(config.root_secret, policy, time.time() + HOUR)
    keys = (issued.access_key_id, issued.access_key_secret, issued.security_token)
    name = ObjectName(config.region, config.bucket, "")
    account = Account(name, oss.endpoint, lambda: Credentials(*keys))
    return closing(Direct(account, soon(), judge=partial(judge_source, name.bucket)))


def put(oss: OssService, storage_class: str) -> None:
    oss.bucket().put_object(KEY, b"x", headers={"x-oss-storage-class": storage_class})


@pytest.mark.parametrize("storage_class", ["Archive", "ColdArchive", "DeepColdArchive"])
@pytest.mark.parametrize("tier", [None, "Expedited", "Standard", "Bulk"])
def test_a_class_gets_what_it_takes(oss: OssService, storage_class: str, tier: str | None) -> None:
    """Asked for first, then under way, then extended; and readable in the end."""
    put(oss, storage_class)
    with opened(oss, "oss:RestoreObject") as direct:
        wanted = fitted(storage_class, 365, tier)
        assert direct.restore(KEY, wanted) == "asked"
        assert direct.restore(KEY, wanted) == "under_way"
        oss.advance(48 * HOUR)
        assert direct.restore(KEY, wanted) == "extended"
    assert oss.bucket().get_object(KEY).read() == b"x"


def test_what_need_not_be_restored_is_told(oss: OssService) -> None:
    """As what it is: of no archived class, or not there."""
    with opened(oss, "oss:RestoreObject") as direct:
        assert direct.restore(KEY, fitted("Archive", 1, None)) == "gone"
        put(oss, "Standard")
        assert direct.restore(KEY, fitted("Archive", 1, None)) == "not_archived"


def test_a_role_that_may_not_restore_is_told_so(oss: OssService) -> None:
    """Whatever else it may: reading does not suffice."""
    put(oss, "Archive")
    with (
        opened(oss, "oss:GetObject", "oss:PutObject") as direct,
        pytest.raises(TargetRefused, match=f"oss://{oss.config.bucket} was asked"),
    ):
        direct.restore(KEY, fitted("Archive", 1, None))
