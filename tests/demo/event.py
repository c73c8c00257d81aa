"""The event that is printed: valid JSON that can be pasted, without what may be secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_USERINFO = re.compile(r"^([^/?#]*//)[^/?#]*@")
_QUERY = re.compile(r"\?.+", re.DOTALL)


def event_lines(event: Mapping[str, object]) -> str:
    """Return the event, and a sentence on what to fill in if something of its URL is left out."""
    url, left_out = str(event["source_url"]), []
    for pattern, shown, what in (
        (_USERINFO, r"\1USERINFO@", "USERINFO with its user name and password"),
        (_QUERY, "?QUERY", "QUERY with its query"),
    ):
        url, found = pattern.subn(shown, url)
        if found:
            left_out.append(what)
    text = json.dumps({**event, "source_url": url}, indent=2, ensure_ascii=False)
    if not left_out:
        return text
    return (
        f"{text}\nWhat may be secret in the URL is not shown. Before you paste the event, replace"
        f" {' and '.join(left_out)}."
    )
