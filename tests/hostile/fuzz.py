"""Good replies, mutated: what ossferry takes for the body is what strict clients take, or an error.

A round is one mutated reply, sent to the first request; whatever is asked next is cut off. A seed
makes the same rounds each time.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tests.hostile.framing import BODY, LENGTH, Right, Spelling
from tests.hostile.readers import READERS, FerryError
from tests.hostile.server import End, Hostile, Request, Step, hostile
from tests.hostile.strict import objection

_SECONDS = 20.0
_MOST_MUTATIONS = 3

Mutation = Callable[[bytes, random.Random], bytes]

# What has led clients astray before.
_TOKENS = (
    *(
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\0",
        b" ",
        b"\t",
        b":",
        b";",
        b",",
        b'"',
        b"\x0b",
        b"\xa0",
    ),
    *(b"+", b"-", b"_", b"0x", b"0", b"1", b"f", b"\xff"),
    *(b"chunked", b"gzip, ", b", chunked", b"identity", b"bytes", b"*", b"HTTP/1.0", b"HTTP/1.1 "),
    b"\r\nTransfer-Encoding: chunked",
    b"\r\nTransfer-Encoding : chunked",
    b"\r\nTransfer-Encoding:\r\n chunked",
    b"\r\nContent-Length: 5",
    b"\r\nContent-Length: 20",
    b"\r\nContent-Length:",
    b"\r\nContent-Encoding: gzip",
    b"\r\nContent-Range: bytes 0-4/20",
    b"\r\nConnection: close",
    b"\r\n folded",
    b"\r\nno colon",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
)


class Difference(NamedTuple):
    """A reply that ossferry took a body from that it must not, or that it cannot cope with."""

    seed: int
    round: int
    way: str
    raw: bytes
    complaint: str


def replace(raw: bytes, chance: random.Random) -> bytes:
    """One byte becomes another."""
    where = chance.randrange(len(raw))
    return raw[:where] + bytes([chance.randrange(256)]) + raw[where + 1 :]


def insert(raw: bytes, chance: random.Random) -> bytes:
    """Something that has led clients astray stands anywhere."""
    where = chance.randrange(len(raw) + 1)
    return raw[:where] + chance.choice(_TOKENS) + raw[where:]


def delete(raw: bytes, chance: random.Random) -> bytes:
    """Some bytes are not there."""
    where = chance.randrange(len(raw))
    return raw[:where] + raw[where + chance.randrange(1, 5) :]


def double(raw: bytes, chance: random.Random) -> bytes:
    """A span is there twice."""
    start = chance.randrange(len(raw))
    stop = start + chance.randrange(1, 40)
    return raw[:stop] + raw[start:stop] + raw[stop:]


def cut(raw: bytes, chance: random.Random) -> bytes:
    """The end is missing."""
    return raw[: chance.randrange(1, len(raw) + 1)]


def renumber(raw: bytes, chance: random.Random) -> bytes:
    """One digit is another."""
    digits = [where for where, byte in enumerate(raw) if chr(byte).isdigit()]
    where = chance.choice(digits or [0])
    return raw[:where] + str(chance.randrange(10)).encode() + raw[where + 1 :]


def swap(raw: bytes, chance: random.Random) -> bytes:
    """Two lines change places."""
    lines = raw.split(b"\r\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def strip(raw: bytes, chance: random.Random) -> bytes:
    """One end of a line loses its CR, or its LF."""
    ends = [where for where in range(len(raw)) if raw[where : where + 2] == b"\r\n"]
    where = chance.choice(ends or [0]) + chance.randrange(2)
    return raw[:where] + raw[where + 1 :]


_MUTATIONS: Sequence[Mutation] = (
    replace,
    insert,
    insert,
    delete,
    double,
    cut,
    renumber,
    swap,
    strip,
)


class _Mouth:
    """A server that says what it was given, once, to the next request on a new connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reply: bytes | None = None

    def say(self, reply: bytes) -> None:
        with self._lock:
            self._reply = reply

    def script(self, request: Request) -> list[Step]:
        with self._lock:
            reply, self._reply = self._reply, None
        return [End.RESET] if reply is None else [reply, End.FIN]


@contextlib.contextmanager
def _speaking() -> Iterator[tuple[_Mouth, Hostile]]:
    mouth = _Mouth()
    with hostile(mouth.script) as server:
        yield mouth, server


def differences(recorded: Sequence[Spelling], seed: int, rounds: int) -> list[Difference]:
    """What so many rounds for each reader bring to light."""
    found = []
    with _speaking() as (mouth, server):
        for number in range(rounds):
            chance = random.Random(f"{seed} {number}")
            good = chance.choice(recorded)
            for way, raw in (("whole", good.whole), ("range", good.part)):
                for _ in range(chance.randint(1, _MOST_MUTATIONS)):
                    raw = chance.choice(_MUTATIONS)(raw, chance) or b"\0"
                mouth.say(raw)
                complaint = _complaint(way, server, raw)
                if complaint:
                    found.append(Difference(seed, number, way, raw, complaint))
    return found


def _complaint(way: str, server: Hostile, raw: bytes) -> str | None:
    """What is wrong with what a reader takes for the body of a reply; None if nothing."""
    before = len(server.requests)
    try:
        taken = READERS[way](server.url, LENGTH, _SECONDS)
    except FerryError:
        return None
    except Exception as error:
        return f"it fails with {type(error).__name__}: {error}"
    if len(server.requests) != before + 1 and taken != BODY:
        return "it asked again, and put two replies together"
    return objection(raw, taken)


def good_ones(spellings: Sequence[Spelling]) -> list[Spelling]:
    """Those that every reader has to take, and that are short enough to be hit where it hurts."""
    return [each for each in spellings if each.right is Right.TAKE and len(each.text) < 1000]
