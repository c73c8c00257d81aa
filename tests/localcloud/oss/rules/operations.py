"""Which operation a request is, and what its caller has to be allowed to do.

A parameter that names a feature of OSS which this server does not have is refused, never ignored:
``PUT /bucket/?lifecycle`` must not quietly create a bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.localcloud.oss.rules.refusals import Refusal, invalid_argument, not_implemented
from tests.localcloud.oss.rules.target import Target


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by its documented name, with the RAM action that it needs."""

    name: str
    action: str
    # The parameter that selects it; none is what the bare resource means.
    parameter: str = ""


_SERVICE: dict[str, tuple[Operation, ...]] = {
    "GET": (Operation("ListBuckets", "oss:ListBuckets"),),
}
_BUCKET: dict[str, tuple[Operation, ...]] = {
    "PUT": (
        Operation("PutBucketAcl", "oss:PutBucketAcl", "acl"),
        Operation("PutBucketVersioning", "oss:PutBucketVersioning", "versioning"),
        Operation(
            "PutBucketArchiveDirectRead",
            "oss:PutBucketArchiveDirectRead",
            "bucketArchiveDirectRead",
        ),
        Operation("PutBucket", "oss:PutBucket"),
    ),
    "GET": (
        Operation("GetBucketAcl", "oss:GetBucketAcl", "acl"),
        Operation("GetBucketLocation", "oss:GetBucketLocation", "location"),
        Operation("GetBucketInfo", "oss:GetBucketInfo", "bucketInfo"),
        Operation("GetBucketStat", "oss:GetBucketStat", "stat"),
        Operation("GetBucketVersioning", "oss:GetBucketVersioning", "versioning"),
        Operation(
            "GetBucketArchiveDirectRead",
            "oss:GetBucketArchiveDirectRead",
            "bucketArchiveDirectRead",
        ),
        Operation("ListMultipartUploads", "oss:ListMultipartUploads", "uploads"),
        Operation("ListObjectsV2", "oss:ListObjects", "list-type"),
        Operation("ListObjects", "oss:ListObjects"),
    ),
    "POST": (Operation("DeleteMultipleObjects", "oss:DeleteObject", "delete"),),
    "DELETE": (Operation("DeleteBucket", "oss:DeleteBucket"),),
}
_OBJECT: dict[str, tuple[Operation, ...]] = {
    "PUT": (
        Operation("UploadPart", "oss:PutObject", "uploadId"),
        Operation("PutObjectACL", "oss:PutObjectAcl", "acl"),
        Operation("PutObjectTagging", "oss:PutObjectTagging", "tagging"),
        Operation("PutSymlink", "oss:PutObject", "symlink"),
        Operation("PutObject", "oss:PutObject"),
    ),
    "GET": (
        Operation("ListParts", "oss:ListParts", "uploadId"),
        Operation("GetObjectACL", "oss:GetObjectAcl", "acl"),
        Operation("GetObjectTagging", "oss:GetObjectTagging", "tagging"),
        Operation("GetSymlink", "oss:GetObject", "symlink"),
        Operation("GetObjectMeta", "oss:GetObject", "objectMeta"),
        Operation("GetObject", "oss:GetObject"),
    ),
    "HEAD": (
        Operation("GetObjectMeta", "oss:GetObject", "objectMeta"),
        Operation("HeadObject", "oss:GetObject"),
    ),
    "POST": (
        Operation("InitiateMultipartUpload", "oss:PutObject", "uploads"),
        Operation("CompleteMultipartUpload", "oss:PutObject", "uploadId"),
        Operation("AppendObject", "oss:PutObject", "append"),
        Operation("RestoreObject", "oss:RestoreObject", "restore"),
        Operation("CleanRestoredObject", "oss:CleanRestoredObject", "cleanRestoredObject"),
    ),
    "DELETE": (
        Operation("AbortMultipartUpload", "oss:AbortMultipartUpload", "uploadId"),
        Operation("DeleteObjectTagging", "oss:DeleteObjectTagging", "tagging"),
        Operation("DeleteObject", "oss:DeleteObject"),
    ),
}
_COPY_SOURCE = "x-oss-copy-source"
_COPIES = {
    "PutObject": Operation("CopyObject", "oss:PutObject"),
    "UploadPart": Operation("UploadPartCopy", "oss:PutObject", "uploadId"),
}
# Features that this server does not have; their own operations would mean something else here.
_ABSENT_NAMES = """
    accessPoint accessPointPolicy asyncFetch callback cname comp cors encryption httpsConfig
    inventory inventoryId lifecycle live logging metaQuery policy processConfiguration
    publicAccessBlock qosInfo redundancyTransition referer replication replicationLocation
    replicationProgress requestPayment resourceGroup sequential style transferAcceleration
    versionId versions vod website worm wormExtend wormId x-oss-async-process x-oss-process
"""
_ABSENT = frozenset(_ABSENT_NAMES.split())


def classify(method: str, target: Target, headers: Mapping[str, str]) -> Operation:
    """Return the operation that a request asks for."""
    absent = _ABSENT & set(target.query)
    if absent:
        raise not_implemented(min(absent))
    for operation in _level(target).get(method, ()):
        if not operation.parameter or operation.parameter in target.query:
            return _precise(operation, target, headers)
    message = "The specified method is not allowed against this resource."
    details = {"Method": method, "ResourceType": "Object" if target.key else "Bucket"}
    raise Refusal(405, "MethodNotAllowed", message, details=details)


def _level(target: Target) -> dict[str, tuple[Operation, ...]]:
    if target.key:
        return _OBJECT
    return _BUCKET if target.bucket else _SERVICE


def _precise(operation: Operation, target: Target, headers: Mapping[str, str]) -> Operation:
    is_part = operation.name == "UploadPart"
    if is_part != ("partNumber" in target.query) and operation.name in ("UploadPart", "PutObject"):
        message = "Unexpected query string parameter"
        raise invalid_argument(message, "ResourceType", "", "0017-00000219")
    return _COPIES.get(operation.name, operation) if _COPY_SOURCE in headers else operation
