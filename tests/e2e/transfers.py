"""Asking the function for a transfer, and looking at what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import oss2
import pytest

from tests.e2e.canary import secrets_in
from tests.localcloud.client import FunctionError, LocalCloud

Reply = dict[str, Any]


def event_for(cloud: LocalCloud, url: str, key: str, **fields: object) -> dict[str, object]:
    """Return the event as the FC console sends it, with optional fields."""
    return {
        "source_url": url,
        "target_object_name": key,
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        **fields,
    }


def transferred(cloud: LocalCloud, url: str, key: str, **fields: object) -> Reply:
    """Return the reply of a transfer that succeeds."""
    return replied(cloud, event_for(cloud, url, key, **fields))


def refused(cloud: LocalCloud, url: str, key: str, **fields: object) -> FunctionError:
    """Return the error of a transfer that fails in the function itself."""
    return failed(cloud, event_for(cloud, url, key, **fields))


def replied(cloud: LocalCloud, event: Mapping[str, object]) -> Reply:
    """Return the reply to an event; it shows no secret."""
    reply: Reply = cloud.invoke(event)
    assert not secrets_in(json.dumps(reply), cloud)
    return reply


def failed(cloud: LocalCloud, event: Mapping[str, object]) -> FunctionError:
    """Return the error that an event ends in: the function's own, one sentence, no secret."""
    with pytest.raises(FunctionError) as caught:
        cloud.invoke(event)
    error = caught.value
    assert error.status == 200, "FC itself refused the call"
    assert "\n" not in error.message
    assert not secrets_in(error.message, cloud)
    return error


def stored(cloud: LocalCloud, key: str) -> bytes:
    """Return the bytes of an object, as they are kept."""
    content = cloud.bucket.get_object(key).read()
    assert isinstance(content, bytes)
    return content


def headers_of(cloud: LocalCloud, key: str) -> Mapping[str, str]:
    """Return the headers of an object."""
    headers: Mapping[str, str] = cloud.bucket.head_object(key).headers
    return headers


def exists(cloud: LocalCloud, key: str) -> bool:
    """Say whether there is an object."""
    return bool(cloud.bucket.object_exists(key))


def bucket_named(cloud: LocalCloud, name: str) -> oss2.Bucket:
    """Return another bucket of the cloud, which may not exist yet."""
    auth = oss2.AuthV4(cloud.access_key_id, cloud.access_key_secret)
    return oss2.Bucket(auth, cloud.oss_endpoint, name, region=cloud.region)
