"""JSON lines: a transfer per line as events have it, but for its target's region and bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .keys import Prefixed, source
from .lines import Line
from .rows import Row, Unfit, Unreadable

_OF_THE_LIST = ("target_region", "target_bucket_name")


def json_rows(lines: Iterator[Line | Unreadable], keys: Prefixed) -> Iterator[Row | Unreadable]:
    for line in lines:
        if isinstance(line, Unreadable):
            yield line
            continue
        number, text = line
        if not text or text.isspace():
            continue
        try:
            yield Row(number, _event(text, keys))
        except Unfit as unfit:
            yield unfit.at(number)


def document(text: str) -> Mapping[str, Any] | None:
    """The JSON object, if it is one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _event(text: str, keys: Prefixed) -> dict[str, Any]:
    item = document(text)
    if item is None:
        raise Unfit("the line is no JSON object: give one item per line, each whole")
    if any(item.get(name) is not None for name in _OF_THE_LIST):
        raise Unfit("the row names a target region or bucket: all of a list go to the job's own")
    if item.get("thaw") is not None:
        raise Unfit("the row has thaw, which is for all of a list: give it to the job")
    url = source(_text(item, "source_url"))
    if item.get("target_object_name") is None:
        key = keys.of(url)
    else:
        key = keys.given(_text(item, "target_object_name"))
    given = {name: value for name, value in item.items() if name not in _OF_THE_LIST}
    return given | {"source_url": url, "target_object_name": key}


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise Unfit(f"{name} is no text: give one")
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can write half a character
        raise Unfit(f"{name} is no valid Unicode: write it again") from None
    return value
