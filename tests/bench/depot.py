"""The first request of a cold instance that needs some hundred MB of libraries and data.

Ours: ossferry's initializer fetches the zip. The reference: the handler does, with oss2 and
zipfile. FC runs the initializer within the first request of a cold instance, so the caller waits
for both; only where instances are started ahead does the initializer's part come before.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from tests.bench.figures import Figure, Series
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.config import REPOSITORY
from tests.localcloud.patience import eventually

_MB = 1_000_000
_FILES, _FILE_SIZE = 20, 10 * _MB
_MODULES = 500
_RUNS = 3
_KEY = "bench/depot.zip"
_FUNCTIONS = Path(__file__).parent / "depot_function"
_NAMES = {"in_initializer": "ossferry's initializer", "in_handler": "oss2 in the handler"}


def figures(progress: Callable[[str], None]) -> Iterator[Figure]:
    """Yield what the caller waits for, and what the request itself takes of it."""
    with (
        tempfile.TemporaryDirectory(dir="/tmp", prefix="ossferry-bench-") as name,
        _running(folder := Path(name)) as cloud,
    ):
        progress("depot, making the zip")
        size = _put_zip(cloud, folder / "zip")
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in _NAMES}
        for run in range(1, _RUNS + 1):
            for function, values in found.items():
                progress(f"depot, {_NAMES[function]}, run {run} of {_RUNS}")
                values.append(_first_request(cloud, function, folder / function))
    for index, what in enumerate(("cold instance", "instance started ahead")):
        ours, reference = (
            Series.of(_NAMES[function], [value[index] for value in found[function]])
            for function in found
        )
        yield Figure(
            topic="depot",
            what=f"first request, {size / _MB:.0f} MB unpacked, {what}",
            unit="s",
            ours=ours,
            reference=reference,
        )


def _first_request(cloud: LocalCloud, function: str, disk: Path) -> tuple[float, float]:
    """Seconds that the caller waited, and those in the handler, on an empty disk."""
    for instance in cloud.instances():
        os.kill(instance["pid"], signal.SIGKILL)
    eventually(cloud.instances, wanted=lambda left: not left)
    shutil.rmtree(disk, ignore_errors=True)
    event = {"folder": f"{disk}/data", "bucket": cloud.bucket_name, "key": _KEY}
    disk.mkdir()
    # The first function of a template goes by the name that the cloud gives it.
    name = cloud.function if function == "in_initializer" else function
    began = time.perf_counter()
    reply = cloud.fc.invoke_function(cloud.service, name, json.dumps(event).encode())
    waited = time.perf_counter() - began
    return waited, json.loads(reply.data)["seconds"]


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[LocalCloud]:
    """A cloud with both functions, beside whose code is ossferry's."""
    shutil.copytree(REPOSITORY / "src", folder / "code")
    shutil.copytree(_FUNCTIONS, folder / "code", dirs_exist_ok=True)
    chosen = {"LOCALCLOUD_TEMPLATE": str(_FUNCTIONS / "s.yaml"), "BENCH_FOLDER": str(folder)}
    os.environ.update(chosen)
    try:
        with started() as cloud:
            yield cloud
    finally:
        for name in chosen:
            del os.environ[name]


def _put_zip(cloud: LocalCloud, path: Path) -> int:
    """Put a zip of large files that shrink by half, and of many small modules; the size of all."""
    source = random.Random(1)
    words = [f"{source.getrandbits(40):x} ".encode() for _ in range(4000)]
    text = b"".join(source.choices(words, k=_FILE_SIZE // 20))
    size = 0
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(_FILES):
            body = text[number:] + source.randbytes(_FILE_SIZE - len(text))
            archive.writestr(f"data/{number}.bin", body)
            size += len(body)
        for number in range(_MODULES):
            body = b"VALUE = %d\n" % number
            archive.writestr(f"parcel/module_{number}.py", body * 100)
            size += 100 * len(body)
        archive.writestr("parcel/__init__.py", b"")
    cloud.bucket.put_object_from_file(_KEY, str(path))
    return size
