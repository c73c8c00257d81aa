"""A bucket that is written to or listened to, against what ossferry needs of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .clients import BucketInfo
from .finding import Finding, ok, problem, warning

_READY = ("Standard", "IA")


def about_bucket(name: str, info: BucketInfo, region: str, *, target: bool) -> Iterator[Finding]:
    """``region`` is the function's; ``target``: copies go there."""
    about = f"bucket {name}"
    described = ", ".join(
        word
        for word in (
            info.region,
            info.storage_class,
            f"versioning {info.versioning.lower()}" if info.versioning else "no versioning",
        )
        if word
    )
    yield ok(about, f"it is there ({described})")
    if info.region != region:
        yield warning(
            about,
            f"it is in {info.region} and the function in {region}, so copies pass the internet,"
            " which is billed",
            f"deploy the function in {info.region}, or use a bucket in {region}",
        )
    if not target:
        return
    if info.acl.startswith("public-read"):
        yield problem(
            about,
            "everybody may read it, also the secrets of running copies in .ossferry/",
            "make the bucket private",
        )
    if info.storage_class and info.storage_class not in _READY:
        yield warning(
            about,
            f"its storage class is {info.storage_class}, so ossferry's own records are billed for"
            " months and cannot be read at once",
            "use a bucket of the class Standard, and storage_class in the event",
        )
    if info.versioning == "Enabled":
        yield warning(
            about,
            "versioning keeps every version of ossferry's records, and OSS does not heed"
            " overwrite: never",
            "add the lifecycle rules of docs/operate.md to it",
        )
