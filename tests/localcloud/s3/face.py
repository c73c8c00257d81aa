"""A local S3: what it checks of a request, and what it says of objects and errors."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from aiohttp import web

from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.face import Face, Objects
from tests.localcloud.faces.place import Place, at_path, decoded, in_front_of
from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Digests, Stored
from tests.localcloud.faces.xml import document
from tests.localcloud.origin.behaviours import Behaviour
from tests.localcloud.s3 import lists, uploads
from tests.localcloud.s3.sigv4 import Rules, verified

# Stores that speak S3, and which names of their region they take besides it.
MODES: Mapping[str, tuple[str, ...]] = {
    "aws": (),
    "r2": ("us-east-1", ""),
    "gcs": ("auto",),
    "obs": (),
}
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
# What selects another operation than reading, writing and listing.
_OTHERS = {
    *("acl", "attributes", "cors", "delete", "encryption", "legal-hold", "lifecycle", "location"),
    *("logging", "notification", "object-lock", "partNumber", "policy", "publicAccessBlock"),
    *("replication", "restore", "retention", "select", "tagging", "torrent", "uploadId", "uploads"),
    *("versionId", "versioning", "versions", "website"),
}


class S3(Face):
    """Buckets of one region; ``elsewhere`` names buckets of others, which are only known."""

    server = "s3"

    def __init__(
        self,
        objects: Path | Objects,
        credentials: Iterable[Credential] = (),
        region: str = "us-east-1",
        *,
        mode: str = "aws",
        buckets: Iterable[str] = (),
        public: Iterable[str] = (),
        elsewhere: Mapping[str, str] | None = None,
        domains: tuple[str, ...] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(objects, credentials, buckets=buckets, public=public, now=now)
        self.region = region
        self._mode = mode
        self._elsewhere = elsewhere or {}
        amazon = (f"s3.{region}.amazonaws.com", "s3.amazonaws.com")
        self._domains = (*domains, *amazon, "localhost")
        self._rules = Rules(self.credentials, region, MODES[mode])

    def place(self, message: Message) -> Place:
        bucket = in_front_of(message.headers.get("host", ""), self._domains)
        if bucket is None:
            return at_path(message.path)
        return Place(bucket, decoded(message.path.removeprefix("/")))

    def admit(self, message: Message, place: Place) -> None:
        if place.bucket in self._elsewhere:
            raise self._redirect(place)
        credential = verified(message, self._rules, self.now())
        if _OTHERS & {name for name, _ in message.parameters()}:
            text = "A header or query you provided requests a function that is not implemented."
            raise Refused(501, "NotImplemented", text)
        self.bucket(place)
        if credential is None:
            if place.bucket not in self.public or message.method not in ("GET", "HEAD"):
                raise Refused(403, "AccessDenied")
        elif credential.buckets is not None and place.bucket not in credential.buckets:
            raise Refused(403, "AccessDenied")

    def missing(self, place: Place) -> Refused:
        return Refused(404, "NoSuchKey", details={"Key": place.key})

    def frozen(self, stored: Stored) -> Refused | None:
        if stored.storage_class not in _ARCHIVED or stored.restored:
            return None
        text = "The operation is not valid for the object's storage class"
        return Refused(403, "InvalidObjectState", text, {"StorageClass": stored.storage_class})

    def told(
        self, message: Message, stored: Stored, digests: Digests, behaviour: Behaviour
    ) -> dict[str, str]:
        headers = {} if self._mode == "gcs" else _classes(stored)
        if self._mode == "gcs":
            # It is of the stored bytes, so a range has it as well; composed objects lack the MD5.
            md5 = "" if digests.parts else f",md5={base64.b64encode(digests.md5).decode()}"
            crc = _bent(digests.told("crc32c", composite=False), behaviour)
            return {"x-goog-hash": f"crc32c={crc}{md5}"}
        if "range" in message.headers:
            return headers
        if self._mode == "obs":
            wrong = behaviour.crc64 == "wrong"
            signed = "authorization" in message.headers or "X-Amz-Signature" in message.query
            name = f"x-{'amz' if signed else 'obs'}-checksum-crc64ecma"
            return headers | ({name: str(digests.crc64xz ^ wrong)} if stored.crc64 else {})
        # As a parameter it means nothing; as a header it has to be signed, as any x-amz- header.
        if message.headers.get("x-amz-checksum-mode", "").upper() != "ENABLED":
            return headers
        return headers | _checksum(stored, digests, behaviour)

    def listed(self, message: Message, place: Place) -> bytes:
        objects = self.buckets[place.bucket]
        return lists.listed(
            place.bucket,
            objects,
            dict(message.parameters()),
            lambda key: self.etag(key, objects[key]),
        )

    def received(self, message: Message, place: Place, body: bytes) -> dict[str, str]:
        stored = uploads.received(message, body)
        self.put(str(place), stored)
        told = {"ETag": f'"{self.etag(place.key, stored)}"'}
        brought = f"x-amz-checksum-{stored.checksum}"
        return told | {k: v for k, v in message.headers.items() if k == brought}

    def common(self, place: Place | None) -> dict[str, str]:
        headers = {"x-amz-request-id": "LOCALREQUEST0001", "Server": "AmazonS3"}
        if place is not None and not place.key and place.bucket:
            headers["x-amz-bucket-region"] = self._elsewhere.get(place.bucket, self.region)
        return headers

    def refusal(self, message: Message, place: Place | None, refused: Refused) -> web.Response:
        resource = message.path
        details = [("Code", refused.code), ("Message", refused.message), *refused.details.items()]
        ids = [("Resource", resource), ("RequestId", "LOCALREQUEST0001"), ("HostId", "local")]
        headers = self.common(place) | dict(refused.headers)
        return web.Response(
            status=refused.status,
            body=document(("Error", [*details, *ids])) if refused.status != 304 else None,
            headers=headers | {"Content-Type": "application/xml"},
        )

    def _redirect(self, place: Place) -> Refused:
        region = self._elsewhere[place.bucket]
        text = "The bucket you are attempting to access must be addressed using the specified "
        endpoint = f"{place.bucket}.s3.{region}.amazonaws.com"
        return Refused(
            301,
            "PermanentRedirect",
            f"{text}endpoint. Please send all future requests to this endpoint.",
            {"Endpoint": endpoint, "Bucket": place.bucket},
            {"x-amz-bucket-region": region},
        )


def _classes(stored: Stored) -> dict[str, str]:
    headers = {}
    if stored.storage_class != "STANDARD":
        headers["x-amz-storage-class"] = stored.storage_class
    if stored.restored:
        headers["x-amz-restore"] = (
            'ongoing-request="false", expiry-date="Fri, 31 Dec 2100 00:00:00 GMT"'
        )
    return headers


def _checksum(stored: Stored, digests: Digests, behaviour: Behaviour) -> dict[str, str]:
    if not stored.checksum:
        return {}
    told = digests.told(stored.checksum, composite=stored.composite)
    return {
        f"x-amz-checksum-{stored.checksum}": _bent(told, behaviour),
        "x-amz-checksum-type": "COMPOSITE" if stored.composite else "FULL_OBJECT",
    }


def _bent(told: str, behaviour: Behaviour) -> str:
    """Return a checksum, or the wrong one that a behaviour wants."""
    if behaviour.crc64 != "wrong":
        return told
    return ("A" if told[0] != "A" else "B") + told[1:]
