"""Clients of OSS that share no code with oss2."""

from __future__ import annotations

from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import opendal
import pytest

from tests.peers.oss_service import OssService


def v2(oss: OssService, *, version: str = "v4", **settings: Any) -> Any:
    """A client of ``alibabacloud-oss-v2`` that never retries."""
    config = v2_sdk.config.load_default()
    config.credentials_provider = v2_sdk.credentials.StaticCredentialsProvider(
        oss.config.access_key_id, oss.config.access_key_secret
    )
    config.region, config.endpoint = oss.config.region, oss.endpoint
    config.signature_version, config.retry_max_attempts = version, 1
    config.use_path_style = True
    for name, value in settings.items():
        setattr(config, name, value)
    return v2_sdk.Client(config)


def dal(oss: OssService, **settings: str) -> opendal.AsyncOperator:
    """OpenDAL on the cloud's own bucket.

    Its other operator lets no thread of this process run, and the server's is one of them.
    """
    options = {
        "endpoint": oss.endpoint,
        "addressing_style": "path",
        "region": oss.config.region,
        "bucket": oss.config.bucket,
        "access_key_id": oss.config.access_key_id,
        "access_key_secret": oss.config.access_key_secret,
    }
    return opendal.AsyncOperator("oss", **{**options, **settings})


def refused(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    """Call the v2 SDK and return the refusal's status and code."""
    with pytest.raises(v2_sdk.exceptions.OperationError) as error:
        call(*arguments, **options)
    return cause(error.value)


def cause(error: Any) -> tuple[int, str]:
    """What a refusal of the v2 SDK is told apart by."""
    service = error.unwrap()
    return service.status_code, service.code
