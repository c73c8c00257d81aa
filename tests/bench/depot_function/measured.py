"""Two functions that do the same with what is in a depot, and differ in who fetches it."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import zipfile
from typing import Any


def in_initializer(event: bytes, context: object) -> str:
    """Ossferry's initializer has put everything on the disk before."""
    began = time.perf_counter()
    return _worked(json.loads(event), began)


def in_handler(event: bytes, context: Any) -> str:
    """Fetch and unpack in the first request, as one does with oss2 and the standard library."""
    began = time.perf_counter()
    asked = json.loads(event)
    if not os.path.exists(asked["folder"]):
        _load(asked, context)
    return _worked(asked, began)


def _load(asked: dict[str, Any], context: Any) -> None:
    import oss2

    credentials = context.credentials
    auth = oss2.StsAuth(
        credentials.access_key_id, credentials.access_key_secret, credentials.security_token
    )
    bucket = oss2.Bucket(auth, os.environ["OSSFERRY_OSS_ENDPOINT"], asked["bucket"])
    archive = f"{asked['folder']}.zip"
    bucket.get_object_to_file(asked["key"], archive)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(asked["folder"])
    os.remove(archive)
    sys.path.append(asked["folder"])


def _worked(asked: dict[str, Any], began: float) -> str:
    """Import from the depot and look at its data; the seconds since ``began``."""
    importlib.import_module("parcel.module_0")
    data = f"{asked['folder']}/data"
    size = sum(os.path.getsize(f"{data}/{name}") for name in os.listdir(data))
    return json.dumps({"size": size, "seconds": time.perf_counter() - began})
