"""Where an item goes: the list's prefix and a name, which a row gives or its URL is asked for.

Reasons never quote a URL or a key. Whether a URL is a good one is found out by who opens it.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ..errors import InvalidEvent
from ..names import FOLDER, checked_key
from ..origins.place import STORES
from .rows import Naming, Unfit

# What holds a key as it is: nothing in it is encoded, and it has no query.
_OBJECTS = ("oss://", *(f"{store}://" for store in STORES))
SCHEMES = ("http://", "https://", *_OBJECTS)

_LEAVES = "the key would leave the prefix: give one without . and .. between its slashes"


def source(text: str) -> str:
    """The URL in a row; its scheme in small letters, by which it is told what it is."""
    url = text.strip()
    if url.startswith(SCHEMES):
        return url
    scheme, mark, rest = url.partition("://")
    lowered = f"{scheme.lower()}{mark}{rest}"
    if not lowered.startswith(SCHEMES):
        raise Unfit("the row does not begin with a URL of http, https, oss, s3 or cos: give one")
    return lowered


class Prefixed(NamedTuple):
    """Keys under a prefix, which has been ``checked``."""

    prefix: str
    naming: Naming

    def given(self, name: str) -> str:
        """The key for a name as a row gives it, which stands in it as it is to be."""
        if name[:1] == "/":
            raise Unfit("the key would leave the prefix: give one that does not start with /", True)
        return self._fit(name)

    def of(self, url: str) -> str:
        """The key for a URL, or an object, that comes without a name."""
        where = url[url.index("://") + 3 :]
        plain = url.startswith(_OBJECTS)
        if not plain and ("?" in where or "#" in where):
            where = where.partition("?")[0].partition("#")[0]
        slash = where.find("/") + 1
        if not 0 < slash < len(where) or (where[-1] == "/" and not plain):
            raise Unfit("the URL ends with no name: give the row a key")
        if self.naming == "name":
            name = where[where.rfind("/") + 1 :]
        elif self.naming == "path":
            name = where[slash:]
        else:
            host = where[: slash - 1].rpartition("@")[2].lower()
            name = f"{host}/{where[slash:]}"
        if "%" in name and not plain:
            name = decoded(name)
        return self._fit(name)

    def _fit(self, name: str) -> str:
        key = self.prefix + name
        # Nearly all: none of its pieces can begin with a dot, and it is short in any UTF-8.
        if name and name[0] not in "./\\" and "/." not in name and len(key) < 256 and key[0] != ".":
            return key
        if not name:
            raise Unfit("the key is empty: give one, or leave it out for the URL's own name")
        if _steps(name):
            raise Unfit(_LEAVES, True)
        try:
            return checked_key(key, "the key")
        except InvalidEvent as error:
            raise Unfit(error.message) from None


def _steps(text: str) -> bool:
    """Whether a client or a file system would take pieces of it for steps in a path."""
    return not {".", ".."}.isdisjoint(text.split("/"))


def decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise Unfit("the row is no UTF-8 once its %XX are decoded: encode it as UTF-8") from None


def checked(prefix: str) -> str:
    """The prefix, if keys can have it and stay under it, whatever they are."""
    if prefix.startswith(("/", "\\")) or _steps(prefix):
        raise InvalidEvent("the prefix must not start with / or \\, nor have . or .. as a piece")
    if prefix.startswith(FOLDER):
        raise InvalidEvent(f"the prefix must not be {FOLDER}, where ossferry keeps its records")
    return prefix
