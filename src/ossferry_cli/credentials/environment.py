"""Keys in environment variables, under the names that SDKs, ossutil and Serverless Devs know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .found import Broken, Candidate, Credentials, Offer
from .official import by_oidc, by_uri

PREFIXES = ("ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALICLOUD_")


def offers(environ: Mapping[str, str]) -> Iterator[Offer]:
    """All that the environment has, best first; an empty variable counts as none."""
    given = {name: value.strip() for name, value in environ.items() if value.strip()}
    region = region_of(given)
    for prefix in PREFIXES:
        yield from _pair(
            given,
            (f"{prefix}ACCESS_KEY_ID", f"{prefix}ACCESS_KEY_SECRET", f"{prefix}SECURITY_TOKEN"),
            region,
        )
    yield from _exchanged(given, region)
    yield from _pair(
        given,
        ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"),
        region or given.get("OSS_REGION"),
    )
    yield from _serverless_devs(given, region)


def region_of(environ: Mapping[str, str]) -> str | None:
    """The region that variables name for all tools alike."""
    return next((environ[f"{p}REGION_ID"] for p in PREFIXES if environ.get(f"{p}REGION_ID")), None)


def variable(environ: Mapping[str, str], name: str) -> str | None:
    """The value under any of the prefixes."""
    return next((environ[p + name] for p in PREFIXES if environ.get(p + name)), None)


def _pair(
    given: Mapping[str, str], names: tuple[str, str, str], region: str | None
) -> Iterator[Offer]:
    key, secret, token = names
    if key in given and secret in given:
        keys = Credentials(
            given[key], given[secret], given.get(token), f"the variable {key}", region=region
        )
        yield Candidate(keys.source, lambda: keys)
    elif key in given or secret in given:
        there, absent = (key, secret) if key in given else (secret, key)
        yield Broken(f"the variable {there} is set and {absent} is not: set both, or none")


def _exchanged(given: Mapping[str, str], region: str | None) -> Iterator[Offer]:
    """Variables that say where to get keys."""
    role, provider, token = (
        given.get(f"ALIBABA_CLOUD_{name}")
        for name in ("ROLE_ARN", "OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE")
    )
    if role and provider and token:
        asked = {
            "role_arn": role,
            "oidc_provider_arn": provider,
            "oidc_token_file_path": token,
            "role_session_name": given.get("ALIBABA_CLOUD_ROLE_SESSION_NAME") or "ossferry",
        }
        source = "the variable ALIBABA_CLOUD_OIDC_TOKEN_FILE"
        yield Candidate(source, lambda: by_oidc(asked, source, region))
    if uri := given.get("ALIBABA_CLOUD_CREDENTIALS_URI"):
        where = "the variable ALIBABA_CLOUD_CREDENTIALS_URI"
        yield Candidate(where, lambda: by_uri(uri, where, region))


def _serverless_devs(given: Mapping[str, str], region: str | None) -> Iterator[Offer]:
    """It needs all three; two of them are somebody else's names, perhaps."""
    names = ("AccessKeyID", "AccessKeySecret", "AccountID")
    if all(name in given for name in names):
        key, secret, account = (given[name] for name in names)
        source = "the variables AccountID, AccessKeyID and AccessKeySecret"
        keys = Credentials(key, secret, given.get("SecurityToken"), source, account, region)
        yield Candidate(source, lambda: keys)
