"""One address for OSS in both regions of a local cloud, for a function that is told only one.

Real endpoints follow from the region. The local ones are ports, and ``OSSFERRY_OSS_ENDPOINT``
stands for all: so this hands on each request to where its bucket is.
"""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "keep-alive"}


class Crossroads(ThreadingHTTPServer):
    """``places`` are the endpoints of buckets that are not at the ``usual`` one."""

    daemon_threads = True
    usual = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.places: dict[str, str] = {}

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Crossroads

    def handle(self) -> None:
        """Until the client hangs up, which it may do at any time."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _hand_on(self) -> None:
        bucket = urlsplit(self.path).path.split("/")[1]
        where = urlsplit(self.server.places.get(bucket, self.server.usual)).netloc
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: text for name, text in self.headers.items() if name.lower() not in _HOP}
        with contextlib.closing(http.client.HTTPConnection(where, timeout=30)) as connection:
            connection.request(self.command, self.path, body, headers)
            reply = connection.getresponse()
            content = reply.read()
            self.send_response_only(reply.status)
            for name, text in reply.getheaders():
                if name.lower() not in _HOP and name.lower() != "content-length":
                    self.send_header(name, text)
            length = reply.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _hand_on


@contextlib.contextmanager
def crossroads() -> Iterator[Crossroads]:
    """Run one, as long as the block does."""
    with Crossroads() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
