"""The entry point of this function: the events of the published transcoding application, which name
a bucket, an object, a folder and a format, are asked in ossferry's words. All others are as always.
"""

from __future__ import annotations

import json

import index

MARKS = {"bucket", "object", "dst_format"}


def handler(event: bytes, context: object) -> str:
    return index.handler(translated(event), context)


def translated(event: bytes) -> bytes:
    """What is not such an event, or not even JSON, is left for ossferry to judge."""
    try:
        asked = json.loads(event)
    except ValueError:
        return event
    if not isinstance(asked, dict) or not asked.keys() >= MARKS:
        return event
    folder = str(asked.get("output_dir") or "").strip("/")
    job = {
        "kind": "program",
        "program": "transcode",
        "source": f"oss://{asked['bucket']}/{asked['object']}",
        "target": f"oss://{asked['bucket']}/{folder}{'/' if folder else ''}",
        "parameters": {"format": asked["dst_format"]},
    }
    if asked["dst_format"] == "m3u8":
        job |= {"program": "hls", "parameters": {}}
    return json.dumps(job).encode()
