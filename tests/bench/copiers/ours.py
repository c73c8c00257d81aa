"""ossferry's copy path: ``child.copy``, exactly as a function instance runs it."""

from __future__ import annotations

from ipaddress import ip_network

from ossferry.copying import child, stream
from ossferry.copying.copy_job import CopyJob, PartJob, Pin, SourceRef
from ossferry.http.netguard import NetGuard
from ossferry.pace.grid import grid_of
from ossferry.urls import Url
from tests.bench.copiers.measuring import Errand, run


def copy(errand: Errand) -> None:
    """Copy all parts; anything but complete, confirmed success is an error."""
    if errand.buffer:  # only ``alternatives`` asks for another
        stream.LARGE = stream.SMALL = errand.buffer
    parts = tuple(
        PartJob(part.number, part.range, Url(f"{errand.sink}/object?partNumber={part.number}"))
        for part in grid_of(errand.size, errand.part_size).parts()
    )
    pin = Pin(size=errand.size)
    source = SourceRef(Url(errand.source), pin=pin, checksum=errand.checksum)
    guard = NetGuard([ip_network("127.0.0.0/8")])
    result = child.copy(CopyJob(source, parts, errand.streams, seconds=600.0), guard)
    if result.error or sum(part.size for part in result.parts if part.confirmed) != errand.size:
        raise RuntimeError(f"the copy failed: {result.error}")


if __name__ == "__main__":
    run(copy)
