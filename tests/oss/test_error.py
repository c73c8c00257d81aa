"""Errors of OSS in the words of a person who can mend them."""

from __future__ import annotations

import base64

import pytest

from ossferry.errors import FerryError, NoSuchUpload, TargetRefused, TargetUnavailable
from ossferry.oss.error import oss_error
from tests.oss.test_bucket_wire import bucket_at
from tests.peers.scripted import Reply, answer, in_turn, scripted

ELSEWHERE = (
    "<Error><Code>AccessDenied</Code><Message>The bucket you are attempting to access must be"
    " addressed using the specified endpoint.</Message><Endpoint>oss-cn-beijing.aliyuncs.com"
    "</Endpoint></Error>"
)


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        ("oss-cn-beijing.aliyuncs.com", "cn-beijing"),
        ("oss-us-west-1-internal.aliyuncs.com", "us-west-1"),
        ("evil.example", None),
        ("", None),
        (None, None),
    ],
)
def test_a_bucket_elsewhere_is_told_by_its_region(endpoint: str | None, region: str | None) -> None:
    """OSS names an endpoint, and an event names a region."""
    error = oss_error(403, "AccessDenied", "use the specified endpoint", "my-bucket", endpoint)
    assert type(error) is TargetRefused
    told = f"is in the region {region}: correct target_region"
    assert (told in error.message) is (region is not None)


def test_the_hint_is_read_of_an_answer_without_a_body() -> None:
    """The first request is a HEAD, whose error OSS puts into a header."""
    hint = base64.b64encode(ELSEWHERE.encode()).decode()
    refusing = in_turn(Reply(answer(403, x_oss_err=hint)))
    with scripted(refusing) as oss, pytest.raises(TargetRefused, match="region cn-beijing"):
        bucket_at(oss.url).head("k")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AccessDenied", TargetRefused),
        (404, "NoSuchUpload", NoSuchUpload),
        (429, "", TargetUnavailable),
        (500, "InternalError", TargetUnavailable),
        (503, "ServiceUnavailable", TargetUnavailable),
        (-2, "", TargetUnavailable),
    ],
)
def test_what_may_pass_is_told_from_what_will_not(
    status: int, code: str, error: type[FerryError]
) -> None:
    """Negative statuses are oss2's own, for what never reached OSS."""
    assert type(oss_error(status, code, "words\n of OSS", "my-bucket")) is error
