"""Which operation a request is, by the table in ``known``; what it does not know is refused."""

from __future__ import annotations

from collections.abc import Mapping

from tests.localcloud.oss.rules import known
from tests.localcloud.oss.rules.known import Operation
from tests.localcloud.oss.rules.refusals import Refusal, invalid_argument, not_known_here
from tests.localcloud.oss.rules.target import Target

_READS = ("GetObject", "HeadObject")


def classify(method: str, target: Target, headers: Mapping[str, str]) -> Operation:
    """Return the operation that a request asks for, and understands every word of."""
    operation = _selected(method, target, headers)
    for name, value in target.query.items():
        if not _heeds(operation, name, value):
            raise not_known_here(name)
    for name in headers:
        if name.startswith("x-oss-") and not known.knows(operation.headers, name):
            raise not_known_here(name)
    return operation


def _selected(method: str, target: Target, headers: Mapping[str, str]) -> Operation:
    resource = _resource(target)
    for operation in known.TABLE[resource].get(method, ()):
        if not operation.parameter or operation.parameter in target.query:
            _check_part(operation, target)
            copies = known.COPY_SOURCE in headers
            return known.COPIES.get(operation.name, operation) if copies else operation
    asked = sorted(set(target.query) - known.SIGNING_PARAMETERS)
    if asked:
        raise not_known_here(asked[0])
    message = "The specified method is not allowed against this resource."
    raise Refusal(
        405, "MethodNotAllowed", message, details={"Method": method, "ResourceType": resource}
    )


def _resource(target: Target) -> str:
    if target.key:
        return "Object"
    return "Bucket" if target.bucket else "Service"


def _heeds(operation: Operation, name: str, value: str) -> bool:
    if name in known.SIGNING_PARAMETERS or name in operation.parameters:
        return True
    means_nothing = value and name not in known.FEATURES and not name.startswith("x-oss-")
    return operation.name in _READS and bool(means_nothing)


def _check_part(operation: Operation, target: Target) -> None:
    writes = operation.name in ("UploadPart", "PutObject")
    if writes and (operation.name == "UploadPart") != ("partNumber" in target.query):
        message = "Unexpected query string parameter"
        raise invalid_argument(message, "ResourceType", "", "0017-00000219")
