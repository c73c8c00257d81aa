"""Which credentials of another cloud, or account, there are, and for which buckets. Pure.

``OSSFERRY_CREDENTIALS_<NAME>`` is ``id:secret``, or ``id:secret:token`` for temporary keys, with
``:2026-01-31T12:00:00Z`` behind it where their end is known. What they are good for is in
``OSSFERRY_BUCKETS_<NAME>``: entries with commas between, each ``s3://bucket``, in which ``*``
stands for anything, then the region and the endpoint, where it needs them. Who may send events
cannot use them anywhere else.

Buckets of another account of OSS have no keys but a role, ``OSSFERRY_ASSUME_ROLE_<NAME>``, that the
function's own assumes; they are written by it too, and are ``oss://bucket`` there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..dates import moment_of
from ..errors import InvalidEvent, InvalidSettings
from .keys import Keys
from .place import STORES, ForeignName, is_endpoint, is_region

if TYPE_CHECKING:
    from ..names import ObjectName

CREDENTIALS = "OSSFERRY_CREDENTIALS_"
BUCKETS = "OSSFERRY_BUCKETS_"
ASSUME_ROLE = "OSSFERRY_ASSUME_ROLE_"

OSS = "oss"
_ROLE = r"acs:ram::\d{6,20}:role/[\w.@/-]{1,64}"


class Entry(NamedTuple):
    """Buckets that a credential is good for. ``bucket`` is a pattern."""

    credentials: str
    store: str
    bucket: str
    region: str | None = None
    endpoint: str | None = None

    def is_for(self, name: ForeignName) -> bool:
        """Whether it holds for a bucket there: at an endpoint only if that is named with it. One
        of OSS is in the region that is named with it."""
        anything = ".*".join(map(re.escape, self.bucket.split("*")))
        return (
            name.store == self.store
            and re.fullmatch(anything, name.bucket) is not None
            and name.endpoint in (None, self.endpoint)
            and (self.store != OSS or self.region in (None, name.region))
        )


class Credentials(NamedTuple):
    """All of them; a name is in lower case, and has either keys or a role."""

    keys: Mapping[str, Keys] = {}
    entries: tuple[Entry, ...] = ()
    roles: Mapping[str, str] = {}

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Credentials:
        given = {name: value for name, value in environ.items() if value.strip()}
        keys = {
            name.removeprefix(CREDENTIALS).lower(): value
            for name, value in given.items()
            if name.startswith(CREDENTIALS)
        }
        roles = {
            name.removeprefix(ASSUME_ROLE).lower(): _role(name, value.strip())
            for name, value in given.items()
            if name.startswith(ASSUME_ROLE)
        }
        for name in sorted({*keys} & {*roles}):
            raise InvalidSettings(
                f"{CREDENTIALS}{name.upper()} and {ASSUME_ROLE}{name.upper()} are both set: remove"
                " one, or give it another name"
            )
        entries = [
            _entry(name, text.split(), roles)
            for name, value in given.items()
            if name.startswith(BUCKETS)
            for text in value.split(",")
            if text.strip()
        ]
        for entry in entries:
            if entry.credentials not in {**keys, **roles}:
                name = entry.credentials.upper()
                needs = f"{ASSUME_ROLE if entry.store == OSS else CREDENTIALS}{name}"
                raise InvalidSettings(
                    f"the setting {BUCKETS}{name} needs {needs}, which is not set"
                )
        known = {name: _keys(name, value) for name, value in keys.items()}
        return cls(known, tuple(entries), roles)

    def role(self, bucket: ObjectName, chosen: str | None = None) -> str | None:
        """The role by which a bucket of OSS is asked; None for the function's own."""
        name = ForeignName(OSS, bucket.bucket, bucket.key, bucket.region)
        entry = self.entry(name, chosen)
        return entry and self.roles[entry.credentials]

    def same_role(self, source: ObjectName, target: ObjectName, chosen: str | None) -> bool:
        """Whether one and the same may read the source, as it is ``chosen``, and write the target:
        what a copy inside OSS takes."""
        return self.role(source, chosen) == self.role(target)

    def entry(self, name: ForeignName, chosen: str | None) -> Entry | None:
        """What a bucket is read with: what the event has ``chosen``, or the first that is good for
        it.

        None for a bucket that nothing is said of, which is read as a public one.
        """
        good = [each for each in self.entries if each.is_for(name)]
        if chosen is None:
            return good[0] if good else None
        if chosen.lower() not in {**self.keys, **self.roles}:
            setting = ASSUME_ROLE if name.store == OSS else CREDENTIALS
            raise InvalidEvent(
                f"there are no credentials {chosen!r}: set {setting}{chosen.upper()}"
            )
        for each in good:
            if each.credentials == chosen.lower():
                return each
        where = f"{name.store}://{name.bucket}" + (f" at {name.endpoint}" if name.endpoint else "")
        where += f" in {name.region}" if name.store == OSS else ""
        raise InvalidEvent(
            f"the credentials {chosen!r} are not for {where}: name it in {BUCKETS}{chosen.upper()}"
        )


def _keys(name: str, text: str) -> Keys:
    id, _, rest = text.strip().partition(":")
    secret, _, rest = rest.partition(":")
    token, _, ends = rest.partition(":")
    moment = moment_of(ends)
    if not id or not secret or (ends and moment is None):
        raise InvalidSettings(
            f"the setting {CREDENTIALS}{name.upper()} must be like id:secret, id:secret:token or"
            " id:secret:token:2026-01-31T12:00:00Z"
        )
    return Keys(name, id, secret, token, moment)


def _role(setting: str, text: str) -> str:
    if not re.fullmatch(_ROLE, text, re.ASCII):
        raise InvalidSettings(
            f"the setting {setting} must be like acs:ram::1234567890123456:role/name"
        )
    return text


def _entry(setting: str, words: list[str], roles: Mapping[str, str]) -> Entry:
    name = setting.removeprefix(BUCKETS).lower()
    store, mark, bucket = words[0].rstrip("/").partition("://")
    endpoints = [word for word in words[1:] if "://" in word]
    regions = [word for word in words[1:] if "://" not in word]
    right = len(endpoints) <= 1 and len(regions) <= 1
    right = right and all(map(is_endpoint, endpoints)) and all(map(is_region, regions))
    if name in roles:
        if store != OSS or not bucket or "/" in bucket or not right or endpoints:
            raise InvalidSettings(
                f"the setting {setting} must be like oss://bucket cn-hangzhou, with commas between"
                " several: a role is for buckets of OSS"
            )
        # As OSS's endpoints have it, or without.
        region = regions[0].removeprefix("oss-") if regions else None
        return Entry(name, OSS, bucket, region)
    if store == OSS and mark and bucket:
        raise InvalidSettings(
            f"the setting {setting} names a bucket of OSS, which takes no keys but a role: set"
            f" {ASSUME_ROLE}{name.upper()}"
        )
    if store not in STORES or not mark or not bucket or "/" in bucket or not right:
        raise InvalidSettings(
            f"the setting {setting} must be like s3://bucket us-east-1, with commas between several"
        )
    return Entry(name, store, bucket, next(iter(regions), None), next(iter(endpoints), None))
