"""Lambda functions and who may call them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from controller.local.clients import as_role
from controller.local.resources.api import Api
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import generated, name_of
from controller.local.resources.shapes import parsed, reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

TAGGING = Tagging("tag_resource", "untag_resource", "list_tags", "Resource", key="")
BESIDE = {"Code", "Tags", "ReservedConcurrentExecutions"}  # what has operations of its own
EPOCH = (1980, 1, 1, 0, 0, 0)  # so that the same source is the same archive


class Function:
    type = "AWS::Lambda::Function"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "lambda"), name_of(scope, properties, "FunctionName", 64)
        words = {key: value for key, value in properties.items() if key not in BESIDE}
        tags = wanted_tags(scope, properties)
        api.make(name, "create_function", words, FunctionName=name, Code=self._code(scope, properties), Tags=tags)
        self._reserve(api, name, {}, properties)
        return Made(name, {"Arn": api.arn(f"function:{name}")})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "lambda")
        found = api.find("get_function", FunctionName=physical_id)
        if found is None:
            return None
        kept = found.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        live = {**found["Configuration"], "ReservedConcurrentExecutions": kept}
        answer = reflect({key: value for key, value in properties.items() if key not in ("Code", "Tags")}, live)
        if "Tags" in properties:
            target = api.arn(f"function:{physical_id}")
            answer["Tags"] = live_tags(scope, properties, TAGGING.live(api, target))
        if "ReservedConcurrentExecutions" in properties:
            answer["ReservedConcurrentExecutions"] = kept  # None once somebody has let it go
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api, target = Api(scope, "lambda"), Api(scope, "lambda").arn(f"function:{physical_id}")
        if before["Code"] != after["Code"]:
            api.call("update_function_code", self._code(scope, after), FunctionName=physical_id)
        words = {key: value for key, value in after.items() if key not in BESIDE}
        api.call("update_function_configuration", words, FunctionName=physical_id)
        self._reserve(api, physical_id, before, after)
        TAGGING.replace(api, target, wanted_tags(scope, before), wanted_tags(scope, after))
        return Made(physical_id, {"Arn": target})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "lambda").drop("delete_function", FunctionName=physical_id)

    def _reserve(self, api: Api, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        field = "ReservedConcurrentExecutions"
        if field in after:
            api.call("put_function_concurrency", {field: after[field]}, FunctionName=name)
        elif field in before:
            api.drop("delete_function_concurrency", FunctionName=name)

    def _code(self, scope: Scope, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Inline code is a source text, which becomes `index` (CloudFormation template reference, Function Code).

        A zip in a bucket, which may be another account's, is fetched by the stack's role.
        """
        code = dict(properties["Code"])
        if "S3Key" in code:
            return {"ZipFile": _fetched(scope, code)}
        if "ZipFile" in code:
            extension = "py" if str(properties.get("Runtime", "")).startswith("python") else "js"
            code["ZipFile"] = _archive(f"index.{extension}", code["ZipFile"])
        return code


def _fetched(scope: Scope, code: Mapping[str, Any]) -> bytes:
    s3 = as_role("s3", scope.role_arn, scope.region) if scope.role_arn else scope.client("s3")
    version = {"VersionId": code["S3ObjectVersion"]} if "S3ObjectVersion" in code else {}
    try:
        content: bytes = s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"], **version)["Body"].read()
    except ClientError as error:
        said = error.response["Error"]
        text = f"Error occurred while GetObject. S3 Error Code: {said['Code']}. S3 Error Message: {said['Message']}"
        raise ResourceFailed(text) from error
    return content


def _archive(name: str, text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, EPOCH), text)
    return made.getvalue()


class Permission:
    """Every property replaces, so there is nothing to change in place."""

    type = "AWS::Lambda::Permission"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        statement = generated(scope, 100)
        Api(scope, "lambda").call("add_permission", properties, StatementId=statement)
        return Made(statement, {"Id": statement})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "lambda").find("get_policy", FunctionName=properties["FunctionName"])
        statements = parsed(found["Policy"])["Statement"] if found else []
        return properties if any(item.get("Sid") == physical_id for item in statements) else None

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        return Made(physical_id, {"Id": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        who = {"FunctionName": properties["FunctionName"], "StatementId": physical_id}
        Api(scope, "lambda").drop("remove_permission", **who)


HANDLERS = (Function(), Permission())
