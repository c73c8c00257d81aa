"""What the three servers of a local cloud agree on before any of them starts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class CloudConfig:
    """One local cloud: its account, its addresses, and how its function is run.

    The listening sockets are bound before the servers start, so every server knows every
    endpoint from the beginning and none has to wait for another. ``root_secret`` signs the
    temporary credentials that FC hands out and OSS accepts; nobody else knows it, but a test that
    has an STS beside the cloud, which hands out such credentials as well.
    """

    oss_endpoint: str
    fc_endpoint: str
    origin: str
    data_dir: str
    root_secret: str
    access_key_secret: str
    access_key_id: str = "LOCALACCESSKEYID"
    account_id: str = "1234567890123456"
    region: str = "cn-hangzhou"
    # OSS alone is in a second region as well, where the account has buckets of other places.
    second_region: str = "cn-shanghai"
    second_oss_endpoint: str = ""
    # The socket that listens there, which the OSS server inherits.
    second_oss_descriptor: int | None = None
    bucket: str = "ossferry-local"
    service: str = "ossferry"
    function: str = "ossferry"
    origin_root: str = ""
    faults: str = ""
    # None: as the project's s.yaml says.
    runtime: str | None = None
    # None: 2.0 with a runtime whose context has a service, else 3.0.
    generation: str | None = None
    timeout: float | None = None
    memory: int | None = None
    code: str | None = None
    instances: int = 100
    start_delay: float = 0.0
    start_rate: float | None = None
    fork_instances: bool = True
    credentials_lifetime: float = 36 * 3600.0
    deliver_twice: bool = False
    # Run delayed asynchronous invocations at once, as FC 3.0 may do.
    ignore_delay: bool = False
    # Timers fire only for time that a test lets pass, not for time that passes by itself.
    still_timers: bool = False
    # A version or alias that is there beside LATEST, with the same code.
    qualifier: str | None = None
    policy: str | None = None
    env: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> CloudConfig:
        return cls(**json.loads(text))
