"""What a writer says about an object besides its bytes: headers, metadata, class, ACL, tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.localcloud.oss.rules import tags as tagging
from tests.localcloud.oss.rules.refusals import Refusal, invalid_argument, not_implemented

STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
BUCKET_ACLS = ("private", "public-read", "public-read-write")
OBJECT_ACLS = ("default", *BUCKET_ACLS)

METADATA_PREFIX = "x-oss-meta-"
_MOST_METADATA_BYTES = 8 * 1024
_KEPT = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)
_ENCRYPTION = "x-oss-server-side-encryption"
_ENCRYPTION_KEY = f"{_ENCRYPTION}-key-id"
_DATA_ENCRYPTION = "x-oss-server-side-data-encryption"
# The key that KMS has for whoever names none; oss2's tests read it from HeadObject.
_DEFAULT_KEY = "00000000-0000-0000-0000-000000000000"
_REFUSED_ON_WRITES = ("if-modified-since", "if-match", "if-none-match", "if-unmodified-since")


@dataclass(frozen=True, slots=True)
class Attributes:
    """Header names are in lower case; metadata names come without their prefix.

    ``encryption`` are the headers that tell of it, in replies to writes and reads alike.
    """

    headers: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    storage_class: str = "Standard"
    acl: str = "default"
    tags: dict[str, str] = field(default_factory=dict)
    encryption: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], storage_class: str) -> Attributes:
        """Read a write's headers; ``storage_class`` is the bucket's, for when they name none."""
        _check_text(headers)
        return cls(
            headers={name: headers[name] for name in _KEPT if name in headers},
            metadata=_metadata(headers),
            storage_class=read_storage_class(headers.get("x-oss-storage-class", storage_class)),
            acl=read_object_acl(headers.get("x-oss-object-acl", "default")),
            tags=tagging.from_header(headers.get("x-oss-tagging", "")),
            encryption=_encryption(headers),
        )


def check_unconditional(headers: Mapping[str, str]) -> None:
    """Refuse conditions on a write, which OSS does not implement.

    A copy may carry them: ali-oss repeats those for its source without their prefix, and the
    service takes no notice (inferred from that client's tests).
    """
    for name in _REFUSED_ON_WRITES:
        if name in headers:
            raise not_implemented(name)


def check_unencrypted(headers: Mapping[str, str]) -> None:
    """Refuse what only Initiate may say of an upload, on its parts and on Complete."""
    for name in (_ENCRYPTION, _DATA_ENCRYPTION):
        if name in headers:
            raise invalid_argument("Only InitiateMultipartUpload may encrypt.", name, headers[name])


def _encryption(headers: Mapping[str, str]) -> dict[str, str]:
    names = (_ENCRYPTION, _ENCRYPTION_KEY, _DATA_ENCRYPTION)
    said = {name: headers[name] for name in names if name in headers}
    method = said.get(_ENCRYPTION, "")
    known = method in ("", "AES256", "KMS", "SM4")
    if not known or said.get(_DATA_ENCRYPTION, "SM4") != "SM4":
        message = "The Encryption Method specified is not supported."
        raise Refusal(400, "InvalidEncryptionAlgorithmError", message)
    if method == "KMS":
        return {_ENCRYPTION_KEY: _DEFAULT_KEY, **said}
    # A key and a data encryption mean nothing without KMS, as oss2's own tests have it.
    return {_ENCRYPTION: method} if method else {}


def _check_text(headers: Mapping[str, str]) -> None:
    """Refuse headers that are not UTF-8: they could not be given back as they came."""
    for name, value in headers.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise invalid_argument("The header is not valid UTF-8.", name, "") from None


def read_storage_class(text: str) -> str:
    if text not in STORAGE_CLASSES:
        message = "The specified storage class is not valid."
        raise invalid_argument(message, "x-oss-storage-class", text)
    return text


def read_redundancy(text: str) -> str:
    if text not in ("LRS", "ZRS"):
        message = "The specified data redundancy type is not valid."
        raise invalid_argument(message, "DataRedundancyType", text)
    return text


def read_object_acl(text: str) -> str:
    if text not in OBJECT_ACLS:
        raise invalid_argument("no such object access control exists", "x-oss-object-acl", text)
    return text


def read_bucket_acl(text: str) -> str:
    if text not in BUCKET_ACLS:
        raise invalid_argument("no such bucket access control exists", "x-oss-acl", text)
    return text


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    metadata = {
        name.removeprefix(METADATA_PREFIX): value
        for name, value in headers.items()
        if name.startswith(METADATA_PREFIX)
    }
    if sum(len(name) + len(value) for name, value in metadata.items()) > _MOST_METADATA_BYTES:
        message = "The total size of user metadata must not exceed 8 KB."
        raise Refusal(400, "InvalidArgument", message)
    return metadata
