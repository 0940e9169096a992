"""`ParameterOverrides`: a JSON object whose values may read the artifacts (CloudFormation user guide, artifacts)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.pipelines.actions.context import ActionFailed, Context, parsed

OVERRIDES_MAX = 1024  # bytes; CodePipeline user guide, quotas


def parameters(context: Context, settings: Mapping[str, str]) -> dict[str, str]:
    text = settings.get("ParameterOverrides", "{}")
    if len(text.encode()) > OVERRIDES_MAX:
        raise ActionFailed("ConfigurationError", f"ParameterOverrides is larger than {OVERRIDES_MAX} bytes")
    return {name: _value(context, value) for name, value in parsed(text.encode(), "ParameterOverrides").items()}


def _value(context: Context, value: Any) -> str:
    match value:
        case {"Fn::GetArtifactAtt": [name, attribute]}:
            artifact = context.artifact(name)
            url = f"https://{artifact.bucket}.s3.{context.region}.amazonaws.com/{artifact.key}"
            known = {"BucketName": artifact.bucket, "ObjectKey": artifact.key, "URL": url}
            if attribute not in known:
                raise ActionFailed("ConfigurationError", f"Fn::GetArtifactAtt knows no attribute {attribute}")
            return known[attribute]
        case {"Fn::GetParam": [name, path, key]}:
            values = parsed(context.file(f"{name}::{path}"), path)
            if key not in values:
                raise ActionFailed("ConfigurationError", f"{path} in artifact {name} has no key {key}")
            return str(values[key])
        case str() | int() | float():
            return str(value)
        case _:
            raise ActionFailed("ConfigurationError", f"ParameterOverrides holds what is not a value: {value}")
