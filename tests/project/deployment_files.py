"""The deployment files as a deployment reads them, with what an operator chooses filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.localcloud.config import REPOSITORY
from tests.localcloud.fc.template import resolve

Document = Mapping[str, Any]

_NOTHING = object()  # what a property is that is not there

ACCOUNT, REGION, BUCKET = "1234567890123456", "cn-hangzhou", "my-bucket"


def document(name: str) -> Document:
    """Return a file of the repository as it is written."""
    found = yaml.safe_load((REPOSITORY / name).read_text("utf-8"))
    assert isinstance(found, Mapping)
    return found


def devs(environment: Mapping[str, str] | None = None, text: str | None = None) -> Document:
    """Return s.yaml's function, as Serverless Devs hands it to the component; or another text's."""
    found = document("s.yaml") if text is None else yaml.safe_load(text)
    scope = {"config": {"AccountID": ACCOUNT}}
    variables = resolve(found["vars"], scope, environment or {})
    resource: Document = resolve(
        found["resources"]["ossferry"], {**scope, "vars": variables}, environment or {}
    )
    return resource


def stack(name: str, **parameters: str) -> Document:
    """Return the resources of a ROS template that it makes; a parameter that is not given, and has
    no default, is an error."""
    found = document(name)
    asked = found["Parameters"]
    defaults = {each: asked[each]["Default"] for each in asked if "Default" in asked[each]}
    assert {*asked} - {*defaults} <= {*parameters} <= {*asked}
    values = {**defaults, **parameters, "ALIYUN::Region": REGION, "ALIYUN::StackName": "ossferry"}
    holds: Document = _evaluated(found.get("Conditions", {}), values, {})
    resources: Document = _evaluated(found["Resources"], values, holds)
    return {
        each: resource
        for each, resource in resources.items()
        if "Condition" not in resource or holds[resource["Condition"]]
    }


def policies(bucket: str = BUCKET) -> dict[str, Document]:
    """Return what the function's role may do, by the runtime of the generation it is for."""
    role = stack("role.yml", Bucket=bucket)["function"]["Properties"]
    service = stack("template.yml", Bucket=bucket, CodeUri="")["ossferry"]["Properties"]
    (of_role,), (of_service,) = role["Policies"], service["Policies"]
    return {"python3.12": of_role["PolicyDocument"], "python3.10": of_service}


def actions(policy: Document) -> list[str]:
    """Return the actions that a policy names, in its order."""
    return [action for statement in policy["Statement"] for action in statement["Action"]]


def _evaluated(node: Any, values: Mapping[str, str], holds: Mapping[str, bool]) -> Any:
    """Do what ROS does with its functions; where a resource is asked for, leave the question."""
    if isinstance(node, list):
        found = [_evaluated(each, values, holds) for each in node]
        return [each for each in found if each is not _NOTHING]
    if not isinstance(node, Mapping):
        return node
    match dict(node):
        case {"Ref": "ALIYUN::NoValue", **rest} if not rest:
            return _NOTHING
        case {"Ref": str(name), **rest} if not rest:
            return values[name]
        case {"Fn::Sub": str(text), **rest} if not rest:
            return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], text)
    made = {key: _evaluated(value, values, holds) for key, value in node.items()}
    return _judged({key: value for key, value in made.items() if value is not _NOTHING}, holds)


def _judged(made: Mapping[str, Any], holds: Mapping[str, bool]) -> Any:
    """Do what conditions are made of, and what depends on one."""
    match made:
        case {"Fn::Equals": [one, other], **rest} if not rest:
            return one == other
        case {"Fn::Not": condition, **rest} if not rest:
            return not condition
        case {"Fn::If": [condition, then, *otherwise], **rest} if not rest:
            # A branch that is nothing has left the list.
            return then if holds[condition] else next(iter(otherwise), _NOTHING)
    return made
