"""Several things at once in threads, of which the first to fail ends the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..stop import Stop

T = TypeVar("T")


def side_by_side(actions: Sequence[Callable[[], T]], stop: Stop, width: int) -> list[T]:
    """What the actions return, in their order; so many are done at once.

    The first failure sets ``stop``, which the others have to heed, and is raised when all of them
    have ended; what has not begun by then never does.
    """
    results: dict[int, T] = {}
    failures: list[BaseException] = []

    def act(number: int) -> None:
        if failures:
            return
        try:
            results[number] = actions[number]()
        except BaseException as error:
            failures.append(error)
            stop.set()

    with ThreadPoolExecutor(width) as pool:
        for number in range(len(actions)):
            pool.submit(act, number)
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(actions))]
