"""Everything of ossferry that the hostile origin's tests use: the two readers, and a transfer."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

from ossferry.byte_range import ByteRange
from ossferry.cloud import Cloud
from ossferry.context import Context, Credentials
from ossferry.copying.body import Body, RangeBody, WholeBody
from ossferry.copying.copy_job import Pin, SourceRef
from ossferry.copying.reader import SourceReader
from ossferry.errors import FerryError
from ossferry.events.request import transfer_of
from ossferry.http.netguard import NetGuard
from ossferry.origins.credentials import Credentials as Foreign
from ossferry.records.record import folder_of as records_of
from ossferry.retry import RetryPolicy
from ossferry.settings import Settings
from ossferry.stop import Stop
from ossferry.tls import tls
from ossferry.transfer.coordinator import transfer
from ossferry.urls import Url

__all__ = [
    "KEYS",
    "READERS",
    "Credentials",
    "FerryError",
    "Reader",
    "carry",
    "records_of",
    "trusting",
]

# What signs for sources in other clouds: id, secret, token.
KEYS = ("AKIDHOSTILE", "secret-5e1f0c", "token-5e1f0c")

# 127.0.0.1 alone: what listens at other loopback addresses must never be asked.
_ALLOWED = (ip_network("127.0.0.1/32"),)
_ONCE = RetryPolicy(attempts=1)

# The URL of the server, the size that the source is known to have, seconds; what is taken for it.
Reader = Callable[[str, int, float], bytes]


def read_whole(url: str, size: int, seconds: float) -> bytes:
    """What ossferry takes for the source if it reads it at once, its size not known before."""
    ref = SourceRef(Url(url))
    deadline = time.monotonic() + seconds
    with closing(SourceReader(ref, NetGuard(_ALLOWED), deadline)) as reader:
        body = WholeBody(reader, deadline, Stop())
        return _all(reader, reader.open_whole, body, size, seconds)


def read_range(url: str, size: int, seconds: float) -> bytes:
    """What ossferry takes for the source if it asks for a range that is all of it, once."""
    ref = SourceRef(Url(url), {}, Pin(size))
    deadline = time.monotonic() + seconds
    with closing(SourceReader(ref, NetGuard(_ALLOWED), deadline)) as reader:
        wanted = ByteRange(0, size)
        body = RangeBody(reader, wanted, policy=_ONCE, deadline=deadline, stop=Stop())
        return _all(reader, body.open, body, size, seconds)


READERS: Mapping[str, Reader] = {"whole": read_whole, "range": read_range}


def _all(
    reader: SourceReader, opening: Callable[[], object], body: Body, size: int, seconds: float
) -> bytes:
    """Everything that a body gives; who copies in one pass ends a wait in the same way."""
    timer = threading.Timer(seconds, reader.interrupt)
    timer.start()
    try:
        opening()
        view = memoryview(bytearray(4 * size + 65536))
        return bytes(view[: body.read(view)])
    finally:
        timer.cancel()
        timer.join()


def carry(
    event: Mapping[str, object], oss_endpoint: str, credentials: Credentials, seconds: float
) -> dict[str, object]:
    """Do the transfer that an event asks for, as a function with so many seconds does it."""
    context = Context(
        request_id="hostile",
        region=str(event["target_region"]),
        account_id="1",
        service="service",
        function="function",
        qualifier=None,
        timeout=seconds,
        deadline=time.monotonic() + seconds,
        credentials=credentials,
    )
    settings = Settings(
        oss_endpoint=oss_endpoint,
        allow_networks=_ALLOWED,
        foreign=_foreign(event.get("source_endpoint")),
    )
    return transfer(transfer_of(event), Cloud(context, settings, Stop()), settings)


def _foreign(endpoint: object) -> Foreign:
    if endpoint is None:
        return Foreign()
    where = f"s3://media eu-west-1 {endpoint}, cos://films-1250000000 ap-guangzhou {endpoint}"
    settings = {"OSSFERRY_CREDENTIALS_KEYS": ":".join(KEYS), "OSSFERRY_BUCKETS_KEYS": where}
    return Foreign.from_env(settings)


@contextlib.contextmanager
def trusting(authority: Path) -> Iterator[None]:
    """Trust the certificates of this authority, and of no other."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(authority)
    tls.cache_clear()
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
        tls.cache_clear()
