"""Random rules in the local cloud's fault language, for each of its servers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

Rule = Mapping[str, Any]
Rules = tuple[Rule, ...]
_Make = Callable[[random.Random], dict[str, Any]]

_RECORDS = ".ossferry/*"
_CRC64 = "x-oss-hash-crc64ecma"
# What a source may tell its CRC64 with, and how the fault language calls reading it.
_SAID = {"origin": _CRC64, "cos": "x-cos-hash-crc64ecma"}
_READING = {"origin": "GET"}
_CONTROL = (
    "HeadObject",
    "InitiateMultipartUpload",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "ListParts",
    "GetObject",
    "DeleteObject",
)
_BODIES = ("UploadPart", "UploadPart", "UploadPart", "PutObject")


def oss_rules(chance: random.Random) -> Rules:
    """Return what goes wrong in OSS."""
    makers: tuple[_Make, ...] = (_refused_by_oss, _answer_lost, _body_harmed, _body_harmed)
    makers += (_completion_refused, _checksum_missing)
    return _some(chance, makers, (0, 0, 1, 1, 2, 3))


def fc_rules(chance: random.Random) -> Rules:
    """Return what goes wrong in Function Compute."""
    return _some(chance, (_call_fails,), (0, 0, 0, 1, 2))


def source_rules(chance: random.Random, store: str, *, says_crc64: bool, dates_tell: bool) -> Rules:
    """Return what goes wrong at the source, which is in this store.

    Damage only where the source itself can prove it, in all of its replies; and no reply without an
    ETag where nothing else tells one version from another.
    """
    makers: tuple[_Make, ...] = (_refused_by_source, _reply_harmed, _reply_harmed)
    if dates_tell:
        makers += (_validators_missing,)
    if says_crc64:
        makers += (chance.choice([_damaged, _no(_SAID[store])]),)
    reading = _READING.get(store, "GetObject")
    rules = [{"operation": reading, **rule} for rule in _some(chance, makers, (0, 0, 0, 1, 1, 2))]
    if store == "s3" and chance.random() < 0.4:
        rules.append({"operation": "HeadObject", **_mute(chance)})
    return tuple(rules)


def _some(chance: random.Random, makers: tuple[_Make, ...], counts: tuple[int, ...]) -> Rules:
    return tuple(
        {**chance.choice(makers)(chance), **_when(chance)} for _ in range(chance.choice(counts))
    )


def _when(chance: random.Random) -> dict[str, Any]:
    kind = chance.random()
    if kind < 0.4:
        return {"nth": chance.randint(1, 6)}
    if kind < 0.8:
        return {"times": chance.choice([1, 1, 2, 3])}
    return {"probability": round(chance.uniform(0.1, 0.6), 2)}


def _trickled(chance: random.Random) -> dict[str, Any]:
    """The head of an answer comes byte by byte, for longer than patience may last."""
    return {"trickle_head": round(chance.uniform(0.2, 3.0), 2)}


def _refused_by_oss(chance: random.Random) -> dict[str, Any]:
    action: Rule = chance.choice(
        [{"status": 503}, {"status": 500}, {"status": 403, "code": "AccessDenied"}]
    )
    return {"operation": chance.choice(_CONTROL + _BODIES), **_place(chance), **action}


def _answer_lost(chance: random.Random) -> dict[str, Any]:
    action: Rule = chance.choice([{"drop_reply": True}, {"delay": 0.3}, _trickled(chance)])
    return {"operation": chance.choice(_CONTROL + _BODIES), **_place(chance), **action}


def _body_harmed(chance: random.Random) -> dict[str, Any]:
    action: Rule = chance.choice(
        [
            {"corrupt_at": chance.randrange(60)},
            {"cut_after": chance.randrange(90_000)},
            {"stall_after": chance.randrange(90_000)},
            {"bytes_per_second": chance.randint(20_000, 200_000)},
            {"headers": {_CRC64: None}},
        ]
    )
    return {"operation": chance.choice(_BODIES), **_place(chance), **action}


def _completion_refused(chance: random.Random) -> dict[str, Any]:
    """What is in the object's place may have the same bytes already."""
    action: Rule = chance.choice(
        [
            {"status": 403, "code": "AccessDenied"},
            {"status": 409, "code": "OperationConflict"},
            {"status": 500, "code": "InternalError"},
        ]
    )
    return {"operation": "CompleteMultipartUpload", **action}


def _checksum_missing(chance: random.Random) -> dict[str, Any]:
    operation = chance.choice(["HeadObject", "CompleteMultipartUpload", "*"])
    return {"operation": operation, "headers": {_CRC64: None}}


def _place(chance: random.Random) -> dict[str, Any]:
    return {"key": _RECORDS} if chance.random() < 0.15 else {}


def _call_fails(chance: random.Random) -> dict[str, Any]:
    action: Rule = chance.choice(
        [
            {"kill": True},
            {"kill": True},
            {"drop_reply": True},
            {"delay": 0.3},
            _trickled(chance),
            {"status": 429, "code": "ResourceExhausted"},
            {"status": 500, "code": "InternalServerError"},
            {"status": 403, "code": "AccessDenied"},
        ]
    )
    role = chance.choice(["copy", "copy", "transfer"])
    return {"operation": "InvokeFunction", "key": role, **action}


def _refused_by_source(chance: random.Random) -> dict[str, Any]:
    return {"status": chance.choice([500, 503, 503, 429, 403, 404])}


def _damaged(chance: random.Random) -> dict[str, Any]:
    return {"corrupt_at": chance.randrange(50_000)}


def _no(checksum: str) -> _Make:
    return lambda chance: {"headers": {checksum: None}}


def _mute(chance: random.Random) -> dict[str, Any]:
    """What would prove the object is not told, or comes late, or of another object."""
    return dict(
        chance.choice(
            [
                {"status": chance.choice([403, 405, 500, 503])},
                {"drop_reply": True},
                {"delay": 0.3},
                _trickled(chance),
                {"headers": {"ETag": chance.choice([None, '"another"'])}},
            ]
        )
    )


def _validators_missing(chance: random.Random) -> dict[str, Any]:
    missing = chance.choice([["ETag"], ["Last-Modified"], ["ETag", "Last-Modified"]])
    return {"headers": dict.fromkeys(missing)}


def _reply_harmed(chance: random.Random) -> dict[str, Any]:
    return dict(
        chance.choice(
            [
                {"cut_after": chance.randrange(90_000)},
                {"stall_after": chance.randrange(90_000)},
                {"bytes_per_second": chance.randint(20_000, 200_000)},
                {"drop_reply": True},
                {"delay": 0.3},
                _trickled(chance),
            ]
        )
    )
