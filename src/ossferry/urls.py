"""URLs that may carry secrets: signatures in the query, credentials before the host.

A ``Url`` shows itself only redacted, in messages, logs and reprs; what goes on the wire is taken
with ``reveal``, which is easy to search for.
"""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

# Everything that may stand in a URL as it is; '%' because what is escaped already stays so.
_SAFE = "!$%&'()*+,/:;=?@~"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Url:
    """An absolute http or https URL without a fragment."""

    __slots__ = ("_full", "host", "port", "redacted", "scheme", "target", "userinfo")

    def __init__(self, full: str) -> None:
        parts = urlsplit(full.strip())
        if parts.scheme not in ("http", "https"):
            raise ValueError("its scheme is neither http nor https")
        if not parts.hostname:
            raise ValueError("it names no host")
        self.scheme = parts.scheme
        self.host = parts.hostname.encode("idna").decode()
        if not self.host.isprintable() or " " in self.host:
            raise ValueError("it names no host")
        self.port = parts.port or _DEFAULT_PORTS[parts.scheme]
        path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=_SAFE)
        self.target = f"{path}?{query}" if query else path
        self.redacted = f"{self.scheme}://{self.host_header}{path}"
        # user:password as written before the host, still percent-encoded
        self.userinfo = parts.netloc.rpartition("@")[0]
        at = f"{self.userinfo}@" if self.userinfo else ""
        self._full = f"{self.scheme}://{at}{self.host_header}{self.target}"

    def with_query(self, query: str) -> Url:
        """The same with another query, encoded already: for thousands that differ only in it."""
        other = object.__new__(Url)
        for name in ("host", "port", "redacted", "scheme", "userinfo"):
            setattr(other, name, getattr(self, name))
        other.target = f"{self.target.partition('?')[0]}?{query}"
        other._full = f"{self._full.partition('?')[0]}?{query}"
        return other

    def at(self, path: str, query: str) -> Url:
        """Another path of the same server, and a query, both encoded already."""
        other = self.with_query(query)
        origin = f"{self.scheme}://{self.host_header}"
        other.redacted, other.target = f"{origin}{path}", f"{path}?{query}"
        other._full = f"{self._full.removesuffix(self.target)}{other.target}"
        return other

    def reveal(self) -> str:
        return self._full

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials may be sent to: RFC 6454."""
        return self.scheme, self.host, self.port

    def join(self, location: str) -> Url:
        return Url(urljoin(self._full, location))

    def __repr__(self) -> str:
        return self.redacted

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Url) and other._full == self._full

    def __hash__(self) -> int:
        return hash(self._full)

    def __reduce__(self) -> tuple[type[Url], tuple[str]]:
        return Url, (self._full,)
