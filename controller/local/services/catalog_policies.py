"""The policy of a Glue catalog, whose conditions moto refuses with other errors than Glue (Glue API reference)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import GlueBackend

MOTOS = ("ResourceNumberLimitExceededException", "ConcurrentModificationException")
_put, _delete = GlueBackend.put_resource_policy, GlueBackend.delete_resource_policy


def install() -> None:
    GlueBackend.put_resource_policy = _conditional(_put)
    GlueBackend.delete_resource_policy = _conditional(_delete)


def _conditional(write: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    def written(backend: Any, *given: Any, **named: Any) -> dict[str, str]:
        try:
            return write(backend, *given, **named)
        except JsonRESTError as error:
            if error.error_type in MOTOS:
                raise JsonRESTError("ConditionCheckFailureException", error.message) from error
            raise

    return written
