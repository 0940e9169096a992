"""Which handler makes which type. Every handler sees properties only after the provider schema has accepted them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from controller.local.resources import (
    analytics,
    apigateway,
    apigateway_access,
    codesuite,
    cognito,
    dashboards,
    functions,
    glue,
    iam,
    iam_policies,
    kms,
    messages,
    parameters,
    s3,
    schedules,
    store,
    streams,
    transfer,
    warehouse,
    web,
)
from controller.local.resources.custom import Custom
from controller.local.resources.handler import Handler, Made, ResourceFailed, Scope
from controller.local.resources.schemas import REGION, UnknownType, provider_schema
from controller.local.resources.unmade import UNMADE

CUSTOM = "Custom::"  # types that templates name as they like, made by the function of their ServiceToken


class Typed(Handler, Protocol):
    @property
    def type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A handler behind the schema of its type: properties are checked, and scalars made what the schema says."""

    type: str
    handler: Handler

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        return self.handler.create(scope, self._accepted(properties))

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return self.handler.read(scope, physical_id, self._coerced(properties))

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        return self.handler.update(scope, physical_id, self._coerced(before), self._accepted(after))

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        self.handler.delete(scope, physical_id, self._coerced(properties))

    def _coerced(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return provider_schema(self.type).coerce(properties)

    def _accepted(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        if faults := provider_schema(self.type).validate(properties):
            raise ResourceFailed(f"Properties validation failed for resource with message: [{', '.join(faults)}]")
        if unmade := sorted(UNMADE.get(self.type, frozenset()) & properties.keys()):
            raise ResourceFailed(f"property that the embedded AWS cannot make: {', '.join(unmade)} of {self.type}")
        return self._coerced(properties)


DRIVEN: tuple[Typed, ...] = (
    *analytics.HANDLERS,
    *apigateway.HANDLERS,
    *apigateway_access.HANDLERS,
    *codesuite.HANDLERS,
    *cognito.HANDLERS,
    *dashboards.HANDLERS,
    *functions.HANDLERS,
    *glue.HANDLERS,
    *iam.HANDLERS,
    *iam_policies.HANDLERS,
    *kms.HANDLERS,
    *messages.HANDLERS,
    *parameters.HANDLERS,
    *s3.HANDLERS,
    *schedules.HANDLERS,
    *store.HANDLERS,
    *streams.HANDLERS,
    *transfer.HANDLERS,
    *warehouse.HANDLERS,
    *web.HANDLERS,
)

HANDLERS: Mapping[str, Handler] = {
    handler.type: Checked(handler.type, handler) for handler in sorted(DRIVEN, key=lambda handler: handler.type)
}


def handler_for(type_name: str, region: str = REGION) -> Handler:
    """Raises UnknownType, with the name, for what the embedded AWS cannot make."""
    if type_name.startswith(CUSTOM):
        return Custom(type_name)
    if type_name not in HANDLERS:
        raise UnknownType(type_name)
    return HANDLERS[type_name]
