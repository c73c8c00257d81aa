"""Mutants of our own choice: a step of a promise left out. Nothing generic makes these.

Each row: the file, what the mutant forgets, the text that is replaced, and by what.
"""

from __future__ import annotations

from typing import NamedTuple


class ByHand(NamedTuple):
    path: str
    forgets: str
    before: str
    after: str


ROWS = (
    # Who may write, and what a sweep touches.
    ByHand("cloud.py", "that a sweep may not touch every bucket", "may_write(target.key)\n", "\n"),
    ByHand(
        "oss/allowed.py",
        "that buckets are allowed one by one",
        "settings.allows_bucket(bucket) if own",
        "True if own",
    ),
    ByHand(
        "records/sweep.py",
        "the age that was asked for",
        "_removed(bucket, name, oldest)] += 1",
        "_removed(bucket, name)] += 1",
    ),
    ByHand(
        "records/leftovers.py",
        "to look at the age again",
        'if written > oldest:\n        return "kept"',
        "",
    ),
    ByHand(
        "records/leftovers.py",
        "the upper bound of what may have been announced",
        "written <= since <= written + _SOON",
        "written <= since",
    ),
    ByHand(
        "records/leftovers.py",
        "the lower bound of what may have been announced",
        "written <= since <= written + _SOON",
        "since <= written + _SOON",
    ),
    ByHand(
        "records/leftovers.py",
        "that an upload may be in another record",
        "candidates - _on_record(bucket, opened.key)",
        "candidates",
    ),
    ByHand(
        "records/leftovers.py",
        "that an upload may hold parts",
        "if _is_empty(bucket, opened.key, upload_id):",
        "if True:",
    ),
    # Records.
    ByHand(
        "records/record.py",
        "the seal of a record",
        'document.pop("seal") == _seal(document)',
        'document.pop("seal")',
    ),
    ByHand(
        "records/record.py",
        "the version of a record",
        'if document.get("version") != _VERSION:',
        "if False:",
    ),
    ByHand(
        "records/proven.py",
        "the CRC64 of a listed part",
        "and there.crc64 in (None, part.crc64)",
        "",
    ),
    ByHand(
        "records/proven.py",
        "the ETag of a listed part",
        "(there.size, there.etag) == (part.size, part.etag)",
        "there.size == part.size",
    ),
    ByHand(
        "records/proven.py",
        "that parts of two runs may share cells",
        "if taken.isdisjoint(cells):",
        "if True:",
    ),
    ByHand(
        "copying/receipt.py",
        "the seal of a receipt",
        'if not hmac.compare_digest(seal(document, secret), str(document["seal"])):',
        "if False:",
    ),
    ByHand(
        "copying/receipt.py",
        "that a receipt is given up at the end",
        "if self._uploader:",
        "if False:",
    ),
    ByHand(
        "records/receipts.py",
        "that a record has to say as much before a receipt goes",
        "for name, numbers in self._heard.items() if numbers <= known]",
        "for name, numbers in self._heard.items()]",
    ),
    ByHand(
        "records/receipts.py",
        "what a child that failed may have done",
        "told if told or not result.error else frozenset(numbers)",
        "told",
    ),
    ByHand(
        "records/checkpoint.py",
        "to believe receipts",
        "(*record.parts, *there.parts)",
        "record.parts",
    ),
    ByHand(
        "records/leftovers.py",
        "that receipts go with their record",
        "bucket.delete_all([receipt for receipt, _ in bucket.names(receipts_of(name))])",
        "pass",
    ),
    ByHand(
        "records/sweep.py",
        "that a receipt goes with its record",
        "if record in names:",
        "if False:",
    ),
    ByHand(
        "records/recorder.py",
        "that a long record is written more seldom",
        "_TIMES = 10.0",
        "_TIMES = 0.0",
    ),
    ByHand(
        "invocation/warrant.py",
        "where a receipt goes",
        "if job.receipt and not _is_own(job.receipt, warrant, endpoint):",
        "if False:",
    ),
    ByHand(
        "records/checkpoint.py",
        "that expectations make another transfer",
        "[job.expected_size, job.expected_crc64, job.expected_md5],",
        "",
    ),
    ByHand(
        "records/checkpoint.py",
        "to announce an upload",
        "self._bucket.write(self._unanswered, self._record.encode())\n",
        "\n",
    ),
    ByHand(
        "records/checkpoint.py",
        "to write a record that was found",
        "written = self._write(state)",
        "written = True",
    ),
    ByHand(
        "records/checkpoint.py",
        "to try again to write a record that was found",
        "if there.names or not written:",
        "if there.names:",
    ),
    ByHand(
        "records/checkpoint.py",
        "to delete receipts that were found",
        "if there.names or not written:",
        "if not written:",
    ),
    # What a source is known by.
    ByHand(
        "source/nodes.py",
        "that the first ETag of nodes has to come back",
        "if last.ref.pin == first.ref.pin:",
        "if True:",
    ),
    ByHand(
        "source/nodes.py",
        "that the first ETag may come back",
        "if last.ref.pin == first.ref.pin:",
        "if False:",
    ),
    ByHand(
        "source/nodes.py",
        "that a source with another ETag in each reply cannot be split",
        "splittable=now.splittable and not now.etag_dropped",
        "splittable=now.splittable",
    ),
    ByHand(
        "source/nodes.py",
        "that a dropped ETag is no missing one",
        "splittable=splittable, etag_dropped=True",
        "splittable=splittable",
    ),
    ByHand(
        "source/nodes.py",
        "that only a reply with its ETag is what another run knew",
        "if Identity.of(seen).has_etag_of(before)",
        "if Identity.of(seen).may_be_same(before)",
    ),
    ByHand(
        "source/identity.py",
        "that a dropped ETag matches nothing that had one",
        "if (self.etag_dropped and other.by_etag) or (other.etag_dropped and self.by_etag):",
        "if False:",
    ),
    ByHand(
        "source/identity.py",
        "that no ETag is not an ETag in common",
        "return bool(self.by_etag) and self.by_etag == other.by_etag",
        "return self.by_etag == other.by_etag",
    ),
    ByHand(
        "transfer/coordinator.py",
        "that a source that is another by now has another checksum",
        "source=source, expected=Expectations.of(transfer.job, source)",
        "source=source",
    ),
    ByHand(
        "transfer/coordinator.py",
        "that an object with the ETag of a node may be of other bytes",
        "return seen is not None and is_source(existing, job, seen)",
        "return seen is not None",
    ),
    ByHand("oss/bucket.py", "the Content-MD5 of records", ', "Content-MD5": md5}', "}"),
    # Completing, and not.
    ByHand(
        "oss/multipart.py",
        "whose the object is after a lost completion",
        "found = self._bucket.made_with(self.mark, self._key)\n                if found is None:",
        "found = self._bucket.head(self._key)\n                if found is None:",
    ),
    ByHand(
        "oss/multipart.py",
        "the size of the completed object",
        "if done.size != size or (",
        "if (",
    ),
    ByHand(
        "oss/multipart.py",
        "the CRC64 of the completed object",
        "if done.size != size or (None not in (done.crc64, crc64) and done.crc64 != crc64):",
        "if done.size != size:",
    ),
    ByHand(
        "oss/bucket.py",
        "that an answer of 200 may be an error",
        'if b"<Error>" in body:',
        "if False:",
    ),
    ByHand(
        "oss/bucket.py",
        "that a part may arrive after the abort",
        "self._once(lambda: self._records.list_parts(key, upload_id, max_parts=1))\n",
        "return\n",
    ),
    ByHand("oss/bucket.py", "clocks that differ", "_CLOCK_SKEW = 15 * 60", "_CLOCK_SKEW = 0"),
    ByHand(
        "records/checkpoint.py",
        "to abort after an error",
        "if self._upload is None or self._upload.abort():",
        "if True:",
    ),
    ByHand(
        "transfer/transfer.py",
        "that somebody else may have completed it",
        "self._give_way()\n",
        "\n",
    ),
    # Copies inside OSS.
    ByHand(
        "oss/headers.py",
        "a copy's precondition",
        'return {"x-oss-copy-source-if-match": f\'"{etag}"\'} if etag else {}',
        "return {}",
    ),
    ByHand(
        "oss/bucket.py",
        "a copied object's precondition",
        'asked = {**if_still(etag), "x-oss-metadata-directive"',
        'asked = {"x-oss-metadata-directive"',
    ),
    ByHand(
        "oss/bucket.py",
        "a copied part's precondition",
        "headers=if_still(etag),",
        "",
    ),
    ByHand(
        "transfer/inside_oss.py",
        "to compare the CRC64 of a copy",
        "if None not in (info.crc64, source.crc64) and info.crc64 != source.crc64:",
        "if False:",
    ),
    ByHand(
        "transfer/inside_oss.py",
        "to compare the source with what is expected",
        "transfer.expected.check(size, source.crc64, md5=None)\n",
        "pass\n",
    ),
    # Proof.
    ByHand(
        "transfer/by_parts.py",
        "to compare the whole with what is expected",
        "expected.check(plan.grid.size, crc64, md5=None)\n",
        "\n",
    ),
    ByHand(
        "transfer/one_pass.py",
        "to compare the pass with what is expected",
        "transfer.expected.check(copy.size, copy.crc64, copy.md5)",
        "pass",
    ),
    ByHand(
        "transfer/one_pass.py",
        "that less may have come than was announced",
        "if size is not None and copy.size != size:",
        "if False:",
    ),
    ByHand(
        "transfer/one_put.py", "the Content-MD5 of an object", '"Content-MD5": content_md5,', ""
    ),
    ByHand(
        "transfer/one_put.py",
        "to compare an object whose PUT was not answered",
        "if made.size != size or made.crc64 not in (None, crc64):",
        "if False:",
    ),
    ByHand(
        "copying/stream.py",
        "to compare what OSS stored with what was sent",
        "if stored.crc64 is not None and stored.crc64 != crc:",
        "if False:",
    ),
    # Replies and connections.
    ByHand(
        "copying/judge.py",
        "the size of the source in a reply",
        "if said.total is not None and pin.size is not None and said.total != pin.size:",
        "if False:",
    ),
    ByHand(
        "copying/judge.py",
        "the Content-Encoding of a reply",
        "if coding != pin.coding:",
        "if False:",
    ),
    ByHand("copying/body.py", "to read a reply to its end", "self._reader.finish()", "pass"),
    ByHand(
        "copying/reader.py",
        "that credentials stay with their host",
        "headers = {k: v for k, v in headers.items() if k.lower() in _HARMLESS}",
        "pass",
    ),
    ByHand(
        "copying/upload.py",
        "the drop after an early answer",
        "return self._unavailable(error)\n        self._connection.drop()",
        "return self._unavailable(error)",
    ),
    ByHand(
        "copying/upload.py",
        "the drop after a broken answer",
        "        self._connection.drop()\n        return TargetUnavailable",
        "        return TargetUnavailable",
    ),
    ByHand(
        "http/reply.py",
        "the drop after an unread answer",
        "if not self.complete or not self._keeps or self._until_close:",
        "if not self._keeps or self._until_close:",
    ),
    ByHand(
        "http/reply.py",
        "the drop of a connection on which something waits",
        "return not self._ahead and not decrypted and not self._incoming.poll(0)",
        "return not self._ahead and not decrypted",
    ),
    ByHand(
        "http/connection.py",
        "the drop where the next request goes elsewhere",
        "if self._socket is None or self._origin != url.origin:",
        "if self._socket is None:",
    ),
    ByHand(
        "http/reply.py",
        "bytes that were read ahead of the next reply",
        "return not self._ahead and not decrypted and",
        "return not decrypted and",
    ),
    ByHand(
        "http/netguard.py",
        "that nothing opens the metadata service",
        "if address in _METADATA or not {*_METADATA}.isdisjoint(_behind_nat64(address)):",
        "if address in _METADATA and not self._allowed:",
    ),
    ByHand(
        "http/dial.py",
        "TLS's farewell",
        "suppress_ragged_eofs=False",
        "suppress_ragged_eofs=True",
    ),
    # What is asked ahead.
    ByHand(
        "copying/stream.py",
        "to ask for the next part",
        "self._reader.ask_ahead(following.range)",
        "pass",
    ),
    ByHand(
        "copying/stream.py",
        "that a part ahead is held until there is an answer",
        "                stored = self._uploader.finish()\n"
        "                self.delayed += stored.delayed\n"
        "                return",
        "            stored = self._uploader.finish()\n"
        "            self.delayed += stored.delayed\n"
        "            return",
    ),
    ByHand(
        "copying/board.py",
        "that other streams are free",
        "len(self._waiting) > free:",
        "self._waiting:",
    ),
    ByHand(
        "copying/board.py",
        "that who has a part ahead is not free",
        "len(self._runs.keys() | self._ahead.keys())",
        "len(self._runs)",
    ),
    ByHand(
        "copying/board.py",
        "the part ahead of one that is sent again",
        "                self._give_ahead_back(stream)\n            raise",
        "                pass\n            raise",
    ),
    ByHand(
        "copying/board.py",
        "the part ahead of a stream that ends",
        "        self._give_ahead_back(stream)\n        self._left -= 1",
        "        self._left -= 1",
    ),
    ByHand(
        "http/connection.py",
        "that a reply is to what was asked ahead",
        "if self._ahead != text or self._origin != url.origin:",
        "if self._ahead is None:",
    ),
    ByHand(
        "http/connection.py",
        "that the same request may go to two servers",
        "if self._ahead != text or self._origin != url.origin:",
        "if self._ahead != text:",
    ),
    ByHand(
        "http/connection.py",
        "that a reply is read once",
        "        self._ahead = None\n        until",
        "        until",
    ),
    ByHand(
        "http/connection.py",
        "that a reply waits on a connection that is kept only",
        "if not self._reuse(url):\n            return\n",
        "self._reuse(url)\n",
    ),
    # Stops.
    ByHand("copying/board.py", "to call a losing copy off", "other.call_off()", "pass"),
    ByHand(
        "copying/board.py",
        "that a losing copy's stream is done",
        "self._called_off.add(other)",
        "pass",
    ),
    ByHand(
        "copying/board.py",
        "to call streams off at the end",
        "for stream in self._runs:\n            stream.call_off()",
        "",
    ),
    ByHand(
        "copying/stream.py",
        "that a stop interrupts the source",
        "self._reader.interrupt()",
        "pass",
    ),
    ByHand(
        "copying/stream.py",
        "that a stop interrupts the PUT",
        "self._uploader.interrupt()",
        "pass",
    ),
    ByHand(
        "copying/stream.py",
        "that a stop ends the wait for another attempt",
        "self._stop.set()\n        self._reader",
        "self._reader",
    ),
    ByHand(
        "copying/child.py",
        "that a stop ends a slice",
        "(stop or Stop()).then(board.stop)",
        "Stop().then(board.stop)",
    ),
    ByHand(
        "transfer/copiers.py",
        "to end the own copying on leaving",
        "self._stack.callback(self._streams.close)",
        "pass",
    ),
    ByHand(
        "copying/streams.py",
        "to call off on closing",
        "for each in copying:\n            each.call_off()",
        "",
    ),
    ByHand(
        "copying/streams.py",
        "who was called off before it began",
        "self._stream = None if self._over else stream\n        return not self._over",
        "self._stream = stream\n        return True",
    ),
    ByHand(
        "copying/streams.py",
        "that a late call-off is nothing to the next part",
        "self._sent = self._stream.sent\n            self._stream = None",
        "self._sent = self._stream.sent",
    ),
    ByHand(
        "transfer/one_pass.py",
        "that a stop interrupts a pass",
        "cloud.stop.then(interrupt)",
        "cloud.stop.then(lambda: None)",
    ),
    ByHand(
        "transfer/one_pass.py",
        "that a stop interrupts a PUT",
        "ends.append(copy.interrupt)",
        "pass",
    ),
    ByHand("transfer/one_pass.py", "that time ends a pass", "timer.start()", "pass"),
    ByHand("spread/fanout.py", "a stop", "if self._stop.is_set():", "if False:"),
    ByHand(
        "http/connection.py",
        "an interruption before there was a socket",
        "if self._interrupted or self._socket is None:",
        "if self._socket is None:",
    ),
    # The fan-out.
    ByHand(
        "pace/grid.py",
        "that a number is of a cell",
        "return Part(first + 1, ByteRange(first * self.cell, stop))",
        "return Part(first // count + 1, ByteRange(first * self.cell, stop))",
    ),
    ByHand(
        "pace/grid.py",
        "that parts keep their size",
        "self._returned.popleft() if self._returned else self._cut(size, back)",
        "self._cut(size, back) or (self._returned.popleft() if self._returned else None)",
    ),
    ByHand(
        "pace/grid.py",
        "that a part that is done may have several cells",
        "free = first + grid.cells_of(part.size)",
        "free = first + 1",
    ),
    ByHand(
        "pace/grid.py",
        "the largest part of OSS",
        "min(wanted, stop - start, MAX_PART // self.grid.cell)",
        "min(wanted, stop - start)",
    ),
    ByHand(
        "pace/grid.py",
        "a part size that was asked for",
        "wanted = 1 if self.grid.even else max",
        "wanted = max",
    ),
    ByHand(
        "pace/grid.py",
        "that what is handed back is left",
        "self._returned.append(part)\n            self.left += part.range.size",
        "self._returned.append(part)",
    ),
    ByHand(
        "pace/grid.py",
        "OSS's largest object",
        "if size > MAX_OBJECT:",
        "if False:",
    ),
    ByHand("spread/fanout.py", "the last call", "if now < self._last_call:", "if True:"),
    ByHand(
        "spread/fanout.py",
        "to end after the last call when nobody copies",
        "if now >= self._deadline or (now >= self._last_call and not self._runs):",
        "if now >= self._deadline:",
    ),
    ByHand("spread/fanout.py", "a pause", "if now < self._pace.resume:", "if False:"),
    ByHand(
        "spread/fanout.py",
        "that own streams take from the back",
        "self._work.take(self._pace.part_size(self._runs), back=True)",
        "self._work.take(self._pace.part_size(self._runs))",
    ),
    ByHand(
        "spread/fanout.py",
        "what is late",
        "back=True) or self._late(now)",
        "back=True)",
    ),
    ByHand(
        "spread/fanout.py",
        "that few are copied twice",
        "if self._second >= max(1, self._pace.own_streams(self._runs) // _SECOND_COPIES):",
        "if False:",
    ),
    ByHand(
        "spread/fanout.py",
        "that others may have a part in hands",
        "return tuple(part for part in missing if part.number not in taken)",
        "return tuple(missing)",
    ),
    ByHand(
        "spread/fanout.py",
        "to call a losing copy off",
        "self._copiers.call_off(other)",
        "pass",
    ),
    ByHand(
        "spread/fanout.py",
        "that the first copy counts",
        "news = [part for part in result.parts if part.number not in self.done]",
        "news = [*result.parts]",
    ),
    ByHand(
        "spread/fanout.py",
        "to hand out again what was left out",
        "self._work.give_back(part for part in left if part not in again)",
        "pass",
    ),
    ByHand(
        "spread/fanout.py",
        "that children may always fail",
        "if run.by_child and self._attempts[part.number]]",
        "if False]",
    ),
    ByHand(
        "spread/fanout.py",
        "that a busy source costs no attempt",
        "if isinstance(error, SourceBusy):",
        "if False:",
    ),
    ByHand(
        "spread/fanout.py",
        "that a source may be busy for too long",
        "return self._pace.raise_if_hopeless(self._clock(), error)",
        "return",
    ),
    ByHand(
        "spread/fanout.py",
        "that some errors are final",
        "if not error.retryable and not isinstance(error, OutOfTime):",
        "if False:",
    ),
    ByHand(
        "spread/fanout.py",
        "that a child may run out of its own time",
        "if not error.retryable and not isinstance(error, OutOfTime):",
        "if not error.retryable:",
    ),
    ByHand(
        "spread/fanout.py",
        "that attempts are bounded",
        "if max(self._attempts[part.number] for part in left) >= _ATTEMPTS:",
        "if False:",
    ),
    ByHand(
        "spread/fanout.py",
        "that a late child counts once",
        "elif run not in self._helped:",
        "else:",
    ),
    ByHand(
        "spread/fanout.py",
        "what a late child comes to last",
        "return left[-1]",
        "return left[0]",
    ),
    ByHand(
        "pace/pace.py",
        "a late child of whose source nothing is known",
        "        if run.by_child:\n            rate",
        "        if run.by_child and self.rate is not None:\n            rate",
    ),
    ByHand(
        "copying/stream.py",
        "to give a buffer back",
        'self._buffer = memoryview(b"")',
        "pass",
    ),
    ByHand(
        "copying/streams.py",
        "that few buffers are large",
        "self._large += size == LARGE",
        "pass",
    ),
    ByHand(
        "copying/board.py",
        "that a slice goes back when most of its streams are gone",
        "return self.stepped_down * 2 > self._streams and bool(self._waiting)",
        "return False",
    ),
    ByHand(
        "copying/streams.py",
        "that who is called off blames nobody",
        "if called_off and not result.parts:",
        "if False:",
    ),
    ByHand(
        "copying/streams.py",
        "that a stream that failed is done",
        "usable=not called_off and result.error is None",
        "usable=not called_off",
    ),
    ByHand(
        "copying/streams.py",
        "to close who has nothing to do",
        "closing = [each for since, each in self._idle if now - since > _IDLE]",
        "closing = list[Stream]()",
    ),
    ByHand(
        "copying/streams.py",
        "to close idle streams in the end",
        "for _, stream in self._idle:\n            stream.close()",
        "",
    ),
    ByHand(
        "copying/streams.py",
        "that streams count on from part to part",
        "retried, delayed = stream.retried, stream.delayed\n            if",
        "if",
    ),
    ByHand(
        "copying/lagging.py",
        "that peers may stall as well",
        "theirs = middle([*moved.values()]) or self._usual() * (now - since)",
        "theirs = self._usual() * (now - since)",
    ),
    ByHand(
        "copying/lagging.py",
        "what is usual where no peer moves",
        "middle([*moved.values()]) or self._usual() * (now - since)",
        "middle([*moved.values()])",
    ),
    ByHand(
        "copying/lagging.py",
        "that only what was moved since counts",
        "self._before[each] - before[each] for",
        "self._before[each] for",
    ),
    ByHand(
        "copying/lagging.py",
        "that a connection is given up once",
        "answered = True\n        return True",
        "return True",
    ),
    ByHand(
        "transfer/copiers.py",
        "that a child that fails is heard of",
        "return CopyResult((), error=error)",
        "raise error",
    ),
    ByHand(
        "transfer/copiers.py",
        "the streams that a child is to have",
        "streams=run.streams",
        "streams=1",
    ),
)
