"""A plain client that sends the very target it is given: nothing is cleaned or followed."""

from __future__ import annotations

import contextlib
import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Seen:
    """One reply; ``error`` names what interrupted the body, if anything did."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    error: str = ""

    def told(self, name: str) -> str:
        """Return what an error's document says under a tag."""
        return ET.fromstring(self.body).findtext(name) or ""

    @property
    def code(self) -> str:
        return self.told("Code")


def ask(url: str, method: str = "GET", **headers: str) -> Seen:
    """Ask once; the names of headers are written with underscores."""
    address = urlsplit(url)
    target = url.partition(address.netloc)[2] or "/"
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    with contextlib.closing(connection):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, target, skip_host="Host" in sent)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        reply = connection.getresponse()
        try:
            return Seen(reply.status, reply.headers, reply.read())
        except http.client.IncompleteRead as error:
            return Seen(reply.status, reply.headers, error.partial, "IncompleteRead")
        except OSError as error:
            return Seen(reply.status, reply.headers, b"", type(error).__name__)
