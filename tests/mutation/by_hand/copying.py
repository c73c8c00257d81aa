"""How bytes are copied and proven, and how an object comes to be."""

from __future__ import annotations

from tests.mutation.by_hand.row import ByHand

ROWS = (
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
        "copying/stream.py",
        "the second checksum of a part",
        "check = self._second(self._buffer[:count], check)",
        "check = self._second(self._buffer[:count], 0)",
    ),
    ByHand(
        "copying/stream.py",
        "to compare what OSS stored with what was sent",
        "if stored.crc64 is not None and stored.crc64 != crc:",
        "if False:",
    ),
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
        "copying/reader.py",
        "that what is left of a redirect is read",
        "if self._kept:\n                self.drain(_OF_REDIRECT)",
        "",
    ),
    ByHand(
        "copying/reader.py",
        "that what is not restored is read for a price",
        "if told or unpaid:",
        "if told:",
    ),
    ByHand(
        "copying/copy_job.py",
        "to tell children what nobody pays for",
        '"unpaid": self.source.unpaid,',
        "",
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
    ByHand(
        "transfer/transfer.py",
        "that somebody else may have completed it",
        "self._give_way()\n",
        "\n",
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
    ByHand(
        "transfer/by_parts.py",
        "the second checksum of the source",
        "second_of_all(parts, source.checksum)",
        "None",
    ),
    ByHand(
        "transfer/by_parts.py",
        "to compare the whole with what is expected",
        "expected.check(plan.grid.size, crc64, md5=None, second=second)\n",
        "\n",
    ),
    ByHand(
        "transfer/one_pass.py",
        "to compare the pass with what is expected",
        "transfer.expected.check(copy.size, copy.crc64, copy.md5, copy.check)",
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
        "transfer/copiers.py",
        "to end the own copying on leaving",
        "self._stack.callback(self._streams.close)",
        "pass",
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
