"""Frozen objects over HTTP: RestoreObject, and how an object tells that it was restored."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from tests.localcloud.oss.rules import archive, documents
from tests.localcloud.oss.rules.archive import Restore, RestoreRequest
from tests.localcloud.oss.rules.objects import StoredObject
from tests.localcloud.oss.rules.refusals import Refusal, malformed_xml
from tests.localcloud.oss.skin import replies
from tests.localcloud.oss.skin.bodies import read_document
from tests.localcloud.oss.skin.call import Call, Handler


async def restore_object(call: Call) -> web.StreamResponse:
    asked = _read(await read_document(call))
    try:
        status, restore = _restored(call, asked)
    except Refusal as refusal:
        _count(call, refusal.status)
        raise
    _count(call, status)
    priority = {"x-oss-object-restore-priority": restore.tier} if restore.tier else {}
    return replies.empty(status, priority)


def _restored(call: Call, asked: RestoreRequest) -> tuple[int, Restore]:
    bucket, item = call.bucket, call.bucket.get(call.key)
    storage_class = item.attributes.storage_class
    status, restore = archive.restored(storage_class, item.restore, asked, call.now)
    bucket.objects[call.key] = replace(item, restore=restore)
    return status, restore


def _count(call: Call, status: int) -> None:
    call.server.restores[f"{call.target.bucket}/{call.key}"][status] += 1


async def clean_restored_object(call: Call) -> web.StreamResponse:
    bucket, item = call.bucket, call.bucket.get(call.key)
    archive.check_cleanable(item.attributes.storage_class, item.restore, call.now)
    bucket.objects[call.key] = replace(item, restore=None)
    return replies.empty()


def status(item: StoredObject, now: float) -> str:
    """Return ``x-oss-restore``; empty if never restored, or if that is over."""
    restore = item.restore
    if restore is None:
        return ""
    if restore.ongoing(now):
        return 'ongoing-request="true"'
    if not restore.readable(now):
        return ""
    expiry = documents.http_time(restore.expires_at)
    return f'ongoing-request="false", expiry-date="{expiry}"'


def check_readable(call: Call, item: StoredObject, direct_read: bool) -> None:
    """Refuse to read a frozen object; ``direct_read`` is its bucket's."""
    archive.check_readable(item.attributes.storage_class, item.restore, direct_read, call.now)


def bill(call: Call, item: StoredObject, size: int) -> None:
    """Count what a reader asked for of an object that is frozen, and was not refused.

    By the range that was asked for: whoever hangs up early pays all the same.
    """
    if archive.is_frozen(item.attributes.storage_class):
        readable = item.restore is not None and item.restore.readable(call.now)
        call.server.read_directly += 0 if readable else size


def _read(body: bytes) -> RestoreRequest:
    if not body.strip():
        return RestoreRequest()
    document = documents.parse(body, "RestoreRequest")
    days = document.findtext("Days") or "1"
    if not days.isdigit():
        raise malformed_xml()
    parameters = document.find("JobParameters")
    tier = documents.text(parameters, "Tier") if parameters is not None else None
    return RestoreRequest(int(days), tier)


HANDLERS: dict[str, Handler] = {
    "RestoreObject": restore_object,
    "CleanRestoredObject": clean_restored_object,
}
