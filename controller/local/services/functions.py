"""Where a Lambda function writes its log, which moto forgets."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction

KEY = "LoggingConfig"
_create, _configuration, _update = (
    LambdaFunction.__init__,
    LambdaFunction.get_configuration,
    LambdaFunction.update_configuration,
)


def install() -> None:
    LambdaFunction.__init__ = create
    LambdaFunction.get_configuration = configuration
    LambdaFunction.update_configuration = update


def create(self: Any, account_id: str, spec: dict[str, Any], *more: Any, **named: Any) -> None:
    self.logging_config = dict(spec.get(KEY) or {})
    _create(self, account_id, spec, *more, **named)


def configuration(self: Any, *more: Any, **named: Any) -> dict[str, Any]:
    defaults = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
    return {**_configuration(self, *more, **named), KEY: {**defaults, **self.logging_config}}


def update(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
    if KEY in config_updates:
        self.logging_config = dict(config_updates[KEY] or {})
    answer: dict[str, Any] = _update(self, config_updates)
    return answer
