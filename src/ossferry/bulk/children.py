"""What the answer of a child of a job of many items means."""

from __future__ import annotations

from concurrent.futures import Future

from ..errors import FerryError, InternalError
from ..items.job import ItemsResult


def result_of(done: Future[bytes]) -> ItemsResult | FerryError:
    error = done.exception()
    if error is None:
        try:
            return ItemsResult.decode(done.result())
        except FerryError as failure:
            return failure
    if isinstance(error, FerryError):
        return error
    return InternalError(f"a child's call failed: {type(error).__name__}")
