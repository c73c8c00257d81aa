"""Buckets and what is in them: the whole state of the server, in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.localcloud.oss.rules.objects import StoredObject
from tests.localcloud.oss.rules.refusals import (
    Refusal,
    no_such_bucket,
    no_such_key,
    no_such_upload,
    other_endpoint,
)
from tests.localcloud.oss.rules.uploads import Upload

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_MOST_BUCKETS = 100


@dataclass(slots=True)
class Bucket:
    """One bucket. Its objects by key, its open uploads by id."""

    name: str
    created: float
    region: str
    acl: str = "private"
    storage_class: str = "Standard"
    redundancy: str = "LRS"
    versioning: str = ""  # "", Enabled or Suspended: told, and heeded by forbid-overwrite, only
    archive_direct_read: bool = False
    objects: dict[str, StoredObject] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def get(self, key: str) -> StoredObject:
        """Return the object of this name itself, also when it is a symlink."""
        try:
            return self.objects[key]
        except KeyError:
            raise no_such_key(key) from None

    def resolve(self, key: str) -> StoredObject:
        """Return the object that readers of this name see the bytes of."""
        link = self.get(key)
        if link.symlink_target is None:
            return link
        found = self.objects.get(link.symlink_target)
        if found is None:
            message = "The symlink target object does not exist."
            raise Refusal(404, "SymlinkTargetNotExist", message)
        if found.symlink_target is not None:
            raise Refusal(400, "InvalidTargetType", "The target type of symlink is invalid.")
        return found

    def check_overwrite(self, key: str, forbidden: bool) -> None:
        """Refuse to replace an object when asked to; a bucket with versions never replaces."""
        if forbidden and not self.versioning and key in self.objects:
            message = "The object you specified already exists and can not be overwritten."
            raise Refusal(409, "FileAlreadyExists", message)

    def upload(self, key: str, upload_id: str, ec: str = "0042-00000002") -> Upload:
        """Return an open upload; its id is only good for the key it was opened for."""
        upload = self.uploads.get(upload_id)
        if upload is None or upload.key != key:
            raise no_such_upload(upload_id, ec)
        return upload


class Catalogue:
    """The buckets of the account."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def create(
        self,
        name: str,
        now: float,
        region: str,
        acl: str = "private",
        storage_class: str = "Standard",
        redundancy: str = "LRS",
    ) -> Bucket:
        """Make a bucket; for one that is there already, only change its ACL."""
        if not _NAME.fullmatch(name):
            details = {"BucketName": name}
            message = "The specified bucket is not valid."
            raise Refusal(400, "InvalidBucketName", message, details=details)
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= _MOST_BUCKETS:
                message = "You have attempted to create more buckets than allowed."
                raise Refusal(400, "TooManyBuckets", message)
            bucket = self._buckets[name] = Bucket(name, now, region, acl, storage_class, redundancy)
        elif bucket.region != region:
            # That it is refused is documented, and the words are inferred.
            message = "The bucket you tried to create exists in another region."
            raise Refusal(409, "BucketAlreadyExists", message)
        elif bucket.storage_class != storage_class:
            message = "The bucket you tried to create exists with another storage class."
            raise Refusal(409, "BucketAlreadyExists", message)
        bucket.acl = acl
        return bucket

    def get(self, name: str, region: str) -> Bucket:
        """Return a bucket, which only its own region's endpoint knows more of than the name."""
        bucket = self._buckets.get(name)
        if bucket is None:
            raise no_such_bucket(name)
        if bucket.region != region:
            raise other_endpoint(name, bucket.region)
        return bucket

    def find(self, name: str) -> Bucket | None:
        return self._buckets.get(name)

    def delete(self, bucket: Bucket) -> None:
        """Remove an empty bucket."""
        if bucket.objects:
            raise Refusal(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
        if bucket.uploads:
            message = "The bucket has multipart uploads that are not completed."
            raise Refusal(409, "BucketNotEmpty", message)
        del self._buckets[bucket.name]

    def all(self) -> list[Bucket]:
        """Return all buckets, by name."""
        return [bucket for _, bucket in sorted(self._buckets.items())]
