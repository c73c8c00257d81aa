"""What a person can do with a cloud that has just started: text that runs there as it is printed.

The event is JSON; everything below it is one session of Python, in the order that it is printed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_SIZE = 50_000_000
_FAULT = {"server": "oss", "operation": "UploadPart", "times": 2, "status": 503}


def next_steps(cloud: Mapping[str, Any]) -> str:
    """Return what to try; ``cloud`` is what ``up`` prints of itself."""
    event = {
        "source_url": f"{cloud['origin']}/random/try/{_SIZE}/try.bin",
        "target_region": cloud["region"],
        "target_bucket_name": cloud["bucket"],
        "target_object_name": "try.bin",
    }
    key, secret = cloud["access_key_id"], cloud["access_key_secret"]
    call = f'fc.invoke_function("{cloud["service"]}", "{cloud["function"]}", json.dumps(event))'
    faults = f"{cloud['oss_endpoint']}/-/faults"
    return f"""
The local cloud runs until Ctrl-C. This event copies {_SIZE // 1_000_000} MB inside it:

{json.dumps(event, indent=2)}

To send it, start .venv/bin/python and paste these lines:

import fc2, json, oss2, requests
fc = fc2.Client(endpoint="{cloud["fc_endpoint"]}", accessKeyID="{key}", accessKeySecret="{secret}")
bucket = oss2.Bucket(oss2.AuthV4("{key}", "{secret}"), "{cloud["oss_endpoint"]}", \
"{cloud["bucket"]}", region="{cloud["region"]}")
event = {json.dumps(event)}
print({call}.data.decode())
print(bucket.head_object("try.bin").content_length, "bytes are in OSS")

# The trigger of s.yaml copies what arrives as incoming/x to arrived/incoming/x.
bucket.put_object("incoming/hello.txt", b"hello")

# OSS answers two uploads of parts with 503. They are repeated, and the reply counts them.
requests.put("{faults}", json=[{json.dumps(_FAULT)}])
event["overwrite"] = "always"
print({call}.data.decode())
requests.put("{faults}", json=[])  # no more faults

All faults, and what a source can do wrong: tests/localcloud/README.md
"""
