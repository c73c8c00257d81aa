"""The approach that was published for this job, in words of our own: one function, two roles.

The coordinator forks a pool of processes; each invokes this very function for one part of 6 MiB at
a time. A child has ``requests`` hand out its range in pieces of 8 KiB and oss2 upload them,
computing its own CRC64. Nothing is pinned, retried, hedged or aborted. Stands alone: it is deployed
as it is, with nothing but the runtime packages beside it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from functools import partial
from typing import Any

import fc2
import oss2
import requests
from oss2.models import PartInfo
from oss2.utils import SizedFileAdapter
from requests.adapters import HTTPAdapter

PIECE = 8 * 1024
PART_SIZE = 6 * 1024 * 1024
PROCESSES = 99


class PieceAdapter(HTTPAdapter):
    """Sends a body in the pieces of 8 KiB that were urllib3's own until its version 2."""

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, blocksize=PIECE, **options)


def initializer(context: object) -> None:
    """There is nothing to prepare."""


def handler(event: bytes, context: Any) -> str:
    """Copy one part, or a whole source."""
    asked = json.loads(event)
    return json.dumps(_part(asked, context) if "part" in asked else _all(asked, context))


def copy_part(
    bucket: oss2.Bucket, key: str, upload_id: str, source: str, number: int, part: tuple[int, int]
) -> str:
    """Copy one range to one part; its ETag."""
    start, stop = part
    headers = {"Range": f"bytes={start}-{stop - 1}"}
    with requests.get(source, headers=headers, stream=True) as response:
        response.raise_for_status()
        body = SizedFileAdapter(response.raw, stop - start)
        return str(bucket.upload_part(key, upload_id, number, body).etag)


def _part(asked: dict[str, Any], context: Any) -> dict[str, Any]:
    number, start, stop = asked["part"]
    bucket = _bucket(asked, context)
    etag = copy_part(
        bucket,
        asked["target_object_name"],
        asked["upload_id"],
        asked["source_url"],
        number,
        (start, stop),
    )
    return {"number": number, "etag": etag}


def _all(asked: dict[str, Any], context: Any) -> dict[str, Any]:
    head = requests.get(asked["source_url"], headers={"Range": "bytes=0-0"})
    size = int(head.headers["Content-Range"].rpartition("/")[2])
    bucket, key = _bucket(asked, context), asked["target_object_name"]
    upload_id = bucket.init_multipart_upload(key).upload_id
    jobs = [
        {
            **asked,
            "kind": "copy",
            "upload_id": upload_id,
            "part": [number, start, min(start + PART_SIZE, size)],
        }
        for number, start in enumerate(range(0, size, PART_SIZE), 1)
    ]
    call = partial(_invoke, _account(context), context.service.name, context.function.name)
    with multiprocessing.Pool(asked.get("processes", PROCESSES)) as pool:
        done = pool.map(call, jobs, chunksize=1)
    parts = [PartInfo(each["number"], each["etag"]) for each in done]
    bucket.complete_multipart_upload(key, upload_id, parts)
    return {"size": size, "parts": len(parts)}


def _invoke(
    account: dict[str, Any], service: str, function: str, job: dict[str, Any]
) -> dict[str, Any]:
    client = fc2.Client(**account)
    reply: dict[str, Any] = json.loads(
        client.invoke_function(service, function, payload=json.dumps(job).encode()).data
    )
    return reply


def _account(context: Any) -> dict[str, Any]:
    credentials = context.credentials
    return {
        "endpoint": os.environ["OSSFERRY_FC_ENDPOINT"],
        "accessKeyID": credentials.access_key_id,
        "accessKeySecret": credentials.access_key_secret,
        "securityToken": credentials.security_token,
        "Timeout": context.function.timeout,
    }


def _bucket(asked: dict[str, Any], context: Any) -> oss2.Bucket:
    credentials = context.credentials
    auth = oss2.StsAuth(
        credentials.access_key_id, credentials.access_key_secret, credentials.security_token
    )
    return oss2.Bucket(
        auth,
        os.environ["OSSFERRY_OSS_ENDPOINT"],
        asked["target_bucket_name"],
        session=oss2.Session(adapter=PieceAdapter()),
    )
