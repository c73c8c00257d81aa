"""What the FC API refuses, and how each of its versions spells a refusal.

These are errors of the service (4xx and 5xx). A function that fails is no error of the service:
it answers 200 with ``X-Fc-Error-Type``, see ``outcomes``.
"""

from __future__ import annotations

import json


class Refused(Exception):
    """The service does not do what it was asked."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"


class Throttled(Refused):
    """No instance can be had now; asynchronous calls wait and try again."""

    def __init__(self, message: str) -> None:
        super().__init__(429, "ResourceExhausted", message)

    def __reduce__(self) -> tuple[type[Throttled], tuple[str]]:
        return type(self), (self.message,)


def invalid_argument(message: str) -> Refused:
    return Refused(400, "InvalidArgument", message)


def missing_header(name: str) -> Refused:
    return Refused(400, "MissingRequiredHeader", f"the required header '{name}' is missing")


def too_large(limit: int) -> Refused:
    message = f"payload size exceeds maximum allowed size ({limit} bytes)"
    return Refused(400, "EntityTooLarge", message)


def path_not_supported(path: str) -> Refused:
    return Refused(400, "PathNotSupported", f"path '{path}' is not supported")


def access_denied(message: str) -> Refused:
    return Refused(403, "AccessDenied", message)


def invalid_access_key(access_key_id: str) -> Refused:
    return Refused(403, "InvalidAccessKeyID", f"the access key ID '{access_key_id}' is not valid")


def signature_mismatch(string_to_sign: str) -> Refused:
    # Like the service, tell what was signed: it shows what a client got wrong and is no secret.
    message = "the request signature we calculated does not match, string to sign: "
    return Refused(403, "SignatureNotMatch", message + json.dumps(string_to_sign))


def function_not_found(service: str | None, function: str) -> Refused:
    where = f" in service '{service}'" if service is not None else ""
    return Refused(404, "FunctionNotFound", f"function '{function}' does not exist{where}.")


def service_not_found(service: str) -> Refused:
    return Refused(404, "ServiceNotFound", f"service '{service}' does not exist")


def qualifier_not_found(qualifier: str) -> Refused:
    if qualifier.isdecimal():
        return Refused(404, "VersionNotFound", f"version '{qualifier}' does not exist")
    return Refused(404, "AliasNotFound", f"alias '{qualifier}' does not exist")


def not_configured(code: str, function: str) -> Refused:
    return Refused(404, code, f"function '{function}' has no such configuration")


def task_exists(api_version: str, task_id: str) -> Refused:
    kind = "StatefulAsyncInvocation" if api_version == "2016-08-15" else "AsyncTask"
    return Refused(409, f"{kind}AlreadyExists", f"'{task_id}' already exists")


def task_not_found(api_version: str, task_id: str) -> Refused:
    kind = "StatefulAsyncInvocation" if api_version == "2016-08-15" else "AsyncTask"
    return Refused(404, f"{kind}NotFound", f"'{task_id}' does not exist")


def render(error: Refused, api_version: str, request_id: str) -> bytes:
    """Write the error body in the spelling that the version's SDK reads."""
    if api_version == "2016-08-15":
        return json.dumps({"ErrorCode": error.code, "ErrorMessage": error.message}).encode()
    body = {"Code": error.code, "Message": error.message, "RequestId": request_id}
    return json.dumps(body).encode()
