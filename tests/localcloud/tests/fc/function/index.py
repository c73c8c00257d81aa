"""The function that the tests of the local FC deploy: it does what its event says."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Asked = Mapping[str, Any]

IMPORTED_AT = time.time()
initialized = 0


def initializer(context: Any) -> None:
    """Count, and fail while the file that the environment names exists."""
    global initialized
    initialized += 1
    print("initializer ran")
    if os.path.exists(os.environ.get("FAIL_INITIALIZER", "/nonexistent")):
        raise RuntimeError("cannot initialize")


def pre_stop(context: Any) -> None:
    """Say so, and let what waits for the file that the environment names come to its end."""
    print(f"pre_stop ran, {context.function.timeout}")
    if "STOP_FILE" in os.environ:
        Path(os.environ["STOP_FILE"]).touch()
    time.sleep(float(os.environ.get("STOP_SECONDS", "0")))


def handler(event: bytes, context: Any) -> object:
    """Do the one thing that ``do`` names and answer with what it returns."""
    asked = json.loads(event or b"{}")
    return DEEDS[asked.get("do", "describe")](asked, context)


def describe(asked: Asked, context: Any) -> dict[str, object]:
    credentials = getattr(context, "credentials", None)
    service = getattr(context, "service", None)
    return {
        "pid": os.getpid(),
        "folder": os.getcwd(),
        "path": sys.path,
        "environment": dict(os.environ),
        "modules": sorted(sys.modules),
        "context": sorted(vars(context)),
        "function": vars(context.function),
        "service": vars(service) if service else None,
        "credentials": vars(credentials) if credentials else None,
        "request_id": context.request_id,
        "initialized": initialized,
    }


def echo(asked: Asked, context: Any) -> str:
    return json.dumps(asked)


def reverse(asked: Asked, context: Any) -> bytes:
    return str(asked["text"]).encode()[::-1]


def big(asked: Asked, context: Any) -> bytes:
    return b"x" * int(asked["bytes"])


def fail(asked: Asked, context: Any) -> None:
    raise ValueError(asked.get("message", "something is wrong"))


def leave(asked: Asked, context: Any) -> None:
    sys.exit(asked.get("code", 0))


def crash(asked: Asked, context: Any) -> None:
    os._exit(1)


def say(asked: Asked, context: Any) -> str:
    print(asked["text"])
    context.getLogger().info("logged")
    return "said"


def wait(asked: Asked, context: Any) -> dict[str, int]:
    """Run until a file appears, or for ever; say so by creating another."""
    if "begun" in asked:
        Path(asked["begun"]).write_text(str(os.getpid()))
    while not os.path.exists(asked.get("until", "/nonexistent")):
        time.sleep(0.005)
    return {"pid": os.getpid()}


def start_children(asked: Asked, context: Any) -> dict[str, int]:
    """Start processes that outlive the request, and wait with them if asked to."""
    for _ in range(asked["count"]):
        multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,)).start()
    if "begun" in asked:
        return wait(asked, context)
    return {"pid": os.getpid()}


def allocate(asked: Asked, context: Any) -> object:
    """Hold so much memory, for the time it takes to fill it."""
    held = bytearray(asked["bytes"])
    held[::4096] = b"x" * len(held[::4096])
    if "begun" in asked:
        return wait(asked, context)
    return "allocated"


def unanswerable(asked: Asked, context: Any) -> object:
    return object()


def fail_once(asked: Asked, context: Any) -> str:
    """Fail the first time, by the trace that it leaves in a file."""
    with open(asked["attempts"], "a") as attempts:
        attempts.write("x")
    if os.path.getsize(asked["attempts"]) <= asked.get("failures", 1):
        raise ValueError("not yet")
    return "at last"


DEEDS: dict[str, Callable[[Asked, Any], object]] = {
    deed.__name__: deed
    for deed in (
        describe,
        echo,
        reverse,
        big,
        fail,
        leave,
        crash,
        say,
        wait,
        start_children,
        allocate,
        unanswerable,
        fail_once,
    )
}
