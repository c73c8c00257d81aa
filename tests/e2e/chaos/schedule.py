"""What a seed means: one transfer, how its source behaves, what fails and who is killed when.

Pure: the same seed is the same schedule on every machine. What happens is not, because processes
race; a seed that failed is worth a few more runs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.e2e.chaos.misfortunes import Rules, fc_rules, oss_rules, source_rules

KIB = 1024
PART = 100 * KIB
LARGEST = 2 * 1024 * KIB
GROWTH = 3 * KIB

# What a source may always be like: none of it keeps a transfer from ending well.
_HABITS = (
    (),
    (),
    (),
    ("crc64:given",),
    ("rate:300000",),
    ("cap:2,over:503",),
    ("cap:3,over:reset",),
    ("close:70000",),
    ("range:short",),
    ("range:ignored",),
    ("range:ignored,length:chunked",),
    ("etag:weak",),
    ("etag:fresh",),
    ("etag:none",),
    ("last-modified:none",),
    ("etag:none,last-modified:none",),
    ("nodes:2",),
    ("nodes:3",),
    ("volatile:Cache-Control",),
    ("redirect:1",),
)
# Of these nobody can say that an object already is this source, as a re-run with ``never`` would
# have to.
_UNKNOWABLE = {"range:ignored,length:chunked", "etag:fresh", "etag:none,last-modified:none"}
_CHANGES_AT_MOST = 12
_WITHIN_ITS_SECOND = "etag:other,bytes:2"  # the ETag alone tells
_CHANGES = ("version:2", f"grow:{GROWTH}", _WITHIN_ITS_SECOND)


Store = Literal["origin", "s3", "cos"]

# A store of another cloud has no redirects, and tells a checksum of its own.
_OF_THE_ORIGIN = {"redirect:1": "range:short", "crc64:given": "rate:300000"}

# An object of other bytes, or one that somebody else made of those of the source.
Old = Literal["nothing", "another", "equal"]


@dataclass(frozen=True)
class Schedule:
    """One transfer and its misfortunes.

    ``old`` is what has the key before, ``changes_after`` how many requests see the first version of
    the source (None: it never changes), ``change`` what becomes of it then; ``kills`` are seconds
    after the call. ``store`` is where the source is; ``rules`` are by server.
    """

    seed: int
    store: Store
    size: int
    old: Old
    fields: Mapping[str, object]
    habits: tuple[str, ...]
    changes_after: int | None
    change: str
    rules: Mapping[str, Rules]
    kills: tuple[float, ...]

    @property
    def name(self) -> str:
        """What the source is called, and what its bytes follow from."""
        return f"chaos-{self.seed}"


def schedule(seed: int) -> Schedule:
    """Return the schedule of a seed."""
    chance = random.Random(f"chaos {seed}")
    habits: tuple[str, ...] = chance.choice(_HABITS)
    changes_after = chance.randint(1, _CHANGES_AT_MOST) if chance.random() < 0.12 else None
    old: Old = chance.choice(["nothing", "nothing", "another", "equal"])
    change = chance.choice(_CHANGES)
    if change == _WITHIN_ITS_SECOND and any("etag" in each or "nodes" in each for each in habits):
        change = _CHANGES[0]
    fields: dict[str, object] = {
        "part_size": PART,
        "streams": chance.randint(1, 4),
        "max_children": chance.choice([0, 1, 2, 3]),
        "overwrite": chance.choice(["different", "different", "always"]),
    }
    store: Store = chance.choice(["origin", "origin", "s3", "cos"])
    if store != "origin":
        habits = tuple(_OF_THE_ORIGIN.get(each, each) for each in habits)
    known_again = changes_after is None and not _UNKNOWABLE.intersection(habits)
    if old == "nothing" and known_again and chance.random() < 0.3:
        fields["overwrite"] = "never"
    return Schedule(
        seed=seed,
        store=store,
        size=_size(chance),
        old=old,
        fields=fields,
        habits=habits,
        changes_after=changes_after,
        change=change,
        rules={
            "oss": oss_rules(chance),
            "fc": fc_rules(chance),
            store: source_rules(
                chance,
                store,
                says_crc64=store == "cos" or "crc64:given" in habits,
                dates_tell=changes_after is None or change != _WITHIN_ITS_SECOND,
            ),
        },
        kills=tuple(chance.uniform(0, 0.9) for _ in range(chance.choice([0, 0, 0, 1, 1, 2]))),
    )


def _size(chance: random.Random) -> int:
    edges = (0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 1)
    return chance.choice(edges) if chance.random() < 0.2 else chance.randint(0, LARGEST)
