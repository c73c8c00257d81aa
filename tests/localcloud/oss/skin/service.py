"""The account and its buckets: making, describing and removing them."""

from __future__ import annotations

from aiohttp import web

from tests.localcloud.oss.rules import documents
from tests.localcloud.oss.rules.attributes import read_bucket_acl, read_storage_class
from tests.localcloud.oss.rules.buckets import Bucket
from tests.localcloud.oss.rules.documents import Node, iso_time
from tests.localcloud.oss.rules.listing import Entry, after_key, page, read_limit
from tests.localcloud.oss.rules.refusals import Refusal, malformed_xml
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
    buckets: list[Node] = [("Bucket", _summary(call, entry.item)) for entry in found.entries]
    return replies.document(
        (
            "ListAllMyBucketsResult",
            [
                ("Prefix", call.parameter("prefix")),
                ("Marker", call.parameter("marker")),
                ("MaxKeys", call.parameter("max-keys") or "100"),
                ("IsTruncated", str(found.truncated).lower()),
                ("NextMarker", found.last[0]),
                owner(call),
                ("Buckets", buckets),
            ],
        )
    )


async def put_bucket(call: Call) -> web.StreamResponse:
    body = await read_document(call)
    storage_class = "Standard"
    if body:
        document = documents.parse(body, "CreateBucketConfiguration")
        storage_class = read_storage_class(document.findtext("StorageClass") or "Standard")
    acl = read_bucket_acl(call.headers.get(_ACL, "private"))
    call.server.catalogue.create(call.target.bucket, call.now, acl, storage_class)
    return replies.empty(headers={"Location": f"/{call.target.bucket}"})


async def delete_bucket(call: Call) -> web.StreamResponse:
    call.server.catalogue.delete(call.target.bucket)
    return replies.empty(204)


async def get_bucket_info(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    nodes: list[Node] = [
        *_summary(call, bucket),
        owner(call),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("DataRedundancyType", "LRS"),
        ("AccessMonitor", "Disabled"),
        ("TransferAcceleration", "Disabled"),
        ("CrossRegionReplication", "Disabled"),
    ]
    if bucket.versioning:
        nodes.append(("Versioning", bucket.versioning))
    return replies.document(("BucketInfo", [("Bucket", nodes)]))


async def get_bucket_stat(call: Call) -> web.StreamResponse:
    bucket = call.bucket
    return replies.document(
        (
            "BucketStat",
            [
                ("Storage", str(sum(each.size for each in bucket.objects.values()))),
                ("ObjectCount", str(len(bucket.objects))),
                ("MultipartUploadCount", str(len(bucket.uploads))),
            ],
        )
    )


async def get_bucket_location(call: Call) -> web.StreamResponse:
    assert call.bucket
    return replies.document(("LocationConstraint", f"oss-{call.server.config.region}"))


async def get_bucket_acl(call: Call) -> web.StreamResponse:
    return replies.document(acl_document(call, call.bucket.acl))


async def put_bucket_acl(call: Call) -> web.StreamResponse:
    """Change an ACL; for a bucket that is not there, the service makes it."""
    acl = read_bucket_acl(call.headers.get(_ACL, ""))
    catalogue, name = call.server.catalogue, call.target.bucket
    bucket = catalogue.find(name) or catalogue.create(name, call.now, acl, "Standard")
    bucket.acl = acl
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


def _summary(call: Call, bucket: Bucket) -> list[Node]:
    region = call.server.config.region
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
