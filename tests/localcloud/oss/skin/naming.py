"""How the lists write names: as they are, or encoded for whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from tests.localcloud.oss.rules.documents import Node
from tests.localcloud.oss.rules.refusals import invalid_argument
from tests.localcloud.oss.skin.call import Call

Named = Callable[[str], str]


def naming(call: Call) -> Named:
    """Return how keys are written in this reply; XML cannot hold every character of a key."""
    encoding = call.parameter("encoding-type")
    if encoding not in ("", "url"):
        raise invalid_argument("Invalid Encoding Method specified.", "encoding-type", encoding)
    return (lambda name: quote(name, safe="")) if encoding else str


def encoding_type(call: Call) -> list[Node]:
    return [("EncodingType", "url")] if call.parameter("encoding-type") else []


def common_prefixes(prefixes: Sequence[str], named: Named) -> list[Node]:
    return [("CommonPrefixes", [("Prefix", named(prefix))]) for prefix in prefixes]
