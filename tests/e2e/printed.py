"""Runs a command as siloctl printed it: `aws …` by the SDK in the account of its comment, `siloctl …` as itself."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from botocore import xform_name

from controller.cli import run
from controller.local.clients import client


def execute(command: str, folder: str) -> None:
    """Every part of a chain of `&&`, in order; the first that fails raises."""
    account = re.search(r"# in account (\d{12})", command)
    words = shlex.split(command, comments=True)
    for part in _parts(words):
        match part:
            case ["siloctl", *rest]:
                more = ["--yes", "--wait", "--timeout", "120s"] if rest[0] == "apply" else []
                assert run(["--manifests", folder, *rest, *more]) == 0
            case ["aws", service, operation, *rest]:
                assert account is not None, f"{command!r} does not say in which account"
                _call(account[1], service, operation, rest)
            case _:
                raise AssertionError(f"cannot be run: {part}")


def _parts(words: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word == "&&":
            yield part
            part = []
        else:
            part.append(word)
    yield part


def _call(account: str, service: str, operation: str, words: list[str]) -> None:
    name = words.pop(0) if operation == "wait" else ""
    given = dict(_options(words))
    whole = json.loads("".join(given.pop("cli-input-json", ["{}"])))
    api = client({"s3api": "s3"}.get(service, service), account, (given.pop("region", None) or ["eu-west-1"])[0])
    if name:
        model = api.get_waiter(name.replace("-", "_"))
        api_name = model.config.operation
    else:
        api_name = api.meta.method_to_api_mapping[operation.replace("-", "_")]
    shape = api.meta.service_model.operation_model(api_name).input_shape
    by_option = {xform_name(member, "-"): member for member in shape.members}
    values = {by_option[key]: _value(shape.members[by_option[key]], said) for key, said in given.items()}
    if name:
        model.wait(**values, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    else:
        getattr(api, operation.replace("-", "_"))(**whole, **values)


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    option = ""
    said: list[str] = []
    for word in words:
        if word.startswith("--"):
            if option:
                yield option, said
            option, said = word[2:], []
        else:
            said.append(word)
    if option:
        yield option, said


def _value(shape: Any, said: list[str]) -> Any:
    match shape.type_name:
        case "boolean":
            return True
        case "list" | "structure" if said[0].startswith(("[", "{")):
            return json.loads(said[0])
        case "list":
            return [_value(shape.member, [word]) for word in said]
        case "structure":  # Key=value,Key=value
            pairs = dict(pair.split("=", 1) for pair in said[0].split(","))
            return {key: _value(shape.members[key], [text]) for key, text in pairs.items()}
        case _:
            (text,) = said
            return text
