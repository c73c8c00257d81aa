"""A cloud whose function may assume a role, and an STS beside it that gives that role's keys.

The buckets of the other account are, in the local cloud, buckets that the function's own role may
not touch.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import oss2

from tests.e2e.transfers import bucket_named
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.sts.face import STS, Role
from tests.project.deployment_files import Document, policies

OURS, THEIRS = "ossferry-local", "their-films"
ROLE = "acs:ram::9876543210987654:role/ossferry"
# One that does not trust us, one that we may not assume, one that is not there, and one that may
# do nothing.
CLOSED, BARRED, NONE, IDLE = f"{ROLE}-closed", f"{ROLE[:-8]}barred", f"{ROLE}-none", f"{ROLE}-idle"
_NAMES = {"them": ROLE, "closed": CLOSED, "barred": BARRED, "none": NONE, "idle": IDLE}
_ROOT = "the-root-secret-of-both"
_POLICIES = {name: policies(name)["python3.10"] for name in (OURS, THEIRS)}


class OtherAccounts(NamedTuple):
    cloud: LocalCloud
    sts: STS
    bucket: oss2.Bucket

    def lifetime(self, seconds: float | None) -> None:
        """Let keys end after so many seconds from now on."""
        self.sts.roles[ROLE] = replace(self.sts.roles[ROLE], lifetime=seconds)


def _ours() -> Document:
    """As role.yml has it, where the stack names the role."""
    may = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": [f"{ROLE}*"]}
    return {"Version": "1", "Statement": [*_POLICIES[OURS]["Statement"], may]}


@contextlib.contextmanager
def other_accounts(env: Mapping[str, str] | None = None, **options: Any) -> Iterator[OtherAccounts]:
    """Run both; the options are those of the local cloud."""
    idle = Role({"Version": "1", "Statement": []})
    of_them = Role(_POLICIES[THEIRS])
    roles = {ROLE: of_them, CLOSED: replace(of_them, trusted=False), BARRED: of_them, IDLE: idle}
    with (
        tempfile.TemporaryDirectory() as folder,
        STS(_ROOT, roles) as sts,
    ):
        policy = Path(folder, "policy.json")
        policy.write_text(json.dumps(_ours()))
        settings = {"OSSFERRY_FAN_OUT_FROM": "1", "OSSFERRY_STS_ENDPOINT": sts.url}
        for name, role in _NAMES.items():
            settings[f"OSSFERRY_ASSUME_ROLE_{name.upper()}"] = role
            buckets = "oss://their-* cn-hangzhou, oss://their-*"
            only = f"oss://{name}-films"
            settings[f"OSSFERRY_BUCKETS_{name.upper()}"] = f"{buckets}, {only}"
        settings |= env or {}
        with started(policy=policy, env=settings, root_secret=_ROOT, **options) as cloud:
            bucket = bucket_named(cloud, THEIRS)
            bucket.create_bucket()
            yield OtherAccounts(cloud, sts, bucket)
