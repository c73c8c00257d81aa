"""What is known of an item before it is asked for, and decides when its turn is."""

from __future__ import annotations

from functools import partial

from ..jobs import BulkJob
from ..origins.place import is_object
from ..small.item import Item
from ..source.expiry import expires_at
from ..urls import Url
from .slices import Order

_ONE_COPY_BELOW = 1_000_000_000  # bytes that OSS copies itself with one request
_MORE = ("content_type", "metadata", "expected_md5")  # which it does not do then


def order_of(job: BulkJob) -> Order:
    inside = partial(_copied_by_oss, job)
    return Order(lambda item: 0 if inside(item) else item.size, _ends)


def _copied_by_oss(job: BulkJob, item: Item) -> bool:
    """Whether no byte of it passes through the function."""
    event = {**job.common, **item.event}
    return (
        str(event["source_url"]).startswith("oss://")
        and event.get("source_region") == job.target.region
        and (item.size or 0) < _ONE_COPY_BELOW
        and not any(event.get(name) for name in _MORE)
    )


def _ends(item: Item) -> float:
    source = str(item.event["source_url"])
    if "?" not in source or is_object(source):
        return float("inf")
    try:
        return expires_at(Url(source)) or float("inf")
    except ValueError:  # a row that fails by itself
        return float("inf")
