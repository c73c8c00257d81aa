"""What an operator can set: the one place that names environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import pairwise
from typing import NamedTuple

from .errors import InvalidSettings
from .origins.credentials import ASSUME_ROLE, BUCKETS, CREDENTIALS, Credentials

Network = IPv4Network | IPv6Network

# OSS user guide, "Bucket naming conventions" and "Regions and endpoints".
BUCKET = r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
REGION = r"(oss-)?[a-z]{2,}-[a-z0-9-]+"

MOST_CHILDREN = 99  # of the 100 instances that an account has by default; the coordinator is one
MOST_STREAMS = 128
MOST_RESTORES = 10_000  # requests of any kind that an account may send in a second
# Read by ``tls`` alone, which loads certificates once, and in children without other settings.
CA_FILE = "OSSFERRY_CA_FILE"
LOG_LEVELS = ("debug", "info", "warning", "error")
PROGRAM = r"[a-z0-9][a-z0-9_-]{0,63}"  # the name of one that is deployed
DEPOT = "/tmp/ossferry-depot"  # noqa: S108 - an instance shares /tmp with nobody


class DepotEntry(NamedTuple):
    """A zip in a bucket of the function's region, and the absolute folder it is unpacked to."""

    bucket: str
    key: str
    folder: str

    def __str__(self) -> str:
        return f"oss://{self.bucket}/{self.key} -> {self.folder}"


class ProgramRule(NamedTuple):
    """What arrives under a key like ``pattern``, in which ``*`` stands for anything, is given to a
    program, whose outputs go below a prefix of a bucket."""

    pattern: str
    program: str
    bucket: str
    prefix: str

    def takes(self, key: str) -> bool:
        return _matches(self.pattern, key)

    def loops(self, bucket: str) -> bool:
        """Whether an output may be what it takes, where that arrives in this bucket."""
        begins = self.pattern.partition("*")[0]
        inside = begins.startswith(self.prefix) or self.prefix.startswith(begins)
        return bucket == self.bucket and inside


class MessageProgram(NamedTuple):
    """What messages are given to, and where its outputs go."""

    program: str
    bucket: str
    prefix: str


class Settings(NamedTuple):
    """Defaults suit an account as it is delivered; docs/events.md explains each.

    From ``fan_out_from`` bytes on, children are started before anything is measured. ``streams``
    are the most of one instance. What a trigger tells of below ``list_prefix`` is a list.
    Messages are data for ``message_program``, if there is one.
    OSS is asked for ``restores_per_second`` at the most.
    ``foreign`` are the credentials of other clouds, and roles of other accounts.
    """

    target_bucket: str | None = None
    target_region: str | None = None
    target_prefix: str = ""
    list_prefix: str = ""
    program_rules: tuple[ProgramRule, ...] = ()
    message_program: MessageProgram | None = None
    oss_endpoint: str | None = None
    fc_endpoint: str | None = None
    sts_endpoint: str | None = None
    allow_networks: tuple[Network, ...] = ()
    allow_targets: tuple[str, ...] = ()
    max_children: int = 32
    streams: int = MOST_STREAMS
    fan_out_from: int = 10_000_000_000
    restores_per_second: int = 500
    depot: tuple[DepotEntry, ...] = ()
    log_level: str = "info"
    report: bool = False
    foreign: Credentials = Credentials()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read ``OSSFERRY_*``; an empty value counts as not set, because FC cannot store one."""
        given = {
            name.removeprefix("OSSFERRY_").lower(): value
            for name, value in environ.items()
            if name.startswith("OSSFERRY_") and value
        }
        default = cls()
        return cls(
            target_bucket=_name(given, "target_bucket", BUCKET),
            target_region=_name(given, "target_region", REGION),
            oss_endpoint=given.get("oss_endpoint"),
            fc_endpoint=given.get("fc_endpoint"),
            sts_endpoint=given.get("sts_endpoint"),
            target_prefix=given.get("target_prefix", ""),
            list_prefix=given.get("list_prefix", ""),
            program_rules=_rules(given.get("program_rules", "")),
            message_program=_message_program(given.get("message_program")),
            allow_networks=_networks(given.get("allow_networks", "")),
            allow_targets=tuple(given.get("allow_targets", "").replace(",", " ").split()),
            max_children=_whole(given, "max_children", 0, MOST_CHILDREN, default.max_children),
            streams=_whole(given, "streams", 1, MOST_STREAMS, default.streams),
            fan_out_from=_whole(given, "fan_out_from", 0, 1 << 62, default.fan_out_from),
            restores_per_second=_whole(
                given, "restores_per_second", 1, MOST_RESTORES, default.restores_per_second
            ),
            depot=_depot(given.get("depot", "")),
            log_level=_log_level(given.get("log_level", default.log_level)),
            report=_flag(given, "report"),
            foreign=Credentials.from_env(environ),
        )

    def allows(self, bucket: str, key: str) -> bool:
        """Whether events may write there: anywhere, unless ``allow_targets`` names buckets or
        ``bucket/prefix``, in both of which ``*`` stands for anything."""
        patterns = (each.partition("/") for each in self.allow_targets)
        return not self.allow_targets or any(
            _matches(name, bucket) and _matches(f"{prefix}*", key) for name, _, prefix in patterns
        )

    def allows_bucket(self, bucket: str) -> bool:
        """Whether events may write anywhere in a bucket."""
        names = (each.partition("/")[0] for each in self.allow_targets)
        return not self.allow_targets or any(_matches(name, bucket) for name in names)


# All that there are, and what the names of others begin with, which are chosen by who sets them.
VARIABLES = (
    *(f"OSSFERRY_{field.upper()}" for field in Settings._fields if field != "foreign"),
    CA_FILE,
)
BEGINNINGS = (CREDENTIALS, ASSUME_ROLE, BUCKETS)


def _matches(pattern: str, text: str) -> bool:
    """``*`` stands for anything, and nothing else for anything but itself."""
    anything = ".*".join(re.escape(piece) for piece in re.split(r"\*+", pattern))
    return re.fullmatch(anything, text, re.DOTALL) is not None


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(cidr.strip()) for cidr in text.split(",") if cidr.strip())
    except ValueError as error:
        raise InvalidSettings(
            f"the setting OSSFERRY_ALLOW_NETWORKS must be networks like 10.0.0.0/8: {error}"
        ) from None


def _depot(text: str) -> tuple[DepotEntry, ...]:
    lines = (line.strip() for line in text.replace(",", "\n").split("\n"))
    # An entry that is there twice is there once.
    entries = tuple(dict.fromkeys(_depot_entry(line) for line in lines if line))
    folders = sorted(f"{entry.folder}/" for entry in entries)
    for outer, inner in pairwise(folders):
        if inner.startswith(outer):
            raise InvalidSettings(
                f"the setting OSSFERRY_DEPOT must give each zip a folder of its own, and none"
                f" inside another: {inner} is not"
            )
    return entries


def _depot_entry(text: str) -> DepotEntry:
    named, _, folder = (side.strip() for side in text.partition("->"))
    found = re.fullmatch(rf"oss://({BUCKET})/(.+)", named)
    if not found or not folder or "->" in folder:
        raise InvalidSettings(
            f"the setting OSSFERRY_DEPOT must be like oss://bucket/key.zip -> folder, with commas"
            f" between several: {text!r} is not"
        )
    absolute = folder if folder.startswith("/") else f"{DEPOT}/{folder}"
    root, *names = absolute.removeprefix("/").removesuffix("/").split("/")
    if root not in ("tmp", "mnt") or not names or any(name in ("", ".", "..") for name in names):
        raise InvalidSettings(
            f"the setting OSSFERRY_DEPOT must name folders by relative paths, or below /tmp or"
            f" /mnt: {folder!r} is neither"
        )
    return DepotEntry(found[1], found[2], f"/{root}/{'/'.join(names)}")


def _rules(text: str) -> tuple[ProgramRule, ...]:
    lines = (line.strip() for line in text.replace(",", "\n").split("\n"))
    return tuple(_rule(line) for line in lines if line)


def _rule(text: str) -> ProgramRule:
    match [side.strip() for side in text.split("->")]:
        case [pattern, program, target] if pattern and re.fullmatch(PROGRAM, program):
            if found := re.fullmatch(rf"oss://({BUCKET})/((?![/\\.]).*|)", target):
                return ProgramRule(pattern, program, found[1], found[2])
    raise InvalidSettings(
        "the setting OSSFERRY_PROGRAM_RULES must be like in/*.mp4 -> transcode ->"
        f" oss://my-bucket/out/, with commas between several: {text!r} is not"
    )


def _message_program(text: str | None) -> MessageProgram | None:
    if text is None:
        return None
    program, _, target = (side.strip() for side in text.partition("->"))
    found = re.fullmatch(rf"oss://({BUCKET})/((?![/\\.]).*|)", target)
    if found and re.fullmatch(PROGRAM, program):
        return MessageProgram(program, found[1], found[2])
    raise InvalidSettings(
        "the setting OSSFERRY_MESSAGE_PROGRAM must be like orders -> oss://my-bucket/orders/:"
        f" {text!r} is not"
    )


def _log_level(text: str) -> str:
    if text not in LOG_LEVELS:
        raise InvalidSettings(
            f"the setting OSSFERRY_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}"
        )
    return text


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidSettings(f"the setting OSSFERRY_{name.upper()} must be true or false")
    return text == "true"


def _name(given: Mapping[str, str], name: str, pattern: str) -> str | None:
    text = given.get(name)
    if text is not None and not re.fullmatch(pattern, text):
        what = {"target_bucket": "bucket, like my-bucket"}.get(name, "region, like cn-hangzhou")
        raise InvalidSettings(f"the setting OSSFERRY_{name.upper()} must be the name of a {what}")
    return text


def _whole(given: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 19 or not least <= int(text) <= most:
        raise InvalidSettings(
            f"the setting OSSFERRY_{name.upper()} must be a whole number from {least} to {most}"
        )
    return int(text)
