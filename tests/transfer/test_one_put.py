"""One PUT makes one object, and is known again whatever was heard of it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from ossferry.copying.copy_job import CopiedPart
from ossferry.crc64 import crc64
from ossferry.entries import ObjectInfo
from ossferry.errors import ChecksumMismatch, ObjectExists, TargetUnavailable
from ossferry.retry import RetryPolicy, call
from ossferry.transfer.one_put import Put, put_once
from ossferry.urls import Url
from tests.peers.oss_service import OssService, running
from tests.transfer.under_way import CONTENT, UnderWay, put, under_way

LOST = {"operation": "PutObject", "drop_reply": True}


@pytest.fixture(scope="module")
def oss() -> Iterator[OssService]:
    """An OSS for the module, in a thread."""
    with running() as service:
        yield service


@pytest.fixture
def setting(oss: OssService) -> Iterator[UnderWay]:
    """A target that is not there."""
    with under_way(oss) as setting:
        yield setting


once: Put = partial(put, CONTENT)


def patiently(url: Url, headers: Mapping[str, str]) -> CopiedPart:
    """As often as the copy path would."""
    return call(partial(once, url, headers), RetryPolicy(3, first=0.01), deadline=1e12)


def put_content(
    setting: UnderWay,
    send: Put = patiently,
    told: Mapping[str, int] | None = None,
    **fields: Any,
) -> ObjectInfo:
    md5 = b64encode(hashlib.md5(CONTENT, usedforsecurity=False).digest()).decode()
    of = {"size": len(CONTENT), "crc64": crc64(CONTENT), **(told or {})}
    return put_once(setting.transfer(**fields), send, content_md5=md5, **of)


def test_a_put_makes_the_object(setting: UnderWay) -> None:
    """With the event's headers, and a mark that no other PUT has."""
    marks = []
    for _ in range(2):
        made = put_content(setting, metadata={"wanted": "new"})
        assert (made.size, made.crc64) == (len(CONTENT), crc64(CONTENT))
        assert setting.metadata("wanted") == "new"
        marks.append(setting.metadata("ossferry-upload"))
    assert None not in marks
    assert len({*marks}) == 2


@pytest.mark.parametrize("overwrite", ["never", "always", "different"])
@pytest.mark.parametrize("send", [once, patiently], ids=["once", "patiently"])
def test_an_object_whose_answer_was_lost_is_our_own(
    setting: UnderWay, send: Put, overwrite: str
) -> None:
    """With ``never``, the second try is refused because of the first."""
    setting.service.set_faults({**LOST, "times": 1})
    made = put_content(setting, send, overwrite=overwrite)
    assert (made.size, made.crc64) == (len(CONTENT), crc64(CONTENT))
    assert setting.content() == CONTENT


def test_equal_bytes_of_somebody_else_are_not_our_own(setting: UnderWay) -> None:
    """They may have other headers; ``never`` leaves them."""
    setting.client.put_object(setting.key, CONTENT)
    with pytest.raises(ObjectExists):
        put_content(setting, overwrite="never")


def test_a_put_that_did_not_happen_did_not_happen(setting: UnderWay) -> None:
    """The old object is there, and the error is OSS's."""
    setting.client.put_object(setting.key, CONTENT)
    setting.service.set_faults({"operation": "PutObject", "status": 503, "code": "SlowDown"})
    with pytest.raises(TargetUnavailable, match="SlowDown"):
        put_content(setting, overwrite="always")


def test_an_object_of_ours_with_other_bytes_is_a_mismatch(setting: UnderWay) -> None:
    """Whatever damaged them on their way, and whoever says that they were stored."""
    for wrong in ({"size": 1}, {"crc64": 1}):
        setting.service.set_faults({**LOST, "times": 1})
        with pytest.raises(ChecksumMismatch):
            put_content(setting, once, wrong)
