"""Where the source of a schedule is: the local cloud's origin, or a store of another cloud.

What a schedule says of its source is the same for all of them. Whatever is secret of a source has
the canary in it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import requests

from tests.e2e.canary import CANARY
from tests.e2e.chaos.schedule import Schedule, Store
from tests.localcloud.client import LocalCloud, started
from tests.localcloud.cos.face import COS
from tests.localcloud.faces.credential import Credential
from tests.localcloud.faces.face import Face
from tests.localcloud.faces.stored import Generated
from tests.localcloud.s3.face import S3

_TIMEOUT = 5
_KEY = Credential("AKIDCHAOS", f"secret/of+{CANARY}", f"token-{CANARY}/+=")
_BUCKETS: Mapping[Store, str] = {"s3": "media", "cos": "films-1250000000"}


class Source(Protocol):
    """One source, as the judge of a trial sees it."""

    url: str

    def arm(self, rules: Sequence[Mapping[str, Any]], seed: int) -> None:
        """Let its server misbehave; without rules it behaves."""

    def asked(self) -> int:
        """Return how many requests there were for it."""

    def passes(self, requests: int) -> None:
        """Let so many requests pass, after which a change is for good."""


class Chaos(NamedTuple):
    """A cloud whose function has keys of both stores."""

    cloud: LocalCloud
    faces: Mapping[Store, Face]

    def source(self, plan: Schedule) -> Source:
        """Return the source of a schedule, which behaves as that says."""
        groups = plan.habits
        if plan.changes_after is not None:
            groups += (f"{plan.change},after:{plan.changes_after}",)
        if plan.store == "origin":
            return _OfOrigin(self.cloud, plan.name, plan.size, groups)
        return _OfFace(self.faces[plan.store], plan, groups)

    def behave(self) -> None:
        """Take all faults of all sources back."""
        self.cloud.faults("origin")
        for face in self.faces.values():
            face.faults()


@contextlib.contextmanager
def chaotic_cloud() -> Iterator[Chaos]:
    """A cloud whose function fans out from the first byte and has little time."""
    with (
        S3({}, [_KEY], buckets=["media"]) as s3,
        COS({}, [_KEY], home=_BUCKETS["cos"], buckets=[_BUCKETS["cos"]]) as cos,
    ):
        where = f"s3://media {s3.region} {s3.url}, cos://{_BUCKETS['cos']} {cos.region} {cos.url}"
        env = {
            "OSSFERRY_FAN_OUT_FROM": "1",
            "OSSFERRY_CREDENTIALS_CHAOS": f"{_KEY.id}:{_KEY.secret}:{_KEY.token}",
            "OSSFERRY_BUCKETS_CHAOS": where,
        }
        with started(timeout=_TIMEOUT, env=env) as cloud:
            yield Chaos(cloud, {"s3": s3, "cos": cos})


class _OfOrigin:
    def __init__(self, cloud: LocalCloud, name: str, size: int, groups: tuple[str, ...]) -> None:
        self._cloud = cloud
        plain = cloud.generated(name, size, *groups)
        self.url = f"{plain}{'&' if '?' in plain else '?'}token={CANARY}"

    def arm(self, rules: Sequence[Mapping[str, Any]], seed: int) -> None:
        self._cloud.faults("origin", rules, seed=seed)

    def asked(self) -> int:
        return len(self._cloud.origin_requests(self.url)["requests"])

    def passes(self, requests_: int) -> None:
        for _ in range(requests_):
            requests.get(self.url, headers={"Range": "bytes=0-0"}, timeout=30)


class _OfFace:
    def __init__(self, face: Face, plan: Schedule, groups: tuple[str, ...]) -> None:
        self._face = face
        self._place = f"{_BUCKETS[plan.store]}/{plan.name}"
        face.put(self._place, Generated(plan.name, plan.size))
        face.behave(self._place, *groups)
        self.url = f"{plan.store}://{self._place}"

    def arm(self, rules: Sequence[Mapping[str, Any]], seed: int) -> None:
        self._face.faults(*rules, seed=seed)

    def asked(self) -> int:
        name = self._place.partition("/")[2]
        seen: list[dict[str, Any]] = self._face.requests()["requests"]
        return sum(each["path"].endswith(f"/{name}") for each in seen)

    def passes(self, requests_: int) -> None:
        for _ in range(requests_):
            self._face.behaviour(self._place)
