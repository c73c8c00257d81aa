"""Where OSS is asked: near, where that goes."""

from __future__ import annotations

import pytest

from ossferry.context import Context, Credentials
from ossferry.oss.endpoint import oss_endpoint
from ossferry.settings import Settings


@pytest.mark.parametrize(
    ("region", "setting", "endpoint"),
    [
        ("cn-hangzhou", None, "http://oss-cn-hangzhou-internal.aliyuncs.com"),
        ("cn-beijing", None, "https://oss-cn-beijing.aliyuncs.com"),
        ("cn-beijing", "http://127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_a_bucket_is_asked_inside_its_region_and_else_over_tls(
    region: str, setting: str | None, endpoint: str
) -> None:
    """Unless an operator says where."""
    nobody = Credentials("", "", "")
    here = Context("id", "cn-hangzhou", "1", None, "f", None, 60.0, 60.0, nobody)
    assert oss_endpoint(region, here, Settings(oss_endpoint=setting)) == endpoint
