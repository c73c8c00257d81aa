"""What OSS says of objects in a bucket that a trigger watches."""

from __future__ import annotations

ARRIVALS = "arrivals"  # the bucket that is watched, where a test names no other
ARRIVED = "ObjectCreated:PutObject"


def entry(key: str, bucket: str = ARRIVALS, name: str = ARRIVED) -> dict[str, object]:
    """Return what OSS says of one object that was made."""
    return {
        "eventName": name,
        "eventSource": "acs:oss",
        "eventTime": "2026-01-02T03:04:05.000Z",
        "eventVersion": "1.0",
        "oss": {
            "bucket": {"arn": f"acs:oss:cn-hangzhou:1:{bucket}", "name": bucket},
            "object": {"deltaSize": 1, "eTag": "0" * 32, "key": key, "size": 1},
            "ossSchemaVersion": "1.0",
            "ruleId": "0123456789abcdef",
        },
        "region": "cn-hangzhou",
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"requestId": "0" * 24},
        "userIdentity": {"principalId": "1"},
    }
