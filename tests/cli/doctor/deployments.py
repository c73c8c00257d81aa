"""Deployments to examine: the local cloud's, s.yaml with something broken, and recorded answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from ossferry_cli.doctor.clients import BucketInfo, Document
from ossferry_cli.doctor.cloud_clients import CloudClients
from ossferry_cli.doctor.examine import Wanted, examine
from ossferry_cli.doctor.finding import Finding
from ossferry_cli.function import Function, Keys
from tests.localcloud.client import LocalCloud
from tests.localcloud.config import REPOSITORY


def at(fc_endpoint: str, oss_endpoints: Mapping[str, str], keys: Keys) -> Function:
    """The function ossferry of a cloud that is on this machine."""
    return Function(
        region="cn-hangzhou",
        account_id="",
        name="ossferry",
        service=None,
        qualifier=None,
        fc_endpoint=fc_endpoint,
        oss_endpoints=oss_endpoints,
        credentials=keys,
        is_local=True,
    )


def of_cloud(cloud: LocalCloud, **changed: Any) -> Function:
    keys = Keys(cloud.access_key_id, cloud.access_key_secret)
    endpoints = {
        cloud.region: cloud.oss_endpoint,
        cloud.second_region: cloud.second_oss_endpoint,
    }
    return at(cloud.fc_endpoint, endpoints, keys)._replace(**changed)


def examined(function: Function, **wanted: Any) -> list[Finding]:
    return list(examine(CloudClients(function), Wanted(**wanted)))


def wrong(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """What is not ok, without remedies; each has one."""
    assert all(bool(each.remedy) == (each.level != "ok") for each in findings)
    return [each[:3] for each in findings if each.level != "ok"]


def s_yaml(folder: Path, **props: Any) -> Path:
    """The project's s.yaml with other properties of the function; None leaves one out."""
    document = yaml.safe_load((REPOSITORY / "s.yaml").read_text("utf-8"))
    own = document["resources"]["ossferry"]["props"]
    own["code"] = str(REPOSITORY / "build" / "ossferry.zip")
    for name, value in props.items():
        own[name] = deepcopy(value)
        if value is None:
            del own[name]
    path = folder / "s.yaml"
    path.write_text(yaml.safe_dump(document), "utf-8")
    return path


@dataclass
class Recorded:
    """Answers as the local cloud gave them for the project's s.yaml, to be changed one by one."""

    function: str = "ossferry"
    region: str = "cn-hangzhou"
    described: dict[str, Any] = field(default_factory=dict)
    triggers: list[dict[str, Any]] = field(default_factory=list)
    config: Document | Exception | None = None
    reserved: int | Exception | None = None
    bucket: BucketInfo | Exception = field(default_factory=lambda: BucketInfo("cn-hangzhou"))
    reply: Document | Exception = field(default_factory=dict)
    times: dict[str, float | Exception] = field(default_factory=dict)
    events: list[Document] = field(default_factory=list)

    @classmethod
    def of(cls, cloud: LocalCloud) -> Recorded:
        clients = CloudClients(of_cloud(cloud))
        return cls(
            described=dict(clients.get_function()),
            triggers=[dict(each) for each in clients.list_triggers()],
            config=clients.get_async_config(),
            reserved=clients.get_concurrency(),
            bucket=clients.bucket_info(cloud.bucket_name),
        )

    def get_function(self) -> Document:
        return self.described

    def list_triggers(self) -> Sequence[Document]:
        return self.triggers

    def get_async_config(self) -> Document | None:
        return _given(self.config)  # type: ignore[no-any-return]

    def get_concurrency(self) -> int | None:
        return _given(self.reserved)  # type: ignore[no-any-return]

    def invoke(self, event: Document) -> Document:
        self.events.append(event)
        reply: Document = _given(self.reply)
        return reply

    def bucket_info(self, name: str) -> BucketInfo:
        info: BucketInfo = _given(self.bucket)
        return info

    def clock(self, service: Literal["fc", "oss"]) -> float | None:
        return _given(self.times.get(service))  # type: ignore[no-any-return]

    def set_variables(self, **variables: str) -> None:
        self.described["environmentVariables"] = {
            **self.described["environmentVariables"],
            **variables,
        }

    def trigger(self, name: str) -> dict[str, Any]:
        return next(each for each in self.triggers if each["triggerName"] == name)

    def configure(self, name: str, **config: Any) -> None:
        """Change the configuration of a trigger, which the API has as text."""
        trigger = self.trigger(name)
        trigger["triggerConfig"] = json.dumps({**json.loads(trigger["triggerConfig"]), **config})

    def wrong(self, **wanted: Any) -> list[tuple[str, str, str]]:
        return wrong(list(examine(self, Wanted(**wanted), lambda: 1000.0)))


def _given(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer
