"""Which action type does what; a provider that is not made here fails with its name, and is never passed over."""

from __future__ import annotations

import uuid

from controller.local.pipelines.actions.context import ActionFailed, Context
from controller.local.pipelines.actions.files import upload
from controller.local.pipelines.actions.source import take
from controller.local.pipelines.actions.stack import deploy


def run(context: Context) -> None:
    kind = context.run.declared["actionTypeId"]
    match kind["category"], kind["provider"]:
        case "Source", "S3":
            take(context)
        case "Deploy", "CloudFormation":
            deploy(context)
        case "Deploy", "S3":
            upload(context)
        case "Approval", "Manual":
            context.configuration()
            context.run.token = str(uuid.uuid4())  # stays InProgress until PutApprovalResult names it
        case category, provider:
            text = f"The embedded AWS runs no {category} action of provider {provider}"
            raise ActionFailed("ConfigurationError", text)
