"""``python -m tests.e2e.chaos.kills --times 30``: kills the coordinator of a transfer.

Each time at another moment, from the first millisecond to the last, of a source that gives little
per connection: so much is in many hands for long. The same event has to end well afterwards, with
the right object, and copy no more again than what was in flight, and what came in the two seconds
in which nobody had to tell OSS of it.
"""

from __future__ import annotations

import itertools
import logging
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import click

from tests.e2e.contents import crc64_of
from tests.e2e.interrupted import (
    copied_again,
    kill_coordinator,
    lost_at_most,
    record_names,
    swept,
)
from tests.e2e.transfers import event_for, headers_of
from tests.localcloud.client import FunctionError, LocalCloud, started
from tests.localcloud.patience import eventually
from tests.localcloud.tidiness import open_uploads

SIZE = 60_000_000
BYTES_PER_SECOND = 300_000  # of a connection
# So that it takes a while: seven megabytes per second.
FIELDS = {"streams": 8, "max_children": 2}
# Seconds between two records, or receipts, and what writing one takes here at the worst.
INTERVAL = 2.0 + 1.0
_PROBES = 100  # bytes


class Copied(NamedTuple):
    """What became of a transfer that was killed and gone on with; all but ``reused`` in bytes.

    ``given`` is what the source had given by then, ``again`` what it had to give again.
    """

    given: int
    reused: int
    again: int
    most: int


class Kills:
    """Transfers on one cloud, each killed once and gone on with."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud

    def undisturbed(self) -> float:
        """Return how many seconds a transfer takes that nobody kills."""
        began = time.monotonic()
        self._cloud.invoke(self._event("undisturbed"))
        self._cloud.bucket.delete_object("undisturbed")
        return time.monotonic() - began

    def kill_at(self, moment: float, key: str) -> Copied | None:
        """Kill a transfer after so many seconds and go on; None if it had ended by then."""
        url, event = self._source(key), self._event(key)
        with ThreadPoolExecutor(1) as caller:
            call = caller.submit(self._cloud.invoke, event)
            time.sleep(moment)
            killed = time.time()
            if not kill_coordinator(self._cloud):
                call.result()
                self._cloud.bucket.delete_object(key)
                return None
            assert isinstance(call.exception(), FunctionError), "it was killed, and answered"
        eventually(lambda: not any(each["busy"] for each in self._cloud.instances()), within=30)
        given = int(self._cloud.origin_requests(url)["bytes"])
        most = lost_at_most(self._cloud, url, killed, INTERVAL) + _PROBES
        reply = self._cloud.invoke(event)
        self._check(key, reply)
        again = copied_again(self._cloud, url, SIZE, reply)
        return Copied(given, reply["parts"]["reused"], again, most)

    def _event(self, key: str) -> dict[str, object]:
        return event_for(self._cloud, self._source(key), key, **FIELDS)

    def _source(self, key: str) -> str:
        return self._cloud.generated(key, SIZE, f"rate:{BYTES_PER_SECOND}")

    def _check(self, key: str, reply: dict[str, Any]) -> None:
        headers = headers_of(self._cloud, key)
        assert reply["status"] == "copied", reply
        assert headers["x-oss-hash-crc64ecma"] == str(crc64_of(key, SIZE)), "another object"
        swept(self._cloud)  # what was killed while it opened its upload
        assert not open_uploads(self._cloud), "an upload stayed open"
        assert not record_names(self._cloud), "a record or a receipt stayed"
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
        tries = itertools.count()  # each of another source, whose requests are counted
        number = 0
        while number < times:
            moment = chance.uniform(0, seconds)
            try:
                copied = kills.kill_at(moment, f"kills-{seed}-{next(tries)}")
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
