"""Programs, what is gathered of their outputs, and the jobs that they are run by."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS = (
    ByHand(
        "programs/settle.py",
        "who else was faster, and what it recorded",
        "            except ObjectExists:\n                return self._lost(record, stop)\n",
        "            except ObjectExists:\n                return record, True\n",
    ),
    ByHand(
        "programs/settle.py",
        "to remove what did not come to count",
        "            self._forget()\n            if found:",
        "            if found:",
    ),
    ByHand(
        "programs/settle.py",
        "to give up uploads that are open",
        "            self.outputs.abort()\n            found",
        "            found",
    ),
    ByHand(
        "programs/settle.py",
        "to note the keys before anything is stored",
        'self.receipt.write(state="storing", keys=keys, uploads=uploads)\n        return',
        "return",
    ),
    ByHand(
        "programs/settle.py",
        "that objects may have been replaced",
        "    if not any(side_by_side(looks, stop, _LOOKS_AT_ONCE)):\n        return record\n",
        "    return record\n",
    ),
    ByHand(
        "programs/settle.py",
        "to remove only what nobody names",
        "own.mark:\n            self._forget()\n            return there",
        "own.mark:\n            return there",
    ),
    ByHand(
        "programs/record.py",
        "that a record is written once",
        'headers = {**_JSON, "x-oss-forbid-overwrite": "true"}',
        "headers = {**_JSON}",
    ),
    ByHand(
        "programs/record.py",
        "that another version of the source is another item",
        "job.source.key, version, program.name",
        "job.source.key, program.name",
    ),
    ByHand(
        "programs/record.py",
        "that another program of the name is another",
        "program.name, program.digest)",
        "program.name)",
    ),
    ByHand(
        "programs/record.py",
        "that parameters are part of what was asked",
        "*(sorted(parameters.items()), job.target.bucket",
        "*(job.target.bucket",
    ),
    ByHand(
        "programs/record.py",
        "that a younger attempt may be about to count",
        "if written < oldest]",
        "]",
    ),
    ByHand(
        "programs/program.py",
        "that no file is not always right",
        "        if not files and not program.may_be_empty:",
        "        if False:",
    ),
    ByHand(
        "programs/program.py",
        "to see that all of a stream was read",
        "        if streamed and not ended.why:\n            streamed.require_read()\n",
        "",
    ),
    ByHand(
        "programs/program.py",
        "to check a stream",
        "        if streamed:\n            streamed.check()\n",
        "",
    ),
    ByHand(
        "programs/program.py",
        "the code that it ended with",
        "        require_success(program, ended, until, disk)\n        if streamed:",
        "        if streamed:",
    ),
    ByHand(
        "programs/program.py",
        "what attempts left that came to no end",
        "        forget_abandoned(job, cloud, id)\n",
        "",
    ),
    ByHand(
        "programs/output.py",
        "that what names others comes last, and in turn",
        "        for output in late:\n            made += self._make([output], stop)\n",
        "        made += self._make(late, stop)\n",
    ),
    ByHand(
        "programs/output.py",
        "that a file may become shorter",
        "        if not count:\n            raise ",
        "        if not count:\n            break\n            raise ",
    ),
    ByHand(
        "apart/process.py",
        "that the environment is nobody's business",
        "**(of_python if is_python else {}), **environment(folder, declared)",
        "**os.environ, **environment(folder, declared)",
    ),
    ByHand(
        "apart/process.py",
        "the disk",
        '                why = "disk" if used(folder) > limits.disk else ""\n',
        "",
    ),
    ByHand("apart/warden.py", "what hides in sessions of its own", "    _remove_rest()\n", ""),
    ByHand(
        "apart/warden.py",
        "that a parent may have gone before",
        'if os.getppid() != asked["parent"]:',
        "if False:",
    ),
    ByHand(
        "gathered/batches.py",
        "that the oldest come first",
        "key=lambda each: (each.since, each.id)",
        "key=lambda each: each.id",
    ),
    ByHand(
        "gathered/batches.py",
        "those that are in a batch",
        " if each.id not in used]\n    members",
        "]\n    members",
    ),
    ByHand(
        "gathered/batches.py",
        "that a batch is of exactly so many",
        "return members if short or len(members) == when else ()",
        "return members",
    ),
    ByHand(
        "gathered/batches.py",
        "that a group may begin again with the same numbers",
        "{number}-{digest}{attempt",
        "{number}{attempt",
    ),
    ByHand(
        "gathered/batches.py",
        "that all of a job is its own group",
        "[*then.target], job),",
        "[*then.target]),",
    ),
    ByHand(
        "gathered/group.py",
        "that a batch is made once",
        '_ONCE = {**_JSON, "x-oss-forbid-overwrite": "true"}',
        "_ONCE = {**_JSON}",
    ),
    ByHand(
        "gathered/group.py",
        "an item that was noted, and whose wait got lost",
        " or not _batch_of(bucket, self._member(id)):",
        ":",
    ),
    ByHand(
        "gathered/group.py",
        "that an item may be in a batch already",
        "if self._is_new(bucket, self._member(id)) or not _batch_of(bucket, self._member(id)):",
        "if self._is_new(bucket, self._member(id)) or True:",
    ),
    ByHand(
        "gathered/group.py",
        "that versioning lets two make one name",
        "        if self._bucket.versioning():",
        "        if False:",
    ),
    ByHand(
        "gathered/count.py",
        "whoever else is at it",
        "            if others and group.now() - made < _YOUNG:",
        "            if False:",
    ),
    ByHand(
        "gathered/count.py", "to mark members", "        group.mark(batch.members, number)\n", ""
    ),
    ByHand(
        "gathered/count.py",
        "that a batch may never be run",
        "        group.open(number)\n        submit(group, number, text",
        "        submit(group, number, text",
    ),
    ByHand(
        "gathered/count.py",
        "to have a batch run",
        "        submit(group, number, text, self._cloud)\n",
        "",
    ),
    ByHand(
        "gathered/count.py",
        "that members wait no more",
        "        group.settle(number)\n        group.forget_waiting(batch.members)\n",
        "        group.settle(number)\n",
    ),
    ByHand(
        "gathered/count.py",
        "what was noted late",
        " for each in some if each.id not in used]",
        " for each in some]",
    ),
    ByHand(
        "gathered/count.py",
        "to ask about versioning",
        "        group.require_once()\n        if group.make",
        "        if group.make",
    ),
    ByHand(
        "gathered/count.py",
        "to come back when the oldest has waited enough",
        "        self._come_back(waiting)\n",
        "",
    ),
    ByHand(
        "gathered/count.py",
        "that whoever makes a batch may die",
        "if self._thorough:\n            named",
        "if False:\n            named",
    ),
    ByHand("gathered/do.py", "to note an item", "    group.note(id)\n", ""),
    ByHand("gathered/do.py", "that a batch has a result", "    group.close(job.batch)\n", ""),
    ByHand(
        "gathered/do.py",
        "batches that were given up",
        '"again": submit_again(group, cloud)}',
        '"again": list[int]()}',
    ),
    ByHand(
        "gathered/inputs.py",
        "that an output may have been replaced",
        "if source.size != made.size or source.crc64 not in (None, made.crc64):",
        "if False:",
    ),
    ByHand(
        "gathered/many.py",
        "to count a share",
        "            Counting(self._group, self._then, self._cloud, noted=self._noted).done()\n",
        "            pass\n",
    ),
    ByHand(
        "gathered/many.py",
        "that a job has its own group of all",
        'own = "" if then.when else id',
        'own = ""',
    ),
    ByHand(
        "bulk/afterwards.py", "that items failed", "    if tally.failed and (", "    if False and ("
    ),
    ByHand(
        "bulk/afterwards.py",
        "a job that was stopped",
        '.get("status") == "stopped":',
        '.get("status") == "never":',
    ),
    ByHand(
        "bulk/afterwards.py",
        "jobs whose failed items were done again",
        "    while (head := jobs[-1].head) and head.again_of:",
        "    while (head := jobs[-1].head) and False:",
    ),
    ByHand(
        "bulk/afterwards.py",
        "the order of keys",
        "for key in sorted(records)]",
        "for key in records]",
    ),
)
