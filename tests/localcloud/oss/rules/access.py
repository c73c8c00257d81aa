"""May this caller do this? RAM policies for temporary credentials, ACLs for everybody else.

The account itself may do everything to its own buckets. Nobody (no signature) may only do what
the bucket's or the object's ACL opens to the public, and that is never to list or to administer.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.localcloud import policy
from tests.localcloud.oss.rules.authentication import Caller
from tests.localcloud.oss.rules.buckets import Bucket
from tests.localcloud.oss.rules.refusals import Refusal, access_denied

_PUBLIC_READS = {"GetObject", "HeadObject", "GetObjectMeta", "GetSymlink"}
_PUBLIC_WRITES = {
    "PutObject",
    "AppendObject",
    "DeleteObject",
    "InitiateMultipartUpload",
    "UploadPart",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
}


def resource(region: str, account_id: str, bucket: str, key: str = "") -> str:
    """Return the name that policies know a bucket or an object by."""
    path = f"{bucket}/{key}" if key else bucket or "*"
    return f"acs:oss:oss-{region}:{account_id}:{path}"


def check_policy(
    caller: Caller, action: str, name: str, request: Mapping[str, str] | None = None
) -> None:
    """Refuse what the caller's policy does not allow; ``request`` is for its conditions."""
    if caller.policy is None:
        return
    try:
        allowed = policy.allows(caller.policy, action, name, request)
    except policy.UnsupportedPolicy as error:
        raise access_denied(f"The policy cannot be evaluated: {error}.") from error
    if not allowed:
        raise Refusal(
            403,
            "AccessDenied",
            f"You have no right to access this object because of RAM policy: {action} on {name}.",
            "0003-00000001",
            {"AuthAction": action, "Resource": name},
        )


def check_public(operation: str, bucket: Bucket | None, key: str) -> None:
    """Refuse what nobody in particular may do."""
    acl = "private"
    if bucket is not None:
        own = bucket.objects[key].attributes.acl if key in bucket.objects else "default"
        # Creating and replacing are the bucket's to allow, whatever the old object's ACL says.
        acl = bucket.acl if own == "default" or operation in _PUBLIC_WRITES else own
    readable = operation in _PUBLIC_READS and acl.startswith("public-read")
    writable = operation in _PUBLIC_WRITES and acl == "public-read-write"
    if not readable and not writable:
        message = "You have no right to access this object because of bucket acl."
        raise access_denied(message, "0003-00000001")
