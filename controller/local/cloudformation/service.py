"""Puts the engine in the place of moto's CloudFormation, for every account and region."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import urls
from moto.cloudformation.exceptions import CloudFormationError
from moto.core.responses import ActionResult

from controller.local.cloudformation import stacks, stacksets
from controller.local.cloudformation.drift_responses import DriftOperations
from controller.local.cloudformation.errors import Refused


class CloudFormation(DriftOperations):
    """An operation that is not here is an error with its name, in the service's own form."""

    def call_action(self) -> Any:
        try:
            return super().call_action()
        except Refused as refused:
            return self._refused(refused)
        except NotImplementedError:
            name = self._get_action()
            return self._refused(Refused(f"The embedded AWS has no CloudFormation operation {name}"))

    def _refused(self, refused: Refused) -> Any:
        answer = ActionResult(CloudFormationError(refused.code, refused.message))
        status, headers, body = self.serialized(answer)
        headers["status"] = str(status)
        return status, headers, body


def install() -> None:
    """To be called before moto serves its first request: it reads the paths of a service once."""
    urls.url_paths = {"{0}/$": CloudFormation.dispatch}


def reset() -> None:
    """Forget all state; what runs stops at its next event."""
    stacks.forget()
    stacksets.reset()
