"""Keys as people have them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable


def _hash(n: int) -> str:
    return hashlib.md5(str(n).encode()).hexdigest()


def _day(n: int, chance: random.Random) -> str:
    return f"logs/2024/{chance.randint(1, 12):02}/{chance.randint(1, 28):02}/{_hash(n)[:12]}.gz"


def _tree(n: int, chance: random.Random) -> str:
    folders = chance.choices(["red", "green", "Blue", "sky", "sea"], k=chance.randint(0, 3))
    return "/".join([*folders, f"{n}.txt"])


SHAPES: dict[str, Callable[[int, random.Random], str]] = {
    "numbers": lambda n, _: f"photos/img-{n:08}.jpg",
    "numbers of any length": lambda n, _: f"f{n}",
    "hashes": lambda n, _: _hash(n),
    "days": _day,
    "folders": _tree,
    "another script": lambda n, chance: f"目录/{chance.choice('春夏秋冬山水')}{n}",
    "beyond 16 bits": lambda n, chance: chance.choice("a￿𐀀😀") + str(n),
}


def keys_of(shape: str, count: int) -> list[str]:
    chance = random.Random(1)  # the same for each run
    return sorted(SHAPES[shape](n, chance) for n in range(count))
