"""The scope of a signature: the key, the day, the region and the service that it is good for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.localcloud.faces.refused import Refused


@dataclass(frozen=True, slots=True)
class Scope:
    """What stands in a credential, after the key's id."""

    id: str
    day: str
    region: str
    service: str

    @property
    def text(self) -> str:
        """The scope as it is signed."""
        return f"{self.day}/{self.region}/{self.service}/aws4_request"

    def require(
        self, region: str, also: tuple[str, ...], service: str, date: str, code: str
    ) -> None:
        """Refuse another region, another service and another day than the date's."""
        begin = "Error parsing the X-Amz-Credential parameter; "
        if code == "AuthorizationHeaderMalformed":
            begin = "The authorization header is malformed; "
        if self.region not in (region, *also):
            text = f"the region '{self.region}' is wrong; expecting '{region}'"
            raise Refused(400, code, begin + text, {"Region": region})
        if self.service != service:
            text = f'incorrect service "{self.service}". This endpoint belongs to "{service}".'
            raise Refused(400, code, begin + text)
        if not date.startswith(self.day):
            text = f'Invalid credential date "{self.day}". This date is not the same as X-Amz-Date'
            raise Refused(400, code, f'{text}: "{date[:8]}".')


def read_scope(credential: str, code: str, name: str) -> Scope:
    """Read ``<id>/<yyyymmdd>/<region>/<service>/aws4_request``; an id may hold slashes."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or not re.fullmatch(r"\d{8}", parts[1]) or parts[4] != "aws4_request":
        text = f"Error parsing the {name} parameter; the Credential is mal-formed; expecting "
        raise Refused(400, code, f'{text}"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
    return Scope(parts[0], parts[1], parts[2], parts[3])
