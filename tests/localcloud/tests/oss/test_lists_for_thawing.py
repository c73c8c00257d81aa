"""Lists as tools read them that thaw: states of restores, classes, and pages that end early."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import alibabacloud_oss_v2 as v2_sdk
import pytest

from tests.localcloud.tests.oss import clients
from tests.peers.oss_service import OssService

KEYS = [f"cold/{number:02}" for number in range(7)] + ["plain", "x/1", "x/2", "x/3"]
LISTS = ("v1", "v2", "versions")
HOUR = 3600


@pytest.fixture(scope="module")
def filled(oss: OssService) -> OssService:
    for key in KEYS:
        headers = {"x-oss-storage-class": "ColdArchive"} if key.startswith("cold/") else {}
        oss.bucket().put_object(key, key.encode(), headers=headers)
    return oss


@pytest.fixture
def pages(filled: OssService) -> Iterator[Callable[[int], None]]:
    yield filled.shorten_pages
    filled.shorten_pages(1000)


def listed(client: Any, which: str, bucket: str, **options: Any) -> list[Any]:
    """All pages of a list, by the SDK's own paginators."""
    if which == "v1":
        paginator: Any = client.list_objects_paginator()
        return list(paginator.iter_page(v2_sdk.ListObjectsRequest(bucket=bucket, **options)))
    if which == "v2":
        paginator = client.list_objects_v2_paginator()
        return list(paginator.iter_page(v2_sdk.ListObjectsV2Request(bucket=bucket, **options)))
    request = v2_sdk.ListObjectVersionsRequest(bucket=bucket, **options)
    pages = []
    while True:
        page = client.list_object_versions(request)
        pages.append(page)
        if not page.is_truncated:
            return pages
        request.key_marker = page.next_key_marker
        request.version_id_marker = page.next_version_id_marker


def entries(pages: list[Any]) -> list[Any]:
    """What is on the pages: objects, or their versions."""
    name = "version" if hasattr(pages[0], "version") else "contents"
    return [each for page in pages for each in getattr(page, name) or []]


@pytest.mark.parametrize("which", LISTS)
def test_restores_are_told_in_lists(filled: OssService, v2: Any, which: str) -> None:
    """The same words as HeadObject's, with the class that stays what it was."""
    bucket, key = filled.config.bucket, f"cold/0{LISTS.index(which)}"
    body = v2_sdk.RestoreRequest(days=2)

    def told() -> tuple[str, str | None]:
        found = entries(listed(v2, which, bucket, prefix=key))
        return found[0].storage_class, found[0].restore_info

    assert told() == ("ColdArchive", None)
    v2.restore_object(v2_sdk.RestoreObjectRequest(bucket=bucket, key=key, restore_request=body))
    assert told() == ("ColdArchive", 'ongoing-request="true"')
    filled.advance(5 * HOUR + 1)
    head = v2.head_object(v2_sdk.HeadObjectRequest(bucket=bucket, key=key))
    assert told() == ("ColdArchive", head.restore)
    assert head.restore.startswith('ongoing-request="false", expiry-date="')
    filled.advance(48 * HOUR)
    assert told() == ("ColdArchive", None)


@pytest.mark.parametrize("which", LISTS)
@pytest.mark.parametrize("most", [1, 2, 5])
def test_pages_may_be_shorter_than_asked_for(
    filled: OssService, v2: Any, pages: Callable[[int], None], which: str, most: int
) -> None:
    """The list goes on until it says that it is over, and is none the worse."""
    pages(most)
    found = listed(v2, which, filled.config.bucket, max_keys=1000)
    assert [each.key for each in entries(found)] == KEYS
    assert len(found) == -(-len(KEYS) // most)
    assert all(page.max_keys == 1000 for page in found)
    rolled = listed(v2, which, filled.config.bucket, delimiter="/")
    prefixes = [each.prefix for page in rolled for each in page.common_prefixes or []]
    assert prefixes == ["cold/", "x/"]


@pytest.mark.parametrize("name", ["prefix", "delimiter", "marker"])
def test_no_name_is_longer_than_1024_bytes(oss: OssService, v2: Any, name: str) -> None:
    """Prefix, delimiter and marker alike; one of 1024 is none too long."""
    bucket = oss.config.bucket
    assert v2.list_objects(v2_sdk.ListObjectsRequest(bucket=bucket, **{name: "a" * 1024}))
    long = v2_sdk.ListObjectsRequest(bucket=bucket, **{name: "ü" * 513})
    assert clients.refused(v2.list_objects, long) == (400, "InvalidArgument")


@pytest.mark.parametrize("document", ["", "{}", '{"most": 0}', '{"most": "many"}'])
def test_a_page_has_at_least_one_object(oss: OssService, document: str) -> None:
    """Anything else is refused, and changes nothing."""
    assert oss.http("PUT", "/-/pages", data=document).status_code == 400


def test_the_only_version_of_an_object_has_no_name(filled: OssService, v2: Any) -> None:
    """It is called null, is the latest, and has an owner."""
    bucket = filled.config.bucket
    (version,) = entries(listed(v2, "versions", bucket, prefix="plain"))
    assert (version.version_id, version.is_latest, version.size) == ("null", True, 5)
    assert version.owner.id == filled.config.account_id


def test_versions_of_a_versioned_bucket_are_not_told(oss: OssService, v2: Any) -> None:
    """The old ones are not kept, and a list without them would be wrong."""
    v2.put_bucket(v2_sdk.PutBucketRequest(bucket="with-versions"))
    v2.put_bucket_versioning(
        v2_sdk.PutBucketVersioningRequest(
            bucket="with-versions",
            versioning_configuration=v2_sdk.VersioningConfiguration(status="Enabled"),
        )
    )
    request = v2_sdk.ListObjectVersionsRequest(bucket="with-versions")
    assert clients.refused(v2.list_object_versions, request) == (501, "NotImplemented")


def test_the_last_page_of_uploads_has_markers_too(oss: OssService, v2: Any) -> None:
    """They are those of the last upload on it."""
    v2.put_bucket(v2_sdk.PutBucketRequest(bucket="with-uploads"))
    opened = v2.initiate_multipart_upload(
        v2_sdk.InitiateMultipartUploadRequest(bucket="with-uploads", key="open")
    )
    page = v2.list_multipart_uploads(v2_sdk.ListMultipartUploadsRequest(bucket="with-uploads"))
    assert (page.is_truncated, page.next_key_marker) == (False, "open")
    assert page.next_upload_id_marker == opened.upload_id
