"""A local COS: what it checks of a request, and what it says of objects and errors."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from tests.localcloud.cos import lists
from tests.localcloud.cos.signature import verified
from tests.localcloud.faces.credential import Credential, Message
from tests.localcloud.faces.face import Face, Objects
from tests.localcloud.faces.place import Place, decoded, in_front_of
from tests.localcloud.faces.refused import Refused
from tests.localcloud.faces.stored import Digests, Stored
from tests.localcloud.faces.xml import document
from tests.localcloud.origin.behaviours import Behaviour

_ARCHIVED = ("ARCHIVE", "DEEP_ARCHIVE")
_OTHERS = {
    *("acl", "cors", "delete", "lifecycle", "location", "partNumber", "policy", "restore"),
    *("tagging", "uploadId", "uploads", "versionId", "versioning", "versions", "website"),
}


class COS(Face):
    """Buckets of one region, each a host of its own.

    The face's own address is a custom domain: it stands for the bucket ``home``, which is the only
    one unless said otherwise. ``back_to_origin`` says where keys that a bucket lacks are fetched.
    """

    server = "cos"

    def __init__(
        self,
        objects: Path | Objects,
        credentials: Iterable[Credential] = (),
        region: str = "ap-guangzhou",
        *,
        home: str = "",
        buckets: Iterable[str] = (),
        public: Iterable[str] = (),
        back_to_origin: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(objects, credentials, buckets=buckets, public=public, now=now)
        self.region = region
        self._home = home or next(iter(self.buckets), "")
        self._back_to_origin = back_to_origin or {}
        self._domains = (f"cos.{region}.myqcloud.com", f"cos.{region}.tencentcos.cn")

    def place(self, message: Message) -> Place:
        host = message.headers.get("host", "")
        bucket = in_front_of(host, self._domains)
        if bucket is None and host.endswith((".myqcloud.com", ".tencentcos.cn")):
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        key = decoded(message.path.removeprefix("/"))
        return Place(self._home if bucket is None else bucket, key)

    def admit(self, message: Message, place: Place) -> None:
        credential = verified(message, self.credentials, self.now())
        if _OTHERS & {name for name, _ in message.form()}:
            raise Refused(501, "NotImplemented", "This operation is not implemented")
        self.bucket(place)
        if credential is None:
            if place.bucket not in self.public or message.method not in ("GET", "HEAD"):
                raise Refused(403, "AccessDenied", "Access Denied.")
        elif credential.buckets is not None and place.bucket not in credential.buckets:
            raise Refused(403, "AccessDenied", "Access Denied.")

    def missing(self, place: Place) -> Refused:
        origin = self._back_to_origin.get(place.bucket)
        if origin is None:
            return Refused(404, "NoSuchKey")
        location = origin.rstrip("/") + "/" + quote(place.key)
        return Refused(302, "Found", "The object is elsewhere", headers={"Location": location})

    def frozen(self, stored: Stored) -> Refused | None:
        if stored.storage_class not in _ARCHIVED or stored.restored:
            return None
        text = "The operation is not valid for the object's storage class"
        return Refused(403, "InvalidObjectState", text)

    def told(
        self, message: Message, stored: Stored, digests: Digests, behaviour: Behaviour
    ) -> dict[str, str]:
        headers = {}
        if stored.crc64:
            # Of the whole object, in the reply to a range as well.
            headers["x-cos-hash-crc64ecma"] = str(digests.crc64xz ^ (behaviour.crc64 == "wrong"))
        if stored.storage_class != "STANDARD":
            headers["x-cos-storage-class"] = stored.storage_class
        if stored.restored:
            headers["x-cos-restore"] = 'ongoing-request="false"'
        return headers

    def listed(self, message: Message, place: Place) -> bytes:
        objects = self.buckets[place.bucket]
        return lists.listed(
            place.bucket,
            objects,
            dict(message.form()),
            lambda key: self.etag(key, objects[key]),
        )

    def received(self, message: Message, place: Place, body: bytes) -> dict[str, str]:
        md5 = message.headers.get("content-md5")
        if md5 is not None and md5 != base64.b64encode(hashlib.md5(body).digest()).decode():
            raise Refused(400, "BadDigest", "The Content-MD5 you specified did not match")
        told = {
            name.title(): value
            for name, value in message.headers.items()
            if name in ("content-type", "cache-control") or name.startswith("x-cos-meta-")
        }
        storage_class = message.headers.get("x-cos-storage-class", "STANDARD")
        stored = self.put(str(place), Stored(body, storage_class=storage_class, headers=told))
        content = self.content(place.key, stored, Behaviour())
        with contextlib.closing(content):
            digests = self.digests(content)
        return {"ETag": f'"{digests.etag}"', "x-cos-hash-crc64ecma": str(digests.crc64xz)}

    def common(self, place: Place | None) -> dict[str, str]:
        headers = {"x-cos-request-id": "LOCALREQUEST0001", "Server": "tencent-cos"}
        if place is not None and not place.key and place.bucket:
            headers["x-cos-bucket-region"] = self.region
        return headers

    def refusal(self, message: Message, place: Place | None, refused: Refused) -> web.Response:
        host = message.headers.get("host", "")
        fields = [("Code", refused.code), ("Message", refused.message), *refused.details.items()]
        ids = [
            ("Resource", host + message.path),
            ("RequestId", "LOCALREQUEST0001"),
            ("TraceId", "x"),
        ]
        headers = self.common(place) | dict(refused.headers)
        return web.Response(
            status=refused.status,
            body=document(("Error", [*fields, *ids])) if refused.status != 304 else None,
            headers=headers | {"Content-Type": "application/xml"},
        )
