"""Transfers as async tasks of Function Compute 3.0, through its SDK, as the README shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi import utils_models
from darabonba.runtime import RuntimeOptions

from tests.localcloud.client import LocalCloud
from tests.localcloud.patience import eventually

_FINAL = ("Succeeded", "Failed", "Stopped", "Expired", "Invalid")
_UNDER_WAY = ("Dequeued", "Running", "Retrying")
_DONE, _FAILED = "done", "failed"


class AsyncTasks:
    """Those of a cloud's function: submit, watch, stop, and read what destinations were told."""

    def __init__(self, cloud: LocalCloud, retries: int = 2) -> None:
        self._cloud = cloud
        self._function = cloud.function
        self._client = Client(
            utils_models.Config(
                access_key_id=cloud.access_key_id,
                access_key_secret=cloud.access_key_secret,
                protocol="HTTP",
                endpoint=cloud.fc_endpoint.removeprefix("http://"),
                region_id=cloud.region,
            )
        )
        self._configure(retries)

    def _configure(self, retries: int) -> None:
        destinations = models.DestinationConfig(
            on_success=models.Destination(destination=_queue(_DONE)),
            on_failure=models.Destination(destination=_queue(_FAILED)),
        )
        config = models.PutAsyncInvokeConfigInput(
            async_task=True, max_async_retry_attempts=retries, destination_config=destinations
        )
        request = models.PutAsyncInvokeConfigRequest(body=config)
        self._client.put_async_invoke_config(self._function, request)

    def submit(self, event: Mapping[str, object] | str, task_id: str) -> str:
        """Submit an event under an id, and return the id of the request."""
        text = event if isinstance(event, str) else json.dumps(event)
        reply = self._client.invoke_function_with_options(
            self._function,
            models.InvokeFunctionRequest(body=text.encode()),
            models.InvokeFunctionHeaders(x_fc_invocation_type="Async", x_fc_async_task_id=task_id),
            RuntimeOptions(),
        )
        return str(reply.headers["x-fc-request-id"])

    def ended(self, task_id: str) -> Any:
        """Return a task once it is in one of its last states."""
        return eventually(
            lambda: self._look(task_id), wanted=lambda task: task.status in _FINAL, within=60
        )

    def running(self, task_id: str) -> bool:
        return bool(self._look(task_id).status == "Running")

    def under_way(self) -> bool:
        """Whether any is run, or will be before long: what is only delayed does not count."""
        asked = (models.ListAsyncTasksRequest(status=each) for each in _UNDER_WAY)
        return any(self._client.list_async_tasks(self._function, each).body.tasks for each in asked)

    def stop(self, task_id: str) -> None:
        self._client.stop_async_task(self._function, task_id, models.StopAsyncTaskRequest())

    def told_of_success(self, request_id: str) -> dict[str, Any]:
        """Return the message at the destination for tasks that ended well."""
        return self._told(_DONE, request_id)

    def told_of_failure(self, request_id: str) -> dict[str, Any]:
        """Return the message at the destination for those that did not."""
        return self._told(_FAILED, request_id)

    def reply(self, request_id: str) -> dict[str, Any]:
        """Return what the function answered in the end."""
        reply: dict[str, Any] = json.loads(self.told_of_success(request_id)["responsePayload"])
        return reply

    def _look(self, task_id: str) -> Any:
        request = models.GetAsyncTaskRequest()
        return self._client.get_async_task(self._function, task_id, request).body

    def _told(self, queue: str, request_id: str) -> dict[str, Any]:
        def look() -> list[dict[str, Any]]:
            reply = requests.get(f"{self._cloud.fc_endpoint}/-/queues/{queue}", timeout=30)
            reply.raise_for_status()
            return [
                message
                for message in reply.json()
                if message["requestContext"]["requestId"] == request_id
            ]

        [message] = eventually(look, within=60)
        return message


def _queue(name: str) -> str:
    return f"acs:mns:cn-hangzhou::/queues/{name}/messages"
