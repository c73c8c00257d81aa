"""How the two APIs name one function.

2016-08-15 says service, qualifier and function; 2023-03-30 says function and qualifier, and
still reaches a function of a service as ``service$function``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from . import errors

FC2 = "2016-08-15"
FC3 = "2023-03-30"
LATEST = "LATEST"


@dataclass(frozen=True, slots=True)
class Address:
    """What a request calls: ``service`` is None in the form that has none."""

    api_version: str
    service: str | None
    function: str
    qualifier: str = LATEST

    def arn(self, region: str, account_id: str) -> str:
        """Return the name under which policies know the function."""
        prefix = f"acs:fc:{region}:{account_id}"
        if self.api_version == FC2:
            return f"{prefix}:services/{self.service}.{self.qualifier}/functions/{self.function}"
        name = self.function if self.service is None else f"{self.service}${self.function}"
        return f"{prefix}:functions/{name}"

    def require_in(self, service: str, qualifiers: Collection[str | None]) -> None:
        """Refuse a service or a qualifier that is not deployed."""
        if self.service is not None and self.service != service:
            raise errors.service_not_found(self.service)
        if self.qualifier not in qualifiers:
            raise errors.qualifier_not_found(self.qualifier)


def fc2_address(service_segment: str, function: str) -> Address:
    """Read ``service[.qualifier]`` and the function's name, already URL-decoded."""
    service, _, qualifier = service_segment.partition(".")
    return Address(FC2, service, function, qualifier or LATEST)


def fc3_address(function_segment: str, qualifier: str | None) -> Address:
    """Read ``function`` or ``service$function``, already URL-decoded."""
    service, dollar, function = function_segment.partition("$")
    if not dollar:
        return Address(FC3, None, function_segment, qualifier or LATEST)
    return Address(FC3, service, function, qualifier or LATEST)
