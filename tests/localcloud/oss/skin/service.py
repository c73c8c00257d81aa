"""The account and its buckets: making, describing and removing them."""

from __future__ import annotations

from aiohttp import web

from tests.localcloud.oss.rules import documents, statistics
from tests.localcloud.oss.rules.attributes import (
    read_bucket_acl,
    read_redundancy,
    read_storage_class,
)
from tests.localcloud.oss.rules.buckets import Bucket
from tests.localcloud.oss.rules.documents import Node, iso_time
from tests.localcloud.oss.rules.listing import Entry, after_key, page, read_limit
from tests.localcloud.oss.rules.refusals import Refusal, malformed_xml, not_known_here
from tests.localcloud.oss.skin import replies
from tests.localcloud.oss.skin.bodies import read_document
from tests.localcloud.oss.skin.call import Call, Handler

_ACL = "x-oss-acl"


async def list_buckets(call: Call) -> web.StreamResponse:
    found = page(
        [Entry(bucket.name, "", bucket) for bucket in call.server.catalogue.all()],
        prefix=call.parameter("prefix"),
        delimiter="",
        after=after_key(call.parameter("marker")),
        limit=read_limit(call.target.query.get("max-keys"), "max-keys", 100),
    )
    buckets: list[Node] = [("Bucket", _summary(entry.item)) for entry in found.entries]
    return replies.document(
        (
            "ListAllMyBucketsResult",
            [
                ("Prefix", call.parameter("prefix")),
                ("Marker", call.parameter("marker")),
                ("MaxKeys", call.parameter("max-keys") or "100"),
                ("IsTruncated", str(found.truncated).lower()),
                ("NextMarker", found.last[0] if found.truncated else ""),
                owner(call),
                ("Buckets", buckets),
            ],
        )
    )


async def put_bucket(call: Call) -> web.StreamResponse:
    body = await read_document(call)
    storage_class, redundancy = "Standard", "LRS"
    if body:
        document = documents.parse(body, "CreateBucketConfiguration")
        for element in document:
            if element.tag not in ("StorageClass", "DataRedundancyType"):
                raise not_known_here(element.tag)
        storage_class = read_storage_class(document.findtext("StorageClass") or storage_class)
        redundancy = read_redundancy(document.findtext("DataRedundancyType") or redundancy)
    acl = read_bucket_acl(call.headers.get(_ACL, "private"))
    call.server.catalogue.create(
        call.target.bucket, call.now, call.region, acl, storage_class, redundancy
    )
    return replies.empty(headers={"Location": f"/{call.target.bucket}"})


async def delete_bucket(call: Call) -> web.StreamResponse:
    call.server.catalogue.delete(call.bucket)
    return replies.empty(204)


async def get_bucket_info(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    nodes: list[Node] = [
        *_summary(bucket),
        owner(call),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("DataRedundancyType", bucket.redundancy),
        ("AccessMonitor", "Disabled"),
        ("TransferAcceleration", "Disabled"),
        ("CrossRegionReplication", "Disabled"),
        ("BlockPublicAccess", "false"),
        # What an account has that never made another resource group (inferred).
        ("ResourceGroupId", "rg-default-id"),
        ("Comment", ""),
        ("ServerSideEncryptionRule", [("SSEAlgorithm", "None")]),
        ("BucketPolicy", [("LogBucket", ""), ("LogPrefix", "")]),
    ]
    if bucket.versioning:
        nodes.append(("Versioning", bucket.versioning))
    return replies.document(("BucketInfo", [("Bucket", nodes)]))


async def get_bucket_stat(call: Call) -> web.StreamResponse:
    return replies.document(("BucketStat", statistics.count(call.bucket, call.now)))


async def get_bucket_location(call: Call) -> web.StreamResponse:
    return replies.document(("LocationConstraint", f"oss-{call.bucket.region}"))


async def get_bucket_acl(call: Call) -> web.StreamResponse:
    return replies.document(acl_document(call, call.bucket.acl))


async def put_bucket_acl(call: Call) -> web.StreamResponse:
    """Change an ACL; for a bucket that is not there, the service makes it."""
    acl = read_bucket_acl(call.headers.get(_ACL, ""))
    catalogue, name = call.server.catalogue, call.target.bucket
    if catalogue.find(name) is None:
        catalogue.create(name, call.now, call.region)
    call.bucket.acl = acl
    return replies.empty()


async def get_bucket_versioning(call: Call) -> web.StreamResponse:
    status = call.bucket.versioning
    return replies.document(("VersioningConfiguration", [("Status", status)] if status else []))


async def put_bucket_versioning(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    document = documents.parse(await read_document(call), "VersioningConfiguration")
    status = documents.text(document, "Status")
    if status not in ("Enabled", "Suspended"):
        raise malformed_xml()
    if not bucket.versioning and status == "Suspended":
        raise Refusal(400, "InvalidArgument", "Versioning was never enabled.")
    bucket.versioning = status
    return replies.empty()


async def get_archive_direct_read(call: Call) -> web.StreamResponse:
    enabled = str(call.bucket.archive_direct_read).lower()
    return replies.document(("ArchiveDirectReadConfiguration", [("Enabled", enabled)]))


async def put_archive_direct_read(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    document = documents.parse(await read_document(call), "ArchiveDirectReadConfiguration")
    enabled = documents.text(document, "Enabled").lower()
    if enabled not in ("true", "false"):
        raise malformed_xml()
    bucket.archive_direct_read = enabled == "true"
    return replies.empty()


def owner(call: Call) -> Node:
    """Return the element that names the account."""
    account = call.server.config.account_id
    return ("Owner", [("ID", account), ("DisplayName", account)])


def acl_document(call: Call, acl: str) -> Node:
    """Return the answer to a question for an ACL."""
    grant: Node = ("AccessControlList", [("Grant", acl)])
    return ("AccessControlPolicy", [owner(call), grant])


def _summary(bucket: Bucket) -> list[Node]:
    region = bucket.region
    return [
        ("Name", bucket.name),
        ("CreationDate", iso_time(bucket.created)),
        ("Location", f"oss-{region}"),
        ("Region", region),
        ("StorageClass", bucket.storage_class),
        ("ExtranetEndpoint", f"oss-{region}.aliyuncs.com"),
        ("IntranetEndpoint", f"oss-{region}-internal.aliyuncs.com"),
    ]


HANDLERS: dict[str, Handler] = {
    "ListBuckets": list_buckets,
    "PutBucket": put_bucket,
    "DeleteBucket": delete_bucket,
    "GetBucketInfo": get_bucket_info,
    "GetBucketStat": get_bucket_stat,
    "GetBucketLocation": get_bucket_location,
    "GetBucketAcl": get_bucket_acl,
    "PutBucketAcl": put_bucket_acl,
    "GetBucketVersioning": get_bucket_versioning,
    "PutBucketVersioning": put_bucket_versioning,
    "GetBucketArchiveDirectRead": get_archive_direct_read,
    "PutBucketArchiveDirectRead": put_archive_direct_read,
}
