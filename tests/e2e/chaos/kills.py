"""``python -m tests.e2e.chaos.kills --times 30``: kills the coordinator of a 1 GB transfer.

Each time at another moment, from the first millisecond to the last. The same event has to end well
afterwards, with the right object, and copy no more again than was in somebody's hands or came too
late for the last record.
"""

from __future__ import annotations

import logging
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Any, NamedTuple

import click

from tests.e2e.contents import crc64_of
from tests.e2e.interrupted import asked_of_oss, kill_coordinator, record_names, swept
from tests.e2e.transfers import event_for, headers_of
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

SIZE = 1_000_000_000
PART = 4 * 1024 * 1024
STREAMS = 4
CHILDREN = 8
FIELDS = {"part_size": PART, "streams": STREAMS, "max_children": CHILDREN}
BYTES_PER_SECOND = 4_000_000  # of a stream: seven seconds for all
# Seconds between two records, and what writing one takes here at the worst.
INTERVAL = 2.0 + 1.0


class Copied(NamedTuple):
    """What a re-run did: parts that it found done, and parts that were sent twice in all."""

    reused: int
    again: int
    most: int


class Kills:
    """Transfers on one cloud, each killed once and gone on with."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._count = -(-SIZE // PART)

    def undisturbed(self) -> float:
        """Return how many seconds a transfer takes that nobody kills."""
        began = time.monotonic()
        self._cloud.invoke(self._event("undisturbed"))
        self._cloud.bucket.delete_object("undisturbed")
        return time.monotonic() - began

    def kill_at(self, moment: float, key: str) -> Copied | None:
        """Kill a transfer after so many seconds and go on; None if it had ended by then."""
        event, before = self._event(key), asked_of_oss(self._cloud, "UploadPart")
        began = time.time()
        with ThreadPoolExecutor(1) as caller:
            call = caller.submit(self._cloud.invoke, event)
            time.sleep(moment)
            killed = time.time()
            if not kill_coordinator(self._cloud):
                call.result()
                self._cloud.bucket.delete_object(key)
                return None
            assert isinstance(call.exception(), FunctionError), "it was killed, and answered"
        most = self._unrecorded(began, killed)
        eventually(lambda: not any(each["busy"] for each in self._cloud.instances()), within=30)
        reply = self._cloud.invoke(event)
        self._check(key, reply)
        sent = asked_of_oss(self._cloud, "UploadPart") - before
        return Copied(reply["parts"]["reused"], sent - self._count, most)

    def _unrecorded(self, began: float, killed: float) -> int:
        """How many parts no record can have had by then.

        Those that were sent to OSS since the last record, or were about to be; and those of the
        slices that children were at, or told of within the last interval.
        """
        calls = [each for each in self._cloud.invocations(since=began) if each["role"] == "copy"]
        ends = [each["ended"] for each in calls]
        late = sum(1 for ended in ends if ended is None or ended >= killed - INTERVAL)
        slice_of_ten_seconds = ceil(10 * STREAMS * BYTES_PER_SECOND / PART)
        own = STREAMS * (1 + ceil(INTERVAL * BYTES_PER_SECOND / PART))
        return own + late * (slice_of_ten_seconds + STREAMS)

    def _event(self, key: str) -> dict[str, object]:
        return event_for(
            self._cloud,
            self._cloud.generated("kills", SIZE, f"rate:{BYTES_PER_SECOND}"),
            key,
            **FIELDS,
        )

    def _check(self, key: str, reply: dict[str, Any]) -> None:
        headers = headers_of(self._cloud, key)
        assert reply["status"] == "copied", reply
        assert headers["x-oss-hash-crc64ecma"] == str(crc64_of("kills", SIZE)), "another object"
        swept(self._cloud)  # what was killed while it opened its upload
        assert not open_uploads(self._cloud), "an upload stayed open"
        assert not record_names(self._cloud), "a record stayed"
        self._cloud.bucket.delete_object(key)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--times", type=click.IntRange(1), default=30, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(*, times: int, seed: int) -> None:
    """Kill so many transfers, and tell what each re-run had to copy again."""
    logging.disable(logging.CRITICAL)  # fc2 logs an error for every call that fails on purpose
    chance, failed = random.Random(seed), 0
    with started() as cloud:
        kills = Kills(cloud)
        seconds = kills.undisturbed()
        number = 0
        while number < times:
            moment = chance.uniform(0, seconds)
            try:
                copied = kills.kill_at(moment, f"kills/{number}")
                if copied is None:
                    continue  # it had ended by then
                assert copied.again <= copied.most, f"too much was copied again: {copied}"
                click.echo(f"killed after {moment:.2f} s of {seconds:.2f}: {copied}")
            except Exception as error:  # whatever it is, the other moments are to be tried
                failed += 1
                click.echo(f"killed after {moment:.2f} s: {type(error).__name__}: {error}")
            number += 1
        click.echo(f"{times} kills, {failed} went wrong")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(prog_name="python -m tests.e2e.chaos.kills")
