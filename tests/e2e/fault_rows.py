"""What goes wrong, and what is to come of it: one row each."""

from __future__ import annotations

from tests.e2e.fault_table import Row, Rule, child, origin, oss, part_1, part_8

PUT = "PutObject"
INITIATE = "InitiateMultipartUpload"
COMPLETE = "CompleteMultipartUpload"
ABORT = "AbortMultipartUpload"
CRC64 = "x-oss-hash-crc64ecma"
ONCE: Rule = {"times": 1}

NOTHING_WRONG = (
    Row("nothing, with children", sent_again=False, invocations=1, child_failed=False),
    Row("nothing, alone", way="alone", sent_again=False, invocations=0),
    Row("nothing, front to back", way="front-to-back", sent_again=False, invocations=0),
    Row("nothing, one request", way="one-request", sent_again=False, invocations=0),
)

SOURCE_REFUSES = (
    Row("source 404", origin(status=404), then="SourceGone", says="404"),
    Row("source 410", origin(status=410), then="SourceGone", says="410"),
    Row("source 401", origin(status=401), then="SourceRefused", says="source_headers"),
    Row("source 403", origin(status=403), then="SourceRefused", says="expiry"),
    Row("source 451", origin(status=451), then="SourceRefused", says="451"),
    Row("source 500", origin(status=500), then="SourceUnavailable", says="500"),
    Row("source 503 at the probe once", origin(status=503, **ONCE), sent_again=False),
    Row("source 429 at the probe once", source=("status:429,retry-after:1,first:1",)),
    Row("source resets at the probe once", origin(drop_reply=True, **ONCE)),
    Row("source 503 at a range once", origin(status=503, nth=3)),
    Row("source 500 at two ranges", origin(status=500, nth=3) + origin(status=500, nth=5)),
    Row("source 403 after the probe", source=("status:403,after:1",), then="SourceRefused"),
    Row("source 404 after the probe", source=("status:404,after:1",), then="SourceGone"),
    Row("source redirects for ever", source=("redirect:loop",), then="SourceRefused"),
    Row("source allows two connections", source=("cap:2,over:503",)),
    Row("source resets beyond two connections", source=("cap:2,over:reset",)),
)

SOURCE_BREAKS_OFF = (
    Row("source cut once", origin(cut_after=60_000, nth=3), sent_again=True),
    Row("source ends early once", source=("close:60000,after:2,first:3",), sent_again=True),
    Row("source ends each range early", source=("close:50000",), sent_again=True),
    Row("source gives half of each range", source=("range:short",), sent_again=True),
    Row("source cuts each reply", source=("cut:50000",), sent_again=True),
    Row("source cut, coordinator", origin(cut_after=60_000, nth=3), way="alone", sent_again=True),
    Row("source cut, one request", origin(cut_after=9_000, nth=2), way="one-request"),
    Row("source cut, front to back", origin(cut_after=500_000, nth=2), way="front-to-back"),
    Row(
        "source cut each time, front to back",
        source=("close:500000",),
        way="front-to-back",
        then="SourceUnavailable",
        says="early",
    ),
)

SOURCE_CHANGES = (
    Row("source changes", source=("version:2,after:2",), then="SourceChanged", says="ETag"),
    Row("source changes late", source=("version:2,after:5",), then="SourceChanged"),
    Row("source changes, by date", source=("etag:none", "version:2,after:2"), then="SourceChanged"),
    Row("source has another ETag each time", source=("etag:fresh",)),
    Row(
        "source changes silently, but says its CRC64",
        source=("crc64:given", "bytes:2,after:3"),
        then="SourceChanged",
        says="CRC64",
    ),
    Row(
        "source damaged on its way, and its CRC64 is expected",
        source=("corrupt:100",),
        fields={"expected_crc64": 1},
        then="ChecksumMismatch",
        says="expected_crc64",
    ),
    Row(
        "source damaged on its way, and it says its CRC64",
        source=("crc64:given", "corrupt:100,after:1"),
        then="SourceChanged",
    ),
)

SOURCE_ANSWERS_SOMETHING_ELSE = (
    Row("range is another", source=("range:shifted",)),
    Row("range is everything as 206", source=("range:whole-206",)),
    Row("range is everything as 200", source=("range:ignored,after:1",)),
    Row("range is not said", source=("range:bare-206",)),
)

OSS_REFUSES = (
    Row("part 503 once, child", part_1(status=503, **ONCE), sent_again=True),
    Row("part 503 once, coordinator", part_8(status=503, **ONCE), sent_again=True),
    Row("part 500 twice", part_1(status=500, times=2), sent_again=True),
    Row("part 503 always", part_1(status=503), then="TargetUnavailable", says="503"),
    Row(
        "part 403",
        part_1(status=403, code="AccessDenied"),
        then="TargetRefused",
        says="AccessDenied",
    ),
    Row("part 503 once, alone", part_1(status=503, **ONCE), way="alone", sent_again=True),
    Row("part 503 once, front to back", part_1(status=503, **ONCE), way="front-to-back"),
    Row("object 503 once", oss(PUT, status=503, **ONCE), way="one-request"),
    Row("object 503 always", oss(PUT, status=503), way="one-request", then="TargetUnavailable"),
    Row("object 403", oss(PUT, status=403), way="one-request", then="TargetRefused"),
    Row("initiate 503 once", oss(INITIATE, status=503, **ONCE)),
    Row("initiate 503 always", oss(INITIATE, status=503), then="TargetUnavailable"),
    Row("initiate 403", oss(INITIATE, status=403), then="TargetRefused", invocations=0),
    Row("complete 503 once", oss(COMPLETE, status=503, **ONCE)),
    Row("complete 503 always", oss(COMPLETE, status=503), then="TargetUnavailable"),
    Row("complete 403", oss(COMPLETE, status=403), then="TargetRefused"),
    Row("head 503 once", oss("HeadObject", status=503, **ONCE)),
    Row("head 403", oss("HeadObject", status=403), then="TargetRefused"),
    Row(
        "abort 503 once, after a part damaged always",
        part_1(corrupt_at=9) + oss(ABORT, status=503, **ONCE),
        then="ChecksumMismatch",
    ),
    Row("qos delay is only a hint", oss("UploadPart", headers={"x-oss-qos-delay-time": "10"})),
)

OSS_LOSES_THE_ANSWER = (
    Row("answer to a part lost once", part_1(drop_reply=True, **ONCE), sent_again=True),
    Row("answers to a part lost", part_1(drop_reply=True), then="TargetUnavailable"),
    Row("answer to initiate lost", oss(INITIATE, drop_reply=True, **ONCE)),
    Row("answers to initiate lost", oss(INITIATE, drop_reply=True), then="TargetUnavailable"),
    Row(
        "answer to initiate lost, front to back",
        oss(INITIATE, drop_reply=True, **ONCE),
        way="front-to-back",
    ),
    Row("answer to complete lost", oss(COMPLETE, drop_reply=True, **ONCE)),
    Row("answer to complete lost twice", oss(COMPLETE, drop_reply=True, times=2)),
    Row("answer to the object lost", oss(PUT, drop_reply=True, **ONCE), way="one-request"),
    Row(
        "answer to abort lost, after a part damaged always",
        part_1(corrupt_at=9) + oss(ABORT, drop_reply=True, **ONCE),
        then="ChecksumMismatch",
    ),
)

ON_THE_WAY_TO_OSS = (
    Row("part damaged once, child", part_1(corrupt_at=70_000, **ONCE), sent_again=True),
    Row("part damaged once, coordinator", part_8(corrupt_at=9, **ONCE), sent_again=True),
    Row("part damaged always", part_1(corrupt_at=9), then="ChecksumMismatch", says="part 1"),
    Row(
        "part damaged once, front to back",
        part_1(corrupt_at=9, **ONCE),
        way="front-to-back",
    ),
    Row(
        "part damaged always, front to back",
        part_1(corrupt_at=9),
        way="front-to-back",
        then="ChecksumMismatch",
    ),
    Row("object damaged once", oss(PUT, corrupt_at=9, **ONCE), way="one-request"),
    Row(
        "object damaged always",
        oss(PUT, corrupt_at=9),
        way="one-request",
        then="ChecksumMismatch",
    ),
    Row("part cut once", part_1(cut_after=70_000, **ONCE), sent_again=True),
    Row("part cut, front to back", part_1(cut_after=70_000, **ONCE), way="front-to-back"),
    Row("object cut once", oss(PUT, cut_after=9_000, **ONCE), way="one-request"),
    Row("OSS gives no CRC64 for parts", oss("UploadPart", headers={CRC64: None})),
    Row(
        "OSS gives another CRC64 for the object",
        oss(COMPLETE, headers={CRC64: "1"}),
        then="ChecksumMismatch",
        untouched=False,
    ),
)

CHILDREN_FAIL = (
    Row("child killed once", child(kill=True, **ONCE), child_failed=True),
    Row("child killed always", child(kill=True), child_failed=True),
    Row("call of a child 429 once", child(status=429, **ONCE), child_failed=False),
    Row("call of a child 429 always", child(status=429), invocations=0),
    Row("call of a child 500 once", child(status=500, **ONCE), child_failed=True),
    Row("call of a child 503 always", child(status=503, code="ResourceThrottled"), invocations=0),
    Row("call of a child 403", child(status=403, code="AccessDenied"), then="ChildRefused"),
    Row("answer of a child lost once", child(drop_reply=True, **ONCE), child_failed=True),
    Row("child starts late", child(delay=0.5), child_failed=False),
)

SILENCE = (
    Row("source stalls once", origin(stall_after=10_000, nth=3), hedged=True),
    Row("OSS stalls once, child", part_1(stall_after=10_000, **ONCE), hedged=True),
    Row("OSS stalls once, coordinator", part_8(stall_after=10_000, **ONCE), hedged=True),
    Row("part slow once", part_1(bytes_per_second=30_000, **ONCE), hedged=True),
)

ROWS = (
    *NOTHING_WRONG,
    *SOURCE_REFUSES,
    *SOURCE_BREAKS_OFF,
    *SOURCE_CHANGES,
    *SOURCE_ANSWERS_SOMETHING_ELSE,
    *OSS_REFUSES,
    *OSS_LOSES_THE_ANSWER,
    *ON_THE_WAY_TO_OSS,
    *CHILDREN_FAIL,
    *SILENCE,
)
