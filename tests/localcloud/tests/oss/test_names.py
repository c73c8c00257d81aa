"""Keys that are awkward in XML or in a URL."""

from __future__ import annotations

import asyncio
from typing import Any
from xml.etree import ElementTree as ET

import alibabacloud_oss_v2 as v2_sdk
import opendal
import oss2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oss2.models import PartInfo

from tests.localcloud.oss.rules import documents
from tests.localcloud.oss.rules.refusals import Refusal
from tests.peers.oss_service import OssService

CONTROLS = [
    *("a\x01b", "b\x1f", "a\rb", "a\tb\n", "\x00", "\ufffe"),
    *("&#1;", "<&>\"'", "\U0010fffd\x02"),
]
DOTS = [".", "..", "a/../b", "a/./b", "./x", "../x", "a/..", "..."]


@pytest.mark.parametrize("version", [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4])
@pytest.mark.parametrize("key", DOTS)
def test_dots_are_nothing_special_in_a_key(oss: OssService, version: str, key: str) -> None:
    """For whoever sends them as they are; most clients resolve them before they send."""
    bucket = oss.bucket(oss.auth(version))
    assert oss.send("PUT", bucket.sign_url("PUT", key, 60, slash_safe=True), b"dots")[0] == 200
    assert oss.send("GET", bucket.sign_url("GET", key, 60)) == (200, b"dots")
    assert key in [each.key for each in oss2.ObjectIterator(bucket)]
    assert oss.send("DELETE", bucket.sign_url("DELETE", key, 60))[0] == 204
    assert not [each.key for each in oss2.ObjectIterator(bucket, prefix=key) if each.key == key]


@pytest.mark.parametrize("key", CONTROLS)
def test_every_document_is_xml_whatever_the_key(oss: OssService, key: str) -> None:
    """Lists that are not encoded, uploads, refusals and deletions, read by a plain parser."""
    bucket = oss.bucket()
    ask = bucket._do  # signs, and reads nothing of the reply
    upload_id = bucket.init_multipart_upload(key).upload_id
    part = bucket.upload_part(key, upload_id, 1, b"x")
    body = oss2.xml_utils.to_complete_upload_request([PartInfo(1, part.etag)])
    replies = [
        ask("POST", bucket.bucket_name, key, params={"uploads": ""}),
        ask("GET", bucket.bucket_name, key, params={"uploadId": upload_id}),
        ask("GET", bucket.bucket_name, "", params={"uploads": ""}),
        ask("POST", bucket.bucket_name, key, params={"uploadId": upload_id}, data=body),
        ask("GET", bucket.bucket_name, "", params={}),
        ask("GET", bucket.bucket_name, "", params={"prefix": key, "delimiter": "b"}),
        ask("GET", bucket.bucket_name, "", params={"versions": ""}),
    ]
    for reply in replies:
        assert ET.fromstring(reply.read()).tag
    bucket.delete_object(key)
    status, refusal = oss.send("GET", bucket.sign_url("GET", key, 60))
    assert (status, ET.fromstring(refusal).findtext("Code")) == (404, "NoSuchKey")
    for upload in oss2.MultipartUploadIterator(bucket):
        bucket.abort_multipart_upload(upload.key, upload.upload_id)


def test_keys_are_deleted_by_either_sdk(oss: OssService, v2: Any) -> None:
    """One sends control characters as they are, the other as references."""
    bucket, keys = oss.bucket(), CONTROLS

    def delete_by_v2() -> None:
        objects = [v2_sdk.DeleteObject(key=key) for key in keys]
        v2.delete_multiple_objects(
            v2_sdk.DeleteMultipleObjectsRequest(bucket=oss.config.bucket, objects=objects)
        )

    for delete in (lambda: bucket.batch_delete_objects(keys), delete_by_v2):
        for key in [*keys, "kept"]:
            bucket.put_object(key, b"x")
        delete()
        assert [each.key for each in oss2.ObjectIterator(bucket)] == ["kept"]


@given(keys=st.lists(st.text(min_size=1), min_size=1))
def test_a_document_with_references_is_read_as_it_was_meant(keys: list[str]) -> None:
    """Every character comes back, those that XML cannot hold included."""
    written = [
        "".join(f"&#{ord(each)};" if each in "<>&" or ord(each) < 32 else each for each in key)
        for key in keys
    ]
    body = "".join(f"<Key>{key}</Key>" for key in written)
    document = documents.parse(f"<Delete>{body}</Delete>".encode(), "Delete")
    assert [element.text for element in document] == keys


@pytest.mark.parametrize(
    "body", [b"", b"<Delete>", b"\xff", b"<Delete>&#x110000;&#xD800;</Delete>"]
)
def test_what_is_no_document_stays_none(body: bytes) -> None:
    """Malformed is malformed."""
    with pytest.raises(Refusal) as error:
        documents.parse(body, "Delete")
    assert error.value.code == "MalformedXML"


def test_opendal_reaches_exactly_its_keys(oss: OssService, dal: opendal.AsyncOperator) -> None:
    """Written, read, listed and removed by a client with a signer of its own."""
    keys = ["plain", "a/b c+d%2F", "日本語/ü~!'()*", "q?a=1&b#c", "x//y"]

    async def work() -> list[bytes]:
        for key in keys:
            await dal.write(f"dal/{key}", key.encode())
        read = [bytes(await dal.read(f"dal/{key}")) for key in keys]
        assert (await dal.stat("dal/plain")).content_length == len("plain")
        await dal.delete("dal/plain")
        return read

    assert asyncio.run(work()) == [key.encode() for key in keys]
    found = sorted(each.key for each in oss2.ObjectIterator(oss.bucket(), prefix="dal/"))
    assert len(found) == len(keys) - 1
