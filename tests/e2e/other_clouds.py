"""A cloud whose function knows keys of an S3 and of a COS, which run beside it.

All that is secret of them has the canary in it, so that whoever shows it is caught.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.e2e.canary import CANARY
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.cos.face import COS
from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.face import Face
from tests.localcloud.faces.stored import Data, Generated, Stored
from tests.localcloud.s3.face import S3

REGION, FAR, COS_REGION = "eu-west-1", "ap-south-1", "ap-guangzhou"
FILMS = "films-1250000000"
MIRROR, TRAP = "mirror-1250000000", "trap-1250000000"
PART = 100 * 1024
SIZE = 24 * PART - 1
SMALL = b"small" * 100
ODD = "a b/+%25//x/'?#&=~/日本"

_KEYS = {
    "aws": Credential("AKIDLOCAL", f"secret/of+{CANARY}"),
    "temporary": Credential("ASIDLOCAL", f"another-{CANARY}", f"token-{CANARY}/+="),
    "late": Credential("ASIDLATE", f"third-{CANARY}", f"old-{CANARY}", expires=1.0),
    "barred": Credential("AKIDBARRED", f"fourth-{CANARY}", buckets=()),
}
_OTHERS = {
    "ended": f"ASIDLOCAL:another-{CANARY}:token-{CANARY}/+=:2020-01-01T00:00:00Z",
    "unknown": f"AKIDNOBODY:nothing-{CANARY}",
    "wrong": f"AKIDLOCAL:wrong-{CANARY}",
    "astray": f"ASIDLOCAL:another-{CANARY}:wrong-{CANARY}",
}
NAMES = (*_KEYS, *_OTHERS)


class OtherClouds(NamedTuple):
    """``late`` is an S3 whose clock is hours ahead; ``mirror`` and ``trap`` send whoever asks for
    what they lack elsewhere: to an object, and to where clouds hand out credentials."""

    cloud: LocalCloud
    s3: S3
    cos: COS
    late: S3
    mirror: COS
    trap: COS

    def sign_times(self, face: Face, method: str = "GET") -> list[str]:
        """Return what tells signatures apart, of each request so far, in their order."""
        asked: list[dict[str, Any]] = face.requests()["requests"]
        return [each["query"] for each in asked if each["method"] == method]


@contextlib.contextmanager
def other_clouds(**options: object) -> Iterator[OtherClouds]:
    """Run them all; the options are those of the local cloud."""
    contents: dict[str, Data | Stored] = {
        "small": SMALL,
        ODD: b"odd",
        "empty": b"",
        "large": Generated("large", SIZE),
        "slow": Generated("slow", SIZE),
        "parts": Stored(Generated("parts", SIZE), part_size=PART),
    }
    of_s3: dict[str, Data | Stored] = {f"media/{key}": data for key, data in contents.items()}
    of_s3["media/cold"] = Stored(SMALL, storage_class="GLACIER")
    of_s3["open/small"] = SMALL
    of_cos: dict[str, Data | Stored] = {f"{FILMS}/{key}": data for key, data in contents.items()}
    of_cos[f"{FILMS}/cold"] = Stored(SMALL, storage_class="ARCHIVE")
    with contextlib.ExitStack() as stack:
        s3 = stack.enter_context(
            S3(of_s3, _KEYS.values(), REGION, public=["open"], elsewhere={"abroad": FAR})
        )
        late = stack.enter_context(
            S3(of_s3, _KEYS.values(), REGION, now=lambda: time.time() + 7200)
        )
        cos = stack.enter_context(COS(of_cos, _KEYS.values(), COS_REGION))
        mirrors = {MIRROR: f"{s3.url}/open/", TRAP: "http://100.100.100.200/latest/"}
        mirrored = [
            stack.enter_context(
                COS({}, buckets=[name], public=[name], back_to_origin={name: there})
            )
            for name, there in mirrors.items()
        ]
        env = {"OSSFERRY_FAN_OUT_FROM": "1"}
        where = (
            ",".join(f"s3://{each} {REGION} {s3.url}" for each in ("media", "nowhere", "abroad"))
            + f",s3://media {REGION} {late.url}, cos://{FILMS} {COS_REGION} {cos.url}"
        )
        for name, key in _KEYS.items():
            token = f":{key.token}" if key.token else ""
            env[f"OSSFERRY_CREDENTIALS_{name.upper()}"] = f"{key.id}:{key.secret}{token}"
        for name, text in _OTHERS.items():
            env[f"OSSFERRY_CREDENTIALS_{name.upper()}"] = text
        for name in NAMES:
            env[f"OSSFERRY_BUCKETS_{name.upper()}"] = where
        env["OSSFERRY_CREDENTIALS_UNBOUND"] = f"AKIDLOCAL:secret/of+{CANARY}"
        yield OtherClouds(
            stack.enter_context(started(env=env, **options)), s3, cos, late, *mirrored
        )
