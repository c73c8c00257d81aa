"""Many items: small ones, their children, and the jobs that they are of."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS = (
    ByHand(
        "small/queue.py",
        "that a host is asked by no more at once than it serves",
        "and host.running + 1 <= host.limit",
        "",
    ),
    ByHand(
        "small/queue.py",
        "that a host that only refuses is given up",
        "if host.refused >= _ROUNDS:\n                return False",
        "",
    ),
    ByHand(
        "small/held.py",
        "that what is held is bounded",
        "stack.enter_context(memory.of(first))",
        "",
    ),
    ByHand(
        "small/held.py",
        "to compare what came with what was announced",
        'raise SourceUnavailable(f"the source announced {size} bytes, and gave more or less")',
        "pass",
    ),
    ByHand(
        "small/many.py",
        "that more streams have to move more",
        "now_rate < rate * _BETTER",
        "True",
    ),
    ByHand(
        "small/one.py",
        "that a transfer decides what has to stay",
        'self._as_transfer and (job.overwrite == "never" or may_be)',
        "False",
    ),
    ByHand(
        "small/one.py",
        "that a range tells the size of what comes in pieces",
        "_of_size(source, len(body)) if self._as_transfer else source",
        "source",
    ),
    ByHand(
        "small/inside.py",
        "that a copy is what its source is",
        "    _require_same(made, source.crc64, name)\n    proven",
        "    proven",
    ),
    ByHand(
        "small/inside.py",
        "by which mark a copy is known again",
        "lambda there: there.metadata.get(UPLOAD_MARK) == mark",
        "lambda there: True",
    ),
    ByHand(
        "small/one.py",
        "to look before an object is asked for",
        "if not item.etag and not paid:",
        "if paid and not paid:",
    ),
    ByHand(
        "small/inside.py",
        "that OSS copies archived objects for a price",
        "require_readable(name, source, direct_read=job.direct_read)",
        "pass",
    ),
    ByHand(
        "invocation/warrant.py",
        "where a receipt goes",
        "if job.receipt and not _is_own(job.receipt, warrant, endpoint):",
        "if False:",
    ),
    ByHand(
        "invocation/messages.py",
        "that messages for one object keep their order",
        "writers[each] > 1 or readers[each]",
        "readers[each]",
    ),
    ByHand(
        "invocation/messages.py",
        "that what one message reads may be what another one writes",
        "or any(writers[each] for each in read[number])",
        "",
    ),
    ByHand(
        "invocation/messages.py",
        "that those that depend on each other stay in one event",
        "groups.insert(0, [messages[place] for place in sorted(bound)])",
        "groups += [[messages[place]] for place in sorted(bound)]",
    ),
    ByHand(
        "invocation/batch.py",
        "that what is stuck is not done",
        "if place in self._stuck or place not in self._told",
        "if place not in self._told",
    ),
    ByHand(
        "invocation/batch.py",
        "what failed for certain already",
        "if place in self._failed:",
        "if False:",
    ),
    ByHand(
        "invocation/handover.py",
        "that events that are too large are not sent in part",
        "                fitting(event)\n",
        "                pass\n",
    ),
    ByHand(
        "invocation/handover.py",
        "that each event has an outcome of its own",
        'f"{request_id}-{n}" for n',
        "request_id for n",
    ),
    ByHand(
        "items/copy.py",
        "to record what is done before a large item begins",
        "if large and not self._many.over:\n            self._told.record_so_far()",
        "",
    ),
    ByHand(
        "items/child.py",
        "that records go to OSS alone",
        "_require_own_records(job, own, settings)\n    with",
        "with",
    ),
    ByHand(
        "sharing/progress.py",
        "that what was on record beyond the cursor counts",
        "self.tally = head.sum",
        "self.tally = head.tally",
    ),
    ByHand(
        "sharing/gathering.py",
        "that what nobody had time for has not failed",
        "if left is not None and not self._has_time and not self._stopping:",
        "if False:",
    ),
    ByHand(
        "ledger/state.py",
        "that later ones stay",
        "there.epoch > head.epoch",
        "there.epoch != head.epoch",
    ),
    ByHand(
        "ledger/state.py",
        "that an epoch is one coordinator's own",
        "while not self._create(epoch_name(self.id, epoch), json.dumps(request_id).encode()):",
        "while False:",
    ),
    ByHand(
        "bulk/supply.py",
        "that a restore may end before an item's turn comes",
        'return item._replace(etag="") if kind == DIRECT else item',
        "return item",
    ),
)
