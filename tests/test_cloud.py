"""What an invocation gets of its account: buckets that refuse by themselves."""

from __future__ import annotations

import time
from types import SimpleNamespace as Record

import pytest

from ossferry.cloud import Cloud
from ossferry.context import Context
from ossferry.errors import TargetRefused
from ossferry.names import ObjectName
from ossferry.settings import Settings
from ossferry.stop import Stop

ALLOWED = ObjectName("cn-hangzhou", "archive", "in/a")
FORBIDDEN = ObjectName("cn-hangzhou", "archive", "out/a")
ELSEWHERE = ObjectName("cn-hangzhou", "other", "in/a")
SIGNED_IN = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}


def cloud(*allow_targets: str, timeout: float = 600) -> Cloud:
    function = Record(name="ferry", timeout=timeout)
    context = Record(request_id="r-1", region="cn-hangzhou", account_id="1", function=function)
    settings = Settings(allow_targets=allow_targets)
    return Cloud(Context.read(context, SIGNED_IN, time.monotonic()), settings, Stop())


def test_a_bucket_is_opened_for_targets_that_are_allowed() -> None:
    """And lets only those be written, with the records beside them."""
    bucket = cloud("archive/in/").bucket(ALLOWED)
    assert bucket.put_url("in/b", {}).host == "archive.oss-cn-hangzhou-internal.aliyuncs.com"
    assert bucket.put_url(".ossferry/0123/record.json", {})
    with pytest.raises(TargetRefused, match="oss://archive/out/a is not among"):
        bucket.put_url("out/a", {})


@pytest.mark.parametrize(
    "target", [FORBIDDEN, ELSEWHERE, ObjectName("cn-hangzhou", "other", "")], ids=str
)
def test_no_bucket_is_opened_for_others(target: ObjectName) -> None:
    """Nor for a sweep, whose target is a bucket as a whole."""
    with pytest.raises(TargetRefused, match=f"{target} is not among OSSFERRY_ALLOW_TARGETS"):
        cloud("archive/in/").bucket(target)


def test_a_bucket_is_opened_as_a_whole_where_anything_in_it_is_allowed() -> None:
    """For a sweep, which looks at ossferry's own records."""
    assert cloud("archive/in/").bucket(ObjectName("cn-hangzhou", "archive", "")).name == "archive"


def test_where_nothing_is_set_the_role_alone_decides() -> None:
    """Which is how the function is delivered."""
    assert cloud().bucket(ELSEWHERE).put_url("any/key", {})


def test_a_source_is_read_from_any_bucket_and_written_in_none() -> None:
    """Targets are what the setting is about."""
    bucket = cloud("archive/in/").source_bucket(ELSEWHERE)
    assert bucket.get_url(ELSEWHERE.key).host == "other.oss-cn-hangzhou-internal.aliyuncs.com"
    with pytest.raises(TargetRefused):
        bucket.put_url(ELSEWHERE.key, {})
    with pytest.raises(TargetRefused):
        cloud().source_bucket(ELSEWHERE).put_url(".ossferry/x", {})
