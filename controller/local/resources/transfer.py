"""SFTP servers: what the provider schema keeps, and a port of this machine for as long as it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.local import sftp
from controller.local.resources.handler import Made, Scope
from controller.local.resources.store import Stored


@dataclass(frozen=True, slots=True)
class TransferServer:
    type: str = "AWS::Transfer::Server"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        made = self._stored.create(scope, properties)
        sftp.open_endpoint(made.physical_id, properties)
        return Made(made.physical_id, {**made.attributes, "State": "ONLINE"})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return self._stored.read(scope, physical_id, properties)

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        made = self._stored.update(scope, physical_id, before, after)
        sftp.open_endpoint(physical_id, after)
        return Made(made.physical_id, {**made.attributes, "State": "ONLINE"})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        sftp.close(physical_id)
        self._stored.delete(scope, physical_id, properties)

    @property
    def _stored(self) -> Stored:
        return Stored(self.type)


HANDLERS = (TransferServer(),)
