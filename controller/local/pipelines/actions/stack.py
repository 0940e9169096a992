"""The CloudFormation deploy action, in the modes that a pipeline may ask for (CloudFormation user guide, actions)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from controller.local.pipelines.actions.context import ActionFailed, Context, parsed
from controller.local.pipelines.actions.parameters import parameters

BODY_MAX = 51_200  # bytes of a template in a request; CloudFormation user guide, quotas
NOTHING = ("No updates are to be performed", "didn't contain changes", "submitted information didn't contain")
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")


def deploy(context: Context) -> None:
    settings = context.configuration()
    action = _Stack(context, settings)
    match settings["ActionMode"]:
        case "CREATE_UPDATE":
            action.create_or_update()
        case "REPLACE_ON_FAILURE":
            action.delete_broken()
            action.create_or_update()
        case "CHANGE_SET_REPLACE":
            action.replace_change_set()
        case "CHANGE_SET_EXECUTE":
            action.execute_change_set()
        case "DELETE_ONLY":
            action.delete()
        case other:
            raise ActionFailed("ConfigurationError", f"ActionMode {other} is not one of CloudFormation's")


class _Stack:
    def __init__(self, context: Context, settings: Mapping[str, str]) -> None:
        self._context = context
        self._settings = settings
        self._name = settings["StackName"]
        self._api = context.client("cloudformation")

    def create_or_update(self) -> None:
        there = self._describe()
        request = self._request()
        if there is None or there["StackStatus"] == "REVIEW_IN_PROGRESS":
            made = self._call("create_stack", **request)
        else:
            try:
                made = self._call("update_stack", **request)
            except ActionFailed as failed:
                if not any(text in str(failed) for text in NOTHING):
                    raise
                return self._succeed(there, "No changes")
        self._context.run.external_id = made["StackId"]
        return self._succeed(self._settled(made["StackId"]), "")

    def replace_change_set(self) -> None:
        there = self._describe()
        request = self._request()
        request.pop("StackPolicyBody", None)
        name = self._settings["ChangeSetName"]
        new = there is None or there["StackStatus"] == "REVIEW_IN_PROGRESS"
        if there is not None:
            self._drop_change_set(name)
        kind = "CREATE" if new else "UPDATE"
        made = self._call("create_change_set", ChangeSetName=name, ChangeSetType=kind, **request)
        self._context.run.external_id = made["Id"]
        found = self._change_set(made["Id"])
        while found["Status"].endswith(("_IN_PROGRESS", "_PENDING")):
            self._context.pause(0.1)
            found = self._change_set(made["Id"])
        reason = found.get("StatusReason", "")
        if found["Status"] == "FAILED" and not any(text in reason for text in NOTHING):
            raise ActionFailed("JobFailed", f"The change set {name} failed: {reason}")
        self._context.run.settle("Succeeded", f"Change set {name} was created.")

    def _drop_change_set(self, name: str) -> None:
        try:
            self._api.delete_change_set(StackName=self._name, ChangeSetName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ChangeSetNotFound", "ChangeSetNotFoundException"):
                raise _failed(error) from error

    def execute_change_set(self) -> None:
        name = self._settings["ChangeSetName"]
        try:
            found = self._api.describe_change_set(StackName=self._name, ChangeSetName=name)
        except ClientError as error:
            raise _failed(error) from error
        if found["Status"] == "FAILED":  # it had nothing to change, or its own action would have failed
            return self._succeed(self._describe() or {}, "No changes")
        self._call("execute_change_set", StackName=self._name, ChangeSetName=name)
        return self._succeed(self._settled(found["StackId"]), "")

    def delete(self) -> None:
        there = self._describe()
        if there is not None:
            self._remove(there["StackId"])
        self._context.run.settle("Succeeded", f"Stack {self._name} is deleted.")

    def delete_broken(self) -> None:
        there = self._describe()
        if there is not None and there["StackStatus"] in BROKEN:
            self._remove(there["StackId"])

    def _remove(self, stack_id: str) -> None:
        role = {"RoleARN": self._settings["RoleArn"]} if "RoleArn" in self._settings else {}
        self._call("delete_stack", StackName=self._name, **role)
        gone = self._settled(stack_id)
        if gone["StackStatus"] != "DELETE_COMPLETE":
            raise self._broken(gone)

    def _request(self) -> dict[str, Any]:
        """What create, update and change set are asked, from the artifact and the configuration."""
        template = self._context.file(self._settings["TemplatePath"])
        configured: Mapping[str, Any] = {}
        if "TemplateConfiguration" in self._settings:
            configured = parsed(
                self._context.file(self._settings["TemplateConfiguration"]), "The template configuration"
            )
        unknown = sorted(set(configured) - {"Parameters", "Tags", "StackPolicy"})
        if unknown:
            raise ActionFailed("ConfigurationError", f"The template configuration holds unknown sections: {unknown}")
        values = {**configured.get("Parameters", {}), **parameters(self._context, self._settings)}
        request: dict[str, Any] = {
            "StackName": self._name,
            "Parameters": [{"ParameterKey": key, "ParameterValue": str(value)} for key, value in values.items()],
            "Tags": [{"Key": key, "Value": str(value)} for key, value in configured.get("Tags", {}).items()],
            "Capabilities": [word for word in self._settings.get("Capabilities", "").split(",") if word],
        }
        if "RoleArn" in self._settings:
            request["RoleARN"] = self._settings["RoleArn"]
        if configured.get("StackPolicy"):
            request["StackPolicyBody"] = json.dumps(configured["StackPolicy"])
        return {**request, **self._template(template)}

    def _template(self, template: bytes) -> dict[str, str]:
        """In the request, or where it is too large by a presigned address of the artifact store."""
        if len(template) <= BODY_MAX:
            return {"TemplateBody": template.decode()}
        kept = self._context.keep("Template", template)
        s3 = self._context.client("s3")
        return {"TemplateURL": s3.generate_presigned_url("get_object", {"Bucket": kept.bucket, "Key": kept.key})}

    def _call(self, operation: str, **request: Any) -> Any:
        try:
            return getattr(self._api, operation)(**request)
        except ClientError as error:
            raise _failed(error) from error

    def _describe(self, name: str = "") -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._api.describe_stacks(StackName=name or self._name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise _failed(error) from error
        return found

    def _change_set(self, name: str) -> Any:
        return self._call("describe_change_set", StackName=self._name, ChangeSetName=name)

    def _settled(self, stack_id: str) -> dict[str, Any]:
        pause = 0.05
        while True:
            found = self._describe(stack_id) or {"StackStatus": "DELETE_COMPLETE", "StackId": stack_id}
            if not found["StackStatus"].endswith("_IN_PROGRESS"):
                return found
            self._context.pause(pause)
            pause = min(pause * 1.5, 0.5)

    def _succeed(self, stack: Mapping[str, Any], summary: str) -> None:
        if summary != "No changes" and stack["StackStatus"] not in GOOD:
            raise self._broken(stack)
        self._context.tell({one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())})
        self._context.run.settle("Succeeded", summary or f"Stack {self._name} is {stack['StackStatus']}.")

    def _broken(self, stack: Mapping[str, Any]) -> ActionFailed:
        """The first failure of the stack's last operation, as the console shows it."""
        reason = stack.get("StackStatusReason", "")
        for event in self._api.describe_stack_events(StackName=stack["StackId"])["StackEvents"]:  # newest first
            if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in event.get("ResourceStatusReason", ""):
                reason = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            begun = event["PhysicalResourceId"] == stack["StackId"] and event["ResourceStatus"] in (
                "CREATE_IN_PROGRESS",
                "UPDATE_IN_PROGRESS",
                "DELETE_IN_PROGRESS",
            )
            if begun:
                break
        text = f"Stack operation on {self._name} failed ({stack['StackStatus']}). {reason}"
        return ActionFailed("JobFailed", text)


def _failed(error: ClientError) -> ActionFailed:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    return ActionFailed("PermissionError" if code == "AccessDenied" else "JobFailed", f"{message} ({code})")
