"""Functions of the embedded AWS: they run, with their role, their variables and their log."""

from __future__ import annotations

import io
import json
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from moto.awslambda.models import lambda_backends

from controller.local import clients, functions
from controller.local.functions.runner import Instance

ACCOUNT, REGION = "200000000001", "eu-west-1"
CODE = """
import json, os
import boto3

seen = 0

def handle(event, context):
    global seen
    seen += 1
    print("asked for " + event["what"])
    if event["what"] == "fail":
        raise ValueError("as it was told")
    if event["what"] == "sleep":
        import time
        open(event.get("began", os.devnull), "w").close()
        time.sleep(5)
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    return {"seen": seen, "arn": arn, "word": os.environ["WORD"], "left": context.get_remaining_time_in_millis() > 0}
"""


def archive(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("handler.py", text)
    return made.getvalue()


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def made(service: str = "lambda.amazonaws.com", timeout: int = 3) -> str:
    iam, api = clients.client("iam", ACCOUNT, REGION), clients.client("lambda", ACCOUNT, REGION)
    role = iam.create_role(RoleName="works", AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    answer: dict[str, Any] = api.create_function(
        FunctionName="one",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handle",
        Code={"ZipFile": archive(CODE)},
        Environment={"Variables": {"WORD": "first"}},
        Timeout=timeout,
        LoggingConfig={"LogGroup": "of-one"},
    )
    return str(answer["FunctionArn"])


def logged() -> list[str]:
    events = clients.client("logs", ACCOUNT, REGION).filter_log_events(logGroupName="of-one")["events"]
    return [event["message"] for event in events]


def test_a_function_runs_as_its_role_and_stays_warm(embedded: Any) -> None:
    arn = made()
    first, second = (functions.invoke(arn, {"what": "work"}) for _ in range(2))
    assert first["arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/works/")
    assert (first["seen"], second["seen"], first["word"], first["left"]) == (1, 2, "first", True)
    assert logged() == ["asked for work"] * 2


def test_a_change_of_its_variables_starts_it_anew(embedded: Any) -> None:
    arn = made()
    functions.invoke(arn, {"what": "work"})
    api = clients.client("lambda", ACCOUNT, REGION)
    api.update_function_configuration(FunctionName="one", Environment={"Variables": {"WORD": "second"}})
    answer = functions.invoke(arn, {"what": "work"})
    assert (answer["seen"], answer["word"]) == (1, "second")


def test_what_it_raises_is_told_and_logged(embedded: Any) -> None:
    arn = made()
    with pytest.raises(functions.FunctionFailed, match="as it was told"):
        functions.invoke(arn, {"what": "fail"})
    assert "ValueError: as it was told" in logged()
    assert functions.invoke(arn, {"what": "work"})["seen"] == 2


def test_a_function_that_takes_too_long_is_ended(embedded: Any) -> None:
    arn = made(timeout=1)
    with pytest.raises(functions.FunctionFailed, match=r"timed out after 1\.00 seconds"):
        functions.invoke(arn, {"what": "sleep"})
    assert functions.invoke(arn, {"what": "work"})["seen"] == 1


def test_who_asks_a_function_that_is_ended_meanwhile_is_told_so(embedded: Any, tmp_path: Path) -> None:
    arn, began = made(timeout=30), tmp_path / "began"
    with ThreadPoolExecutor(1) as others:
        asked = others.submit(functions.invoke, arn, {"what": "sleep", "began": str(began)})
        until = time.monotonic() + 30
        while not began.exists() and time.monotonic() < until:
            time.sleep(0.01)
        functions.reset()
        with pytest.raises(functions.FunctionFailed, match=r"Runtime\.ExitError"):
            asked.result()
    assert functions.invoke(arn, {"what": "work"})["seen"] == 1


def test_who_waited_for_its_turn_at_a_function_that_is_ended_is_told_so(embedded: Any) -> None:
    arn = made()
    instance = Instance(arn, lambda_backends[ACCOUNT][REGION].get_function("one"), "first")
    instance.end()
    with pytest.raises(functions.FunctionFailed, match=r"Runtime\.ExitError"):
        instance.ask({"what": "work"})


def test_a_role_that_does_not_trust_lambda_is_refused(embedded: Any) -> None:
    arn = made(service="glue.amazonaws.com")
    with pytest.raises(functions.FunctionFailed, match="cannot be assumed by Lambda"):
        functions.invoke(arn, {"what": "work"})


def test_a_function_that_is_not_there_is_refused(embedded: Any) -> None:
    with pytest.raises(functions.FunctionFailed, match="Function not found"):
        functions.invoke(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none", {})
