"""What one writes first: 64 threads, ``requests`` for the source and oss2 for OSS.

``python -m tests.bench.bulk.pooled`` reads the items as JSON and prints seconds and CPU seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oss2
import requests

from tests.bench.copiers.measuring import cpu_seconds

THREADS = 64


def main() -> None:
    """Copy all items and tell how it went."""
    errands = json.load(sys.stdin)
    oss2.defaults.connection_pool_size = THREADS
    auth = oss2.AuthV4(*errands["key"])
    source, target = (_bucket(auth, errands[name]) for name in ("source", "target"))
    sessions = threading.local()

    def copy(item: Sequence[str]) -> None:
        name, key = item
        match errands["kind"]:
            case "origin":
                target.put_object(key, _session(sessions).get(name, timeout=60).content)
            case "far":
                target.put_object(key, source.get_object(name).read())
            case "near":
                target.copy_object(source.bucket_name, name, key)

    began, before = time.perf_counter(), cpu_seconds()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(copy, errands["items"]):
            pass
    print(json.dumps([time.perf_counter() - began, cpu_seconds() - before]))


def _session(sessions: Any) -> requests.Session:
    if not hasattr(sessions, "own"):
        sessions.own = requests.Session()
        sessions.own.trust_env = False
    own: requests.Session = sessions.own
    return own


def _bucket(auth: oss2.AuthV4, place: Sequence[str]) -> oss2.Bucket:
    endpoint, name, region = place
    return oss2.Bucket(auth, endpoint, name, region=region)


if __name__ == "__main__":
    main()
