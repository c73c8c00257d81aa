"""What a report comes to, in one sentence, by rules over what was measured. Pure."""

from __future__ import annotations

from .. import words
from .figures import rate, seconds
from .model import Bulk, Document, Transfer
from .throughput import throughput

_AGAIN = "Send the same event again: the finished parts are kept where that is possible."
# What errors ask for, where it is not to send the event again: docs/events.md.
_TO_DO = {
    "InvalidEvent": "Correct the event, and send it again.",
    "NotConfirmed": "Send it again without confirm_above, or with a higher one.",
    "InvalidSettings": "Correct the function's environment variables, and send the event again.",
    "SourceRefused": "Remove the cause, or sign the URL anew, and send the event again.",
    "SourceArchived": "Send it again once the source is restored.",
    "SourceGone": "Nothing is at that URL: look for the right one.",
    "SourceChanged": "Send it again to copy what the source is now.",
    "RangeNotHonoured": "Its server contradicts itself: give another URL of the same file.",
    "SourceBusy": "Send it again later, or with fewer streams and max_children.",
    "TargetRefused": "Allow the function's role to write there, and send the event again.",
    "ObjectExists": "Delete the object, or send the event with another overwrite.",
    "ChildRefused": "Allow the role to invoke the function, and send the event again.",
    "ChildThrottled": "Send it again later: Function Compute had no instance available.",
    "OutOfTime": "Raise the function's timeout, and send the event again.",
    "Unfinished": "Send it again; if nothing gets done, raise timeout or max_children.",
    "BulkFailed": "Send the failed items again once their causes are gone.",
    "InternalError": "This is a bug of ossferry: please report it.",
}


def verdict(document: Document) -> str:
    """One sentence; of a failure its error, and a second one that says what to do."""
    if document.error is not None:
        said = document.error.message.strip() or document.error.type or "it failed"
        return f"{_sentence(said)} {_TO_DO.get(document.error.type, _AGAIN)}"
    return _of_many(document) if isinstance(document, Bulk) else _of_one(document)


def _of_one(transfer: Transfer) -> str:
    if transfer.status == "unchanged":
        return "The object already was this source, so nothing had to be copied."
    if transfer.status == "updated":
        return "The object already was this source; OSS gave it what the event newly asks of it."
    if transfer.status != "copied":
        return f"It ended as {transfer.status}. {_AGAIN}"
    took = seconds(transfer.seconds.get("total", 0))
    if "copied_by_oss" in transfer.proof:
        return f"OSS copied it itself in {took}, and no byte passed the function."
    if transfer.pace is None:
        if transfer.parts.get("count", 0) > 1:
            return f"One stream copied it in {took}: its source, or expected_md5, allows no more."
        return f"One stream copied it in {took}; there was nothing to divide."
    return _limited(transfer, transfer.pace.limit, took)


def _limited(transfer: Transfer, limit: str, took: str) -> str:
    most = rate(throughput(transfer).sustained)
    connections = words.several(transfer.pace.connections if transfer.pace else 0, "connection")
    if limit == "source":
        return f"The source gave at most {most} in all; more children would not have helped."
    if limit == "oss":
        held = seconds(sum(run.delayed for run in transfer.runs))
        return f"OSS held answers back, for {held} in all; more children would not have helped."
    if limit == "fc":
        refused = words.several(int(transfer.children.get("throttled", 0)), "invocation")
        return (
            f"Function Compute had no instance for {refused}; with a higher quota of instances it"
            " would have been faster."
        )
    if limit == "instance":
        return (
            f"The coordinator's instance was at its limit, {most}, and more children were not"
            " allowed; a higher max_children would have helped."
        )
    if limit == "asked":
        return (
            f"The event or the settings allowed no more than {connections}, which gave {most};"
            " higher streams or max_children would have helped."
        )
    if limit == "work":
        return f"It was done in {took}; more children would not have been worth their start."
    return f"It was copied in {took}, at {most} at its best."


def _of_many(bulk: Bulk) -> str:
    counts = {name: int(count) for name, count in bulk.counts.items()}
    items, failed = counts.get("items", 0), counts.get("failed", 0)
    took = seconds(bulk.seconds.get("total", 0))
    if counts.get("waiting"):
        waiting = words.several(counts["waiting"], "object")
        return f"{_up(waiting)} wait to be restored; the rest of the job goes on once they are."
    if failed:
        cause = max(bulk.causes, key=lambda each: bulk.causes[each], default="")
        mostly = f", mostly by {cause}" if cause else ""
        return (
            f"{failed:,} of {words.several(items, 'item')} failed{mostly}; ossferry again"
            f" {bulk.id} does them once more when the cause is gone."
        )
    if bulk.status == "stopped":
        return f"The job was stopped after {took}; ossferry resume {bulk.id} goes on with it."
    if counts.get("restored"):
        return f"{words.several(counts['restored'], 'object')} restored in {took}, and none failed."
    if counts.get("done"):
        return f"All {words.several(items, 'item')} are done after {took}, and none failed."
    if not counts.get("copied"):
        return f"All {words.several(items, 'item')} were there already, which took {took} to see."
    return f"All {words.several(items, 'item')} are there after {took}, and none failed."


def _sentence(text: str) -> str:
    text = _up(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _up(text: str) -> str:
    return text[:1].upper() + text[1:]
