"""What this server knows: for each method and resource the operations, and all they understand.

One table. A query parameter or an ``x-oss-*`` header that does not stand here for an operation is
refused by ``operations``, because a feature that is quietly left out turns a request into another
one: ``DELETE /bucket/?tagging`` would remove the bucket.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation by its documented name, with the RAM action that it needs."""

    name: str
    action: str
    # The parameter that selects it; none is what the bare resource means.
    parameter: str = ""
    # The query parameters and the x-oss-* headers that it heeds. A final "*" stands for anything.
    parameters: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()


# Signatures, credentials and who the client is; they go with every operation. Browsers cannot set
# User-Agent, so ali-oss has a header of its own for it; x-oss-user is nothing to the service, which
# oss2's own tests make sure of.
_SIGNING = """
    OSSAccessKeyId Expires Signature security-token x-oss-signature-version x-oss-date x-oss-expires
    x-oss-credential x-oss-security-token x-oss-additional-headers x-oss-signature
"""
SIGNING_PARAMETERS = frozenset(_SIGNING.split())
_COMMON = """
    x-oss-date x-oss-security-token x-oss-content-sha256 x-oss-user-agent x-oss-user
"""
COMMON_HEADERS = frozenset(_COMMON.split())
# Who pays makes no difference to an owner's requests, and there is only one account here.
_PAYER = "x-oss-request-payer"
_LIMIT = "x-oss-traffic-limit"
# May be in the URL instead of the headers.
_EITHER = frozenset((_PAYER, _LIMIT))

_OBJECT = (
    "x-oss-forbid-overwrite x-oss-object-acl x-oss-storage-class x-oss-tagging x-oss-meta-* "
    "x-oss-server-side-encryption x-oss-server-side-encryption-key-id "
    "x-oss-server-side-data-encryption "
)
# Clients repeat an upload's headers on its parts, on ListParts and on Complete, and the service
# takes no notice of those that belong elsewhere (inferred from ali-oss, oss2 and its tests).
_REPEATED = (
    "x-oss-forbid-overwrite x-oss-object-acl x-oss-storage-class x-oss-tagging x-oss-meta-* "
    "x-oss-complete-all x-oss-traffic-limit x-oss-server-side-encryption-key-id "
)
_ENCRYPTION = "x-oss-server-side-encryption x-oss-server-side-data-encryption"
# ali-oss also repeats every header of a copy as x-oss-copy-source-NAME (inferred in the same way).
_COPY = "x-oss-copy-source x-oss-copy-source-* "
_RESPONSE = (
    "response-cache-control response-content-disposition response-content-encoding "
    "response-content-language response-content-type response-expires"
)
_LIST = "prefix delimiter max-keys encoding-type "


def _operation(
    name: str, parameter: str = "", parameters: str = "", headers: str = "", action: str = ""
) -> Operation:
    heeded = frozenset(f"{headers} {_PAYER}".split())
    return Operation(
        name,
        f"oss:{action or name}",
        parameter,
        frozenset(parameters.split()) | ({parameter} - {""}) | (heeded & _EITHER),
        heeded | COMMON_HEADERS,
    )


_Methods = dict[str, tuple[Operation, ...]]
_SERVICE: _Methods = {
    # regionList asks for the buckets of all regions, which this server lists anyway (inferred).
    "GET": (_operation("ListBuckets", "", "prefix marker max-keys regionList"),),
}
_BUCKET: _Methods = {
    "PUT": (
        _operation("PutBucketAcl", "acl", "", "x-oss-acl"),
        _operation("PutBucketVersioning", "versioning"),
        _operation("PutBucketArchiveDirectRead", "bucketArchiveDirectRead"),
        _operation("PutBucket", "", "", "x-oss-acl"),
    ),
    "GET": (
        _operation("GetBucketAcl", "acl"),
        _operation("GetBucketLocation", "location"),
        _operation("GetBucketInfo", "bucketInfo"),
        _operation("GetBucketStat", "stat"),
        _operation("GetBucketVersioning", "versioning"),
        _operation("GetBucketArchiveDirectRead", "bucketArchiveDirectRead"),
        _operation(
            "ListMultipartUploads",
            "uploads",
            "prefix delimiter max-uploads encoding-type key-marker upload-id-marker",
        ),
        _operation("ListObjectVersions", "versions", f"{_LIST} key-marker version-id-marker"),
        _operation(
            "ListObjectsV2",
            "list-type",
            f"{_LIST} start-after continuation-token fetch-owner",
            action="ListObjects",
        ),
        _operation("ListObjects", "", f"{_LIST} marker"),
    ),
    "POST": (
        _operation("DeleteMultipleObjects", "delete", "encoding-type", action="DeleteObject"),
    ),
    "DELETE": (_operation("DeleteBucket"),),
}
_OBJECTS: _Methods = {
    "PUT": (
        _operation(
            "UploadPart", "uploadId", "partNumber", f"{_REPEATED} {_ENCRYPTION}", action="PutObject"
        ),
        _operation("PutObjectACL", "acl", "", "x-oss-object-acl", action="PutObjectAcl"),
        _operation("PutObjectTagging", "tagging"),
        _operation(
            "PutSymlink", "symlink", "", f"{_OBJECT} x-oss-symlink-target", action="PutObject"
        ),
        _operation("PutObject", "", "", f"{_OBJECT} {_LIMIT}"),
    ),
    "GET": (
        _operation(
            "ListParts", "uploadId", "max-parts part-number-marker encoding-type", _REPEATED
        ),
        _operation("GetObjectACL", "acl", action="GetObjectAcl"),
        _operation("GetObjectTagging", "tagging"),
        _operation("GetSymlink", "symlink", action="GetObject"),
        _operation("GetObjectMeta", "objectMeta", action="GetObject"),
        # oss2's own tests read with the headers that they wrote with.
        _operation(
            "GetObject", "", _RESPONSE, f"x-oss-range-behavior {_LIMIT} x-oss-forbid-overwrite"
        ),
    ),
    "HEAD": (
        _operation("GetObjectMeta", "objectMeta", action="GetObject"),
        _operation("HeadObject", "", "", _LIMIT, action="GetObject"),
    ),
    "POST": (
        _operation(
            "InitiateMultipartUpload",
            "uploads",
            "encoding-type",
            f"{_OBJECT} {_LIMIT}",
            action="PutObject",
        ),
        _operation(
            "CompleteMultipartUpload",
            "uploadId",
            "encoding-type",
            f"{_REPEATED} {_ENCRYPTION}",
            action="PutObject",
        ),
        _operation("AppendObject", "append", "position", f"{_OBJECT} {_LIMIT}", action="PutObject"),
        _operation("RestoreObject", "restore"),
        _operation("CleanRestoredObject", "cleanRestoredObject"),
    ),
    "DELETE": (
        _operation("AbortMultipartUpload", "uploadId"),
        _operation("DeleteObjectTagging", "tagging"),
        _operation("DeleteObject"),
    ),
}
# By resource: the service, a bucket, an object.
TABLE: dict[str, _Methods] = {
    "Service": _SERVICE,
    "Bucket": _BUCKET,
    "Object": _OBJECTS,
}
# What a write becomes when it names a source.
COPY_SOURCE = "x-oss-copy-source"
COPIES = {
    "PutObject": _operation(
        "CopyObject",
        "",
        "",
        f"{_OBJECT} {_COPY} {_LIMIT} x-oss-metadata-directive x-oss-tagging-directive",
        action="PutObject",
    ),
    "UploadPart": _operation(
        "UploadPartCopy",
        "uploadId",
        "partNumber",
        f"{_REPEATED} {_COPY}",
        action="PutObject",
    ),
}
# Reads of an object may carry parameters that mean nothing, as caches and browsers add them, and
# the service takes no notice. These words do mean something to it, in some request or other.
_FEATURES = """
    accessmonitor accessPoint accessPointPolicy action agenticBucket asyncFetch batchJob batchJobId
    batchJobStatus bucketSpace callback callback-var cloudboxes cname comp cors dataPipeline
    deleteVectorIndex deleteVectors encryption endTime getVectorIndex getVectors group history
    httpsConfig img inventory inventoryId legalHold lifecycle link listVectorIndexes listVectors
    live logging metadataConfiguration metadataInventoryTable metadataJournalTable metaQuery
    MetaQuery namespace objectInfo objectWorm overwriteConfig playlistName policy policyStatus
    processConfiguration publicAccessBlock putVectorIndex putVectorIndexFusion putVectors qos
    qosInfo qosRequester queryVectors queryVectorsFusion quota redundancyTransition referer regions
    replication replicationLocation replicationProgress requesterQosInfo requestPayment
    resourceGroup resourcePool resourcePoolBuckets resourcePoolInfo retention rtc rule-id seal
    sequential startTime status style styleName tag-key tag-value transferAcceleration
    userDefinedLogFieldsConfig versionId vod website worm wormExtend wormId
"""
FEATURES = frozenset(_FEATURES.split()).union(
    *(
        operation.parameters
        for methods in TABLE.values()
        for operations in methods.values()
        for operation in operations
    )
)


def knows(names: frozenset[str], name: str) -> bool:
    """Say whether a name is among those of an operation, wildcards included."""
    return name in names or any(
        known.endswith("*") and name.startswith(known[:-1]) for known in names
    )
