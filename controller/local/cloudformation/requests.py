"""What a caller asks for, in the words of the API (botocore's parameter names) -> Wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from controller.local.cloudformation import parameters, roles
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Wanted
from controller.local.cloudformation.template import Template, parse
from controller.local.cloudformation.templates import read_url

Params = Mapping[str, Any]
NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
NAME_MAX = 128  # characters of a stack's name; API reference, CreateStack


def wanted(
    params: Params, account: str, region: str, caller: str | None = None, before: Wanted | None = None
) -> Wanted:
    """For an update, what `params` leave out stays as it was `before`."""
    role = params.get("RoleARN") or (before.role_arn if before else None)
    if params.get("RoleARN"):
        roles.check(params["RoleARN"])
    template = _template(params, account, region, role, caller, before)
    given = {
        item["ParameterKey"]: None if _true(item.get("UsePreviousValue")) else item.get("ParameterValue", "")
        for item in params.get("Parameters") or ()
    }
    tags = params.get("Tags")
    return Wanted(
        template=template,
        parameters=parameters.texts(template, given, before.parameters if before else None),
        tags=before.tags if tags is None and before else {tag["Key"]: tag["Value"] for tag in tags or ()},
        capabilities=tuple(params.get("Capabilities") or ()),
        role_arn=role,
        notification_arns=tuple(params.get("NotificationARNs") or (before.notification_arns if before else ())),
        caller=caller,
        reverts=params.get("DeploymentMode") == "REVERT_DRIFT",
    )


def text(params: Params, account: str, region: str, role: str | None, caller: str | None) -> str:
    """The template of a request that has to bring one."""
    if params.get("TemplateBody"):
        return str(params["TemplateBody"])
    if params.get("TemplateURL"):
        return read_url(params["TemplateURL"], account, region, role, caller)
    raise Refused("Either Template URL or Template Body must be specified.")


def check_name(name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > NAME_MAX:
        raise Refused(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {NAME.pattern}"
        )


def _template(
    params: Params, account: str, region: str, role: str | None, caller: str | None, before: Wanted | None
) -> Template:
    if _true(params.get("UsePreviousTemplate")):
        if before is None:
            raise Refused("UsePreviousTemplate needs a stack that has a template")
        return before.template
    return parse(text(params, account, region, role, caller))


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
