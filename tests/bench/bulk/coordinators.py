"""The coordinator of a long list: its memory, and how soon the first item is copied.

Each time in a new instance, as memory is known of an instance from its beginning.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from tests.bench.bulk.sources import Ground
from tests.bench.figures import Figure, Series, Wanted
from tests.localcloud.patience import eventually

_TOPIC = "bulk, long lists"
_SIZE = 10
_ROWS = (100, 1000, 10_000, 100_000)
_WITHIN = 120.0  # seconds
_LOOK_EACH = 0.02
_SOON, _SMALL = Wanted("<", 2), Wanted("<", 128)


@dataclass(frozen=True, slots=True)
class Begun:
    """``first``: seconds from the event to the first object; ``peak`` is the coordinator's."""

    items: int
    first: float
    peak: float


def figures(
    ground: Ground, progress: Callable[[str], None], *, to_the_end: bool, stop_after: float = 4.0
) -> Iterator[Figure]:
    """Yield both for lists of several lengths; what takes long is stopped unless ``to_the_end``."""
    for rows in _ROWS:
        progress(f"bulk, a list of {rows:,} rows")
        found = _begun(ground, rows, None if to_the_end else stop_after)
        for what, unit, value, wanted in (
            ("first copy", "s", found.first, _SOON),
            (f"peak of the coordinator, {found.items:,} items", "MiB", found.peak, _SMALL),
        ):
            ours = Series.of("ours", [value])
            yield Figure(_TOPIC, f"{rows:,} rows, {what}", unit, ours, wanted=wanted)


def _begun(ground: Ground, rows: int, stop_after: float | None) -> Begun:
    cloud, prefix, name = ground.cloud, ground.prefix(), f"bench/lists/{rows}.tsv"
    lines = (
        f"{cloud.generated('tiny', _SIZE, name=f'{number}.bin')}\t{number}.bin\n"
        for number in range(rows)
    )
    cloud.bucket.put_object(name, "".join(lines))
    event = {
        "kind": "bulk",
        "id": f"bench-{rows}",
        "list": f"oss://{cloud.bucket_name}/{name}",
        "target_prefix": prefix,
        **ground.target,
    }
    renew(ground)
    moment, began = time.time(), time.perf_counter()
    with ThreadPoolExecutor(1) as caller:
        reply = caller.submit(cloud.invoke, event)
        eventually(lambda: _any(ground, prefix) or reply.done(), within=_WITHIN)
        first = time.perf_counter() - began
        if stop_after is not None:
            wait([reply], stop_after)
            cloud.invoke({"kind": "bulk", "id": event["id"], "stop": True, **ground.target})
        items = reply.result()["items"]
    calls = [call for call in cloud.invocations(moment) if call["role"] == "bulk"]
    ground.forget(prefix)
    return Begun(items, first, max(call["memory_mb"] for call in calls))


def _any(ground: Ground, prefix: str) -> bool:
    time.sleep(_LOOK_EACH)
    return bool(ground.cloud.bucket.list_objects_v2(prefix=prefix, max_keys=1).object_list)


def renew(ground: Ground) -> None:
    """End all instances, so that what is asked next begins in new ones."""
    for instance in ground.cloud.instances():
        os.kill(instance["pid"], signal.SIGKILL)
    eventually(ground.cloud.instances, wanted=lambda left: not left)
