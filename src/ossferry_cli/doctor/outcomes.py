"""What a call that did not answer is as a finding. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .clients import CallRefused, Unreachable
from .finding import Finding, problem, warning

_BAD_KEYS = (
    "SignatureNotMatch",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyID",
    "InvalidAccessKeyId",
    "InvalidSecurityToken",
    "InvalidSecurityToken.Expired",
    "SecurityTokenExpired",
)


def looked_at(
    about: str, look: Callable[[], Iterator[Finding]], action: str = ""
) -> Iterator[Finding]:
    """What ``look`` finds, or what kept it from looking; ``action`` is what it needs."""
    try:
        yield from look()
    except (CallRefused, Unreachable) as error:
        yield of_error(about, error, action)


def as_finding(about: str, sentence: str) -> Finding:
    """A problem of a sentence that ends with what to do."""
    text, _, remedy = sentence.rpartition(": ")
    return problem(about, text or sentence, remedy if text else "see docs/cli.md")


def of_error(about: str, error: CallRefused | Unreachable, action: str = "") -> Finding:
    if isinstance(error, CallRefused):
        return _of_refusal(about, error, action)
    return problem(
        about, f"{error} cannot be reached", "look at your network, the proxy and the region"
    )


def _of_refusal(about: str, refused: CallRefused, action: str) -> Finding:
    if refused.code in _BAD_KEYS:
        return problem(
            about,
            f"the cloud does not accept your keys ({refused.code})",
            "renew them, or choose others with --profile",
        )
    if refused.status in (401, 403):
        named = refused.action or action
        what = f"{named} on {refused.resource}" if refused.resource else named
        return warning(
            about,
            f"you may not look at it ({refused})",
            f"have {what or 'the policy AliyunFCReadOnlyAccess'} allowed to your user",
        )
    return problem(about, f"the cloud answers {refused}", "try again; look at region and name")
