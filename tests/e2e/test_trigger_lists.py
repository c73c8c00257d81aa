"""A list that is dropped where the trigger watches for lists: all that it names is copied."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import StartCloud
from tests.e2e.contents import bytes_of
from tests.e2e.transfers import exists, stored
from tests.localcloud.patience import eventually

PLACES = {
    "OSSFERRY_TARGET_BUCKET": "ossferry-local",
    "OSSFERRY_TARGET_PREFIX": "arrived/",
    "OSSFERRY_LIST_PREFIX": "incoming/lists/",
}


@pytest.mark.parametrize("name", ["two.urls", "two.jsonl"])
def test_a_list_that_arrives_starts_its_job(start_cloud: StartCloud, name: str) -> None:
    """By the trigger that copies everything else; the list itself is not copied."""
    cloud = start_cloud(env=PLACES)
    urls = [cloud.generated(f"one-{n}", 1000, name=f"file-{n}") for n in range(2)]
    rows = [
        json.dumps({"source_url": url, "target_object_name": f"file-{n}"})
        for n, url in enumerate(urls)
    ]
    lines = urls if name.endswith("urls") else rows
    cloud.bucket.put_object(f"incoming/lists/{name}", "\n".join(lines))
    eventually(lambda: exists(cloud, "arrived/file-1") and exists(cloud, "arrived/file-0"))
    for number in range(2):
        assert stored(cloud, f"arrived/file-{number}") == bytes_of(f"one-{number}", 1000)
    assert not exists(cloud, f"arrived/incoming/lists/{name}")
    eventually(lambda: not any(each["busy"] for each in cloud.instances()))
