"""Jobs of many items, what they thaw, their lists, and what triggers send."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS = (
    ByHand(
        "bulk/begin.py",
        "that somebody may be at it",
        "        alive = state.is_alive(_ALIVE)\n",
        "        alive = False\n",
    ),
    ByHand(
        "bulk/begin.py",
        "that a crash tells nothing of what was begun",
        "head.bare and head.status == HANDED_OVER",
        "head.bare",
    ),
    ByHand(
        "bulk/asked.py",
        "that headers may be secrets",
        '    if job.common.get("source_headers") or not all',
        "    if not all",
    ),
    ByHand(
        "bulk/coordinator.py",
        "that a list may change while its job waits",
        "                if source.version == head.version and not is_fruitless(begun.head):",
        "                if not is_fruitless(begun.head):",
    ),
    ByHand(
        "bulk/coordinator.py",
        "that whoever is told to stop may wait",
        "    if head is None or head.status != WAITING:\n        return reply\n",
        "    if True:\n        return reply\n",
    ),
    ByHand(
        "bulk/supply.py",
        "what a list has that two items would make",
        "    if suspects:\n",
        "    if False:\n",
    ),
    ByHand(
        "bulk/supply.py",
        "to refuse a list of which a row leaves the prefix",
        "        elif row.leaves or job.strict:\n",
        "        elif job.strict:\n",
    ),
    ByHand(
        "bulk/source.py",
        "that a URL that is signed anew is the same",
        'return source.partition("?")[0] if source.strip().lower().startswith("http") else source',
        "return source",
    ),
    ByHand(
        "bulk/source.py",
        "that a manifest may name files of others",
        '    if not name or not {".", ".."}.isdisjoint(key.split("/")):\n',
        "    if False:\n",
    ),
    ByHand(
        "bulk/work.py",
        "that another has taken the job before its end",
        "    if state.is_taken_from(head):\n        return under_way(head)\n    if gathering",
        "    if gathering",
    ),
    ByHand(
        "bulk/work.py",
        "to tell what has been asked for when it is to stop",
        "gathering.settle(slices if work.job.thaw else iter(()))",
        "gathering.settle(iter(()))",
    ),
    ByHand(
        "bulk/work.py",
        "that what is on record is not done again",
        "        if name not in known and (only is None or name in only):",
        "        if only is None or name in only:",
    ),
    ByHand(
        "bulk/work.py",
        "that a round is of what waits",
        "    if head.round:\n",
        "    if False:\n",
    ),
    ByHand(
        "bulk/begin.py",
        "that only a job that has ended is done again",
        "    if head is None or not head.over:\n        raise",
        "    if head is None:\n        raise",
    ),
    ByHand(
        "bulk/begin.py",
        "that what is asked twice is one job",
        "        if last and (head := last.head()) and not head.over:\n            return last\n",
        "",
    ),
    ByHand(
        "bulk/coordinator.py",
        "that a dry run does nothing",
        "        if job.dry_run:\n            return dry_reply(job, source, cloud, bucket)\n",
        "",
    ),
    ByHand(
        "bulk/source.py",
        "that something may be where targets are",
        '    nothing_there = not bucket.page(job.target.key, "", 1).entries\n',
        "    nothing_there = True\n",
    ),
    ByHand(
        "bulk/work.py",
        "that another has taken what there was no time for",
        "        if work.state.is_taken_from(head):\n            return under_way(head)\n"
        "        raise",
        "        raise",
    ),
    ByHand(
        "bulk/work.py",
        "that an event may ask for fewer children",
        "most if self.job.max_children is None else min(most, self.job.max_children)",
        "most",
    ),
    ByHand(
        "thaw/settle.py",
        "that what freezes again is not restored for ever",
        "    if each.item.restores >= RESTORES:\n",
        "    if False:\n",
    ),
    ByHand(
        "thaw/restorer.py",
        "that one bucket may refuse what others allow",
        "len(denied) == len(answers) and not self._allowed:",
        "not self._allowed:",
    ),
    ByHand(
        "lists/manifests.py",
        "that what an inventory names may be deleted",
        ' or deleted.lower() == "true":',
        ":",
    ),
    ByHand(
        "lists/unpack.py",
        "that a packed list may be cut off",
        "    if member:\n",
        "    if False:\n",
    ),
    ByHand(
        "listing/beside.py",
        "that not every ETag is of the content",
        'etag if entry.type == "Normal" and _MD5.fullmatch(etag)',
        "etag if _MD5.fullmatch(etag)",
    ),
    ByHand(
        "messages/give.py",
        "that telling of failures may have been interrupted",
        'reply["status"] == "done" or unfinished',
        'reply["status"] == "done"',
    ),
    ByHand(
        "messages/give.py",
        "that a reason may have a secret",
        "cut=False, secrets=self._program.environment.values())",
        "cut=False)",
    ),
    ByHand(
        "triggers/oss_event.py",
        "that a key may lead to records once it is decoded",
        " or key.startswith(FOLDER):\n        return None\n    return ObjectName",
        ":\n        return None\n    return ObjectName",
    ),
    ByHand(
        "triggers/oss_event.py",
        "that outputs of a program may arrive",
        "        if rule.loops(source.bucket):\n",
        "        if False:\n",
    ),
)
