"""What can be asked and changed about an object without touching its bytes: ACL, tags, target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from aiohttp import web

from tests.localcloud.oss.rules import documents, tags
from tests.localcloud.oss.rules.attributes import read_object_acl
from tests.localcloud.oss.rules.documents import Node
from tests.localcloud.oss.rules.refusals import Refusal
from tests.localcloud.oss.skin import replies
from tests.localcloud.oss.skin.bodies import read_document
from tests.localcloud.oss.skin.call import Call, Handler
from tests.localcloud.oss.skin.service import acl_document


async def get_acl(call: Call) -> web.StreamResponse:
    return replies.document(acl_document(call, call.bucket.get(call.key).attributes.acl))


async def put_acl(call: Call) -> web.StreamResponse:
    _change(call, acl=read_object_acl(call.headers.get("x-oss-object-acl", "")))
    return replies.empty()


async def get_tagging(call: Call) -> web.StreamResponse:
    found = call.bucket.get(call.key).attributes.tags
    nodes: list[Node] = [("Tag", [("Key", k), ("Value", v)]) for k, v in found.items()]
    return replies.document(("Tagging", [("TagSet", nodes)]))


async def put_tagging(call: Call) -> web.StreamResponse:
    document = documents.parse(await read_document(call), "Tagging")
    elements = document.findall("TagSet/Tag")
    pairs = [(documents.text(tag, "Key"), documents.text(tag, "Value")) for tag in elements]
    _change(call, tags=tags.checked(pairs))
    return replies.empty()


async def delete_tagging(call: Call) -> web.StreamResponse:
    _change(call, tags={})
    return replies.empty(204)


async def get_symlink(call: Call) -> web.StreamResponse:
    link = call.bucket.get(call.key)
    if link.symlink_target is None:
        raise Refusal(400, "NotSymlink", "The object is not a symlink.")
    return replies.empty(
        headers={
            "x-oss-symlink-target": quote(link.symlink_target, safe=""),
            "ETag": f'"{link.etag}"',
            "Last-Modified": documents.http_time(link.last_modified),
        }
    )


def _change(call: Call, **changes: Any) -> None:
    bucket, item = call.bucket, call.bucket.get(call.key)
    bucket.objects[call.key] = replace(item, attributes=replace(item.attributes, **changes))


HANDLERS: dict[str, Handler] = {
    "GetObjectACL": get_acl,
    "PutObjectACL": put_acl,
    "GetObjectTagging": get_tagging,
    "PutObjectTagging": put_tagging,
    "DeleteObjectTagging": delete_tagging,
    "GetSymlink": get_symlink,
}
