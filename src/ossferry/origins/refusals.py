"""What a store of another cloud says no with, in words about the object. Pure.

S3 API reference, "Error responses"; COS API documentation, "Error codes".
"""

from __future__ import annotations

import re

from ..errors import FerryError, SourceArchived, SourceGone, SourceRefused
from .credentials import BUCKETS, CREDENTIALS
from .place import ForeignName, is_region

_ELSEWHERE = (
    *("PermanentRedirect", "TemporaryRedirect", "AuthorizationQueryParametersError"),
    *("AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
)
_ANOTHER_TIME = ("RequestTimeTooSkewed", "RequestExpired")
_NOT_PUBLIC = (
    "{name} is not public, and no credentials are set for its bucket: set"
    f" {CREDENTIALS}<NAME> and {BUCKETS}<NAME>"
)
_SENTENCES = {
    **dict.fromkeys(
        ("ExpiredToken", "TokenExpired", "ExpiredSecurityToken"),
        "the temporary keys of {keys} have ended: set new ones and send this again",
    ),
    **dict.fromkeys(
        ("InvalidToken", "InvalidSecurityToken", "TokenRefreshRequired"),
        "the token of {keys} does not belong to its keys: set all three anew",
    ),
    **dict.fromkeys(
        _ANOTHER_TIME,
        "the store of {name} takes the request for one of another time: its clock and the"
        " function's differ by minutes, so send this again later",
    ),
    "InvalidAccessKeyId": "the access key of {keys} is not known to the store of {name}: set one"
    " that is",
    "SignatureDoesNotMatch": "the secret of {keys} is not that of its access key: set both anew",
    "AccessDenied": "the keys of {keys} may not read {name}: allow them to get the object, or check"
    " whether it is there, which nobody is told who may not list the bucket",
}


def in_words(
    name: ForeignName, setting: str | None, answer: bytes, region: str | None = None
) -> FerryError | None:
    """The error that an answer means; None for one that says nothing of its own.

    ``setting`` is the name of the keys that were used, None if it was asked as a public one, and
    ``region`` where the head of the answer says that the bucket is.
    """
    text = answer.decode("utf-8", "replace")
    code = _told(text, "Code", "[A-Za-z0-9.]+")
    # Whatever else a store calls a region is shown to nobody.
    told = (region, _told(text, "Region", "[a-z0-9-]+"))
    region = next((each for each in told if each and is_region(each)), None)
    if code == "InvalidObjectState":
        return archived(name)
    if code == "NoSuchBucket":
        return SourceGone(
            f"there is no bucket {name.store}://{name.bucket} where it was looked for: check its"
            " name, source_region and source_endpoint"
        )
    if code == "NoSuchKey":
        return SourceGone(
            f"{name} is not there: check its key, which is written as it is, not percent-encoded"
        )
    sentence = _elsewhere(name, code, region) or _refused(name, setting, code, text)
    return SourceRefused(sentence) if sentence else None


def archived(name: ForeignName) -> SourceArchived:
    return SourceArchived(
        f"{name} is archived and not restored, and ossferry restores nothing in other clouds:"
        " restore it there and send this again"
    )


def _elsewhere(name: ForeignName, code: str | None, region: str | None) -> str | None:
    if code not in _ELSEWHERE or (code.startswith("Authorization") and not region):
        return None
    asked = (
        f"not in the region {name.region}" if name.region else "not in the region of its setting"
    )
    is_in = f"in the region {region}" if region else asked
    return (
        f"{name.store}://{name.bucket} is {is_in}: give its own as source_region, or beside the"
        f" bucket in {BUCKETS}<NAME>"
    )


def _refused(name: ForeignName, setting: str | None, code: str | None, text: str) -> str | None:
    if code == "AccessDenied" and "has expired" in text:
        code = _ANOTHER_TIME[0]
    if setting is None:
        return _NOT_PUBLIC.format(name=name) if code == "AccessDenied" else None
    sentence = _SENTENCES.get(code or "")
    return sentence and sentence.format(name=name, keys=f"{CREDENTIALS}{setting.upper()}")


def _told(text: str, name: str, pattern: str) -> str | None:
    found = re.search(rf"<{name}>({pattern})</{name}>", text)
    return found[1][:64] if found else None
