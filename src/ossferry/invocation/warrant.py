"""Whether a coordinator of this function wrote a copy job; children ask before they do anything.

Whoever may invoke the function may send it a job with any URLs. But only the function's role can
read and write the records of transfers, and no event can name one as its target. So a coordinator
puts a secret into the record of its upload, and seals its jobs with it. What a sealed job may write
is judged all the same: parts of that one upload's object, where OSS answers for its bucket.

Every cold child loads this: it is one GET with a URL that is signed here, without the SDK.
"""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from ipaddress import ip_network
from typing import Any

from ..byte_range import KIB
from ..context import Context
from ..copying.copy_job import CopyJob, SourceRef, Warrant, seal
from ..copying.reader import SourceReader
from ..errors import (
    FerryError,
    InvalidEvent,
    NoSuchUpload,
    SourceGone,
    SourceUnavailable,
    TargetRefused,
    TargetUnavailable,
)
from ..http.netguard import NetGuard
from ..names import FOLDER, ObjectName
from ..oss.allowed import judge
from ..oss.endpoint import oss_endpoint
from ..oss.signing import object_address, object_url
from ..records.record import RECEIPT, Record, receipts_of
from ..retry import DEFAULT_POLICY, call
from ..roles.assumed import signing_for
from ..settings import BUCKET, REGION, Settings
from ..urls import Url

# The characters of a record's name, none of which leads elsewhere.
_RECORD = re.escape(FOLDER) + r"[0-9a-z]+/[0-9a-z-]+\.json"
_LIFETIME = 15 * 60 + 60  # seconds: clocks differ
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_PATIENCE = 20.0  # seconds for reading a record, hiccups included
_MOST_KNOWN = 16

# What this instance has read: one GET per transfer, however many jobs it gets.
_known: dict[Warrant, Record] = {}


def check(
    job: CopyJob, document: Mapping[str, Any], context: Context, settings: Settings
) -> CopyJob:
    """The job with the secret that it is sealed with; raise unless it is to be done.

    ``document`` is what it was read from.

    ``InvalidEvent`` for what no coordinator wrote, ``TargetRefused`` for a part that goes elsewhere
    or where events may not write, ``NoSuchUpload`` if the transfer has ended meanwhile.
    """
    warrant = job.warrant
    names = ((REGION, warrant.region), (BUCKET, warrant.bucket), (_RECORD, warrant.record))
    if not all(re.fullmatch(pattern, name) for pattern, name in names):
        raise _unwarranted()
    judge(settings, warrant.bucket, "")
    endpoint = oss_endpoint(warrant.region, context, settings)
    if warrant not in _known:
        # What takes longer is better given to another child.
        until = min(context.deadline, time.monotonic() + _PATIENCE)
        context = context._replace(deadline=until)
        read = partial(_record, warrant, endpoint, context, settings)
        record = call(read, DEFAULT_POLICY, deadline=until)
        look = partial(_require_own_upload, record, warrant, endpoint, context, settings)
        call(look, DEFAULT_POLICY, deadline=until)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[warrant] = record
    record = _known[warrant]
    expected = seal(document, record.secret).encode()
    if not record.secret or not hmac.compare_digest(expected, str(document.get("seal")).encode()):
        raise _unwarranted()
    judge(settings, warrant.bucket, record.key)
    address = object_address(warrant.bucket, record.key, endpoint).redacted
    if any(part.url.redacted != address for part in job.parts):
        raise TargetRefused("a part of the copy job does not go to the object of its record")
    if job.receipt and not _is_own(job.receipt, warrant, endpoint):
        raise TargetRefused("the receipt of the copy job does not go beside its record")
    return job._replace(warrant=warrant._replace(secret=record.secret))


def _is_own(receipt: Url, warrant: Warrant, endpoint: str) -> bool:
    beside = object_address(warrant.bucket, receipts_of(warrant.record), endpoint).redacted
    name = receipt.redacted.removeprefix(beside)
    return bool(re.fullmatch(rf"[0-9a-z]+{re.escape(RECEIPT)}", name))


def _unwarranted() -> InvalidEvent:
    return InvalidEvent(
        "a copy job is only written by a coordinator of this function; for a transfer, send"
        " source_url and so on"
    )


def _record(warrant: Warrant, endpoint: str, context: Context, settings: Settings) -> Record:
    record = Record.decode(_read(warrant.record, {}, warrant, endpoint, context, settings))
    if record is None:
        raise TargetUnavailable("the record of the transfer was damaged on its way, or is none")
    return record


def _require_own_upload(
    record: Record, warrant: Warrant, endpoint: str, context: Context, settings: Settings
) -> None:
    """Raise unless this function's role may list the parts of the upload.

    A record in a bucket that anybody may read could be anybody's; an upload that is listed for the
    role is in a bucket that the role may use, and so could any transfer.
    """
    listing = {"max-parts": "1", "uploadId": record.upload_id}
    _read(record.key, listing, warrant, endpoint, context, settings)


def _read(
    key: str,
    parameters: Mapping[str, str],
    warrant: Warrant,
    endpoint: str,
    context: Context,
    settings: Settings,
) -> bytes:
    """What OSS answers to a GET, signed as this function's role, or the one it has there."""
    name = ObjectName(warrant.region, warrant.bucket, key)
    url = object_url(
        name,
        endpoint,
        signing_for(name, context, settings)(),
        date=time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
        lifetime=_LIFETIME,
        parameters=parameters,
    )
    # Who set an endpoint has judged its address.
    guard = NetGuard(_ANYWHERE if settings.oss_endpoint else settings.allow_networks)
    text = bytearray()
    try:
        with closing(SourceReader(SourceRef(url), guard, context.deadline)) as reader:
            reader.open_whole()
            view = memoryview(bytearray(64 * KIB))
            while count := reader.readinto(view):
                text += view[:count]
    except FerryError as error:
        raise _of_target(error) from error
    return bytes(text)


def _of_target(error: FerryError) -> FerryError:
    """The same about OSS, which the reader takes for a source."""
    if isinstance(error, SourceGone):
        return NoSuchUpload("the transfer's record or upload is gone: it has ended, or never was")
    if isinstance(error, SourceUnavailable):
        return TargetUnavailable(
            f"the record of the transfer could not be read: {error.message}", error.retry_after
        )
    return TargetRefused(
        "the record of the transfer may not be read: allow the function's role oss:GetObject on"
        f" {FOLDER}*, and oss:ListParts, in the target bucket"
    )
