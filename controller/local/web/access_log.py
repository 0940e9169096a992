"""The access log of an API's stage: a line a request, in the format that the stage asks for.

API Gateway developer guide, "Customize HTTP API access logs"; what there is nothing to say of is a hyphen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from controller.local.functions.log import write
from controller.local.web.place import Place

VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.:-]*[A-Za-z0-9_])")


def log(place: Place, stage: Mapping[str, Any], told: Mapping[str, str]) -> None:
    """Where the stage has a log group; `told` are the variables without `$context.`."""
    settings = stage.get("AccessLogSettings") or {}
    if not settings.get("Format") or not settings.get("DestinationArn"):
        return
    group = str(settings["DestinationArn"]).split(":log-group:", 1)[-1].removesuffix(":*")
    line = VARIABLE.sub(lambda found: told.get(found[1]) or "-", str(settings["Format"]))
    write(place.account, place.region, group, f"{place.id}/{stage['StageName']}", line)
