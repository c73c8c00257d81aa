"""What giving objects to a program costs beyond the program: for each of many, and for a large one.

The program over many does nothing, so all that is measured is ours: reading the input, a process,
the record. Beside it stands copying the same objects. The large one is copied by its program, to
be set beside a transfer of it through one instance, and the program alone.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Series
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY

ITEMS, MANY = 1_000, 10_000
_AT_ONCE = 8
_RUNS = 2  # one of many items takes long enough
_SMALL, _LARGE = 10_000, 1_000_000_000
_FROM, _TO = "bench/in/", "bench/out/"
_PROGRAMS = {
    "nothing": f'command = ["/bin/true"]\nmay_be_empty = true\nat_once = {_AT_ONCE}\n',
    "duplicate": 'command = ["/bin/cp", "{file}", "{folder}/copy"]\n',
}

Progress = Callable[[str], None]


def figures(progress: Progress, items: int = ITEMS) -> Iterator[Figure]:
    """Yield milliseconds of an item of many, and seconds of a large one."""
    with _running() as cloud:
        yield from _many(cloud, items, progress)
        if items == ITEMS:
            yield _large(cloud, progress)


def _many(cloud: LocalCloud, items: int, progress: Progress) -> Iterator[Figure]:
    progress(f"programs, putting {items:,} objects")
    with ThreadPoolExecutor(8) as threads:
        keys = (f"{_FROM}{number:05}" for number in range(items))
        list(threads.map(lambda key: cloud.bucket.put_object(key, bytes(_SMALL)), keys))
    given, again, copied = list[float](), list[float](), list[float]()
    runs = _RUNS if items <= ITEMS else 1
    for run in range(1, runs + 1):
        progress(f"programs, {items:,} objects, run {run} of {runs}")
        event = _event(cloud, "nothing", _FROM, f"{_TO}{run}/")
        given.append(_ms(cloud, event, "done", items))
        again.append(_ms(cloud, event, "unchanged", items))
        copied.append(_ms(cloud, _bulk_event(cloud, f"bench/copies/{run}/"), "copied", items))
    reference = Series.of("copied inside OSS", copied)
    for what, values in (("a program that does nothing", given), ("done before", again)):
        yield Figure(
            topic="programs",
            what=f"{items:,} objects of 10 kB, {_AT_ONCE} at once: {what}, for each",
            unit="ms",
            ours=Series.of("ours", values),
            reference=reference,
        )


def _ms(cloud: LocalCloud, event: dict[str, Any], outcome: str, items: int) -> float:
    began = time.perf_counter()
    reply = cloud.invoke(event)
    if (reply["status"], reply[outcome]) != ("completed", items):
        raise SystemExit(f"not all of a prefix was {outcome}: {reply}")
    return (time.perf_counter() - began) * 1000 / items


def _large(cloud: LocalCloud, progress: Progress) -> Figure:
    progress("programs, 1 GB")
    key = "bench/large"
    url = cloud.generated("bench-large", _LARGE)
    _invoked(cloud, _transfer(cloud, url, key))
    signed = cloud.bucket.sign_url("GET", key, 3600)
    ours, beside = list[float](), list[float]()
    for run in range(1, _RUNS + 1):
        progress(f"programs, 1 GB, run {run} of {_RUNS}")
        ours.append(_invoked(cloud, _event(cloud, "duplicate", key, f"{_TO}large/{run}/")))
        cloud.bucket.delete_object(f"{_TO}large/{run}/large/copy")
        copied = _invoked(cloud, _transfer(cloud, signed, "bench/copied"))
        beside.append(copied + _program_alone())
    return Figure(
        topic="programs",
        what="1 GB, a program that copies its file",
        unit="s",
        ours=Series.of("ours", ours),
        reference=Series.of("a transfer, and the program alone", beside),
    )


def _invoked(cloud: LocalCloud, event: dict[str, Any]) -> float:
    began = time.perf_counter()
    cloud.invoke(event)
    return time.perf_counter() - began


def _program_alone() -> float:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        with open(f"{folder}/file", "wb") as file:
            for _ in range(_LARGE // 1_000_000):
                file.write(bytes(1_000_000))
        began = time.perf_counter()
        subprocess.run(["/bin/cp", f"{folder}/file", f"{folder}/copy"], check=True)
        return time.perf_counter() - began


def _event(cloud: LocalCloud, program: str, source: str, target: str) -> dict[str, Any]:
    bucket = f"oss://{cloud.bucket_name}"
    places = {"source": f"{bucket}/{source}", "target": f"{bucket}/{target}"}
    return {"kind": "program", "program": program, **places}


def _bulk_event(cloud: LocalCloud, prefix: str) -> dict[str, Any]:
    return {
        "kind": "bulk",
        "source": f"oss://{cloud.bucket_name}/{_FROM}",
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "target_prefix": prefix,
    }


def _transfer(cloud: LocalCloud, url: str, key: str) -> dict[str, Any]:
    """Through one instance, as a program's input and outputs go."""
    return {
        "source_url": url,
        "target_object_name": key,
        "target_region": cloud.region,
        "target_bucket_name": cloud.bucket_name,
        "max_children": 0,
        "overwrite": "always",
    }


@contextlib.contextmanager
def _running() -> Iterator[LocalCloud]:
    """A cloud whose function has both programs."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ossferry-bench-") as folder:
        code = Path(folder) / "code"
        shutil.copytree(REPOSITORY / "src", code)
        (code / "programs").mkdir()
        for name, text in _PROGRAMS.items():
            (code / "programs" / f"{name}.toml").write_text(text)
        with started(code=code, runtime="python3.12") as cloud:
            yield cloud
