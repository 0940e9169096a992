"""After a whole run every secret is in Secrets Manager, in the one answer that shows it, and nowhere else."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
import yaml

from controller.cli import run
from controller.cli.exit import Exit
from controller.local import sftp
from controller.local.clients import client
from tests.functions.webapp import ACCOUNT, ADMIN, FUNCTION, REGION, Backend

pytestmark = pytest.mark.emulator

MASTER = "100000000001"
ROOT = Path(__file__).parents[2]
REPORTS = ("plan", "plan --full --all", "status", "drift", "partner list", "partner show marketpulse")


def declared(folder: Path) -> None:
    """Sales with all that makes a secret: partners, a web app, a warehouse, SFTP; and a drop zone to vend for."""
    silo = yaml.safe_load((folder / "silos/sales.yaml").read_text(encoding="utf-8"))
    silo["spec"] |= {
        "webapp": {"enabled": True, "signIn": {"type": "cognito", "admins": [ADMIN]}},
        "sftp": {"enabled": True, "endpoint": "public"},
        "warehouse": {"type": "redshift-serverless", "baseCapacity": 8},
    }
    (folder / "silos/sales.yaml").write_text(yaml.safe_dump(silo), encoding="utf-8")
    (folder / "flows").mkdir()
    flow = (ROOT / "blueprints/flows/dropzone/example.yaml").read_text(encoding="utf-8")
    (folder / "flows/shipments.yaml").write_text(flow, encoding="utf-8")
    access = {"silo": "sales", "dropzone": "inbound/pulse", "protocols": ["api", "sftp"], "permissions": ["upload"]}
    spec = {"contact": "d@pulse.example", "access": [access], "credentials": {"expires": "2099-06-30"}}
    partner = {"apiVersion": "lake/v1", "kind": "Partner", "metadata": {"name": "marketpulse"}, "spec": spec}
    (folder / "partners").mkdir()
    (folder / "partners/marketpulse.yaml").write_text(yaml.safe_dump(partner), encoding="utf-8")


def test_no_secret_is_anywhere_but_in_secrets_manager_and_in_its_one_answer(
    two_silos: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    declared(Path(two_silos))
    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "300s"]) == Exit.OK
    arn = client("lambda", ACCOUNT, REGION).get_function(FunctionName=FUNCTION)["Configuration"]["FunctionArn"]
    backend = Backend([arn])
    made = backend.vend("probe", prefix="inbound/shipments")
    shown = backend.reveal("probe", made.said["reveal"]).said
    rotated = backend.call("POST", "/api/credentials/probe/rotate", {})
    again = backend.reveal("probe", rotated.said["reveal"]).said
    backend.vend("unseen", prefix="inbound/shipments")
    backend.settled()
    answers = [backend.call("GET", path).said for path in ("/api/partners", "/api/audit", "/api/credentials/probe")]
    _deliver(json.loads(_values()["lake/partners/sales/marketpulse"]))
    for report in REPORTS:
        for form in ((), ("--format", "json")):
            run(["--manifests", two_silos, *report.split(), *form])
    run(["--manifests", two_silos, "partner", "adopt", "probe"])

    told = capsys.readouterr()
    texts = {"stdout": told.out, "stderr": told.err, "log": caplog.text, "answers": json.dumps(answers)}
    for account, region in ((MASTER, REGION), (ACCOUNT, REGION)):
        texts |= {**dict(_stacks(account, region)), **dict(_objects(account, region)), **dict(_logs(account, region))}
        texts |= {**dict(_runs(account, region)), **dict(_settings(account, region))}
    secrets = {*_secret_words(), shown["secretAccessKey"], again["secretAccessKey"]}
    secrets |= {made.said["reveal"], rotated.said["reveal"]}

    assert len(secrets) >= 6 and min(len(secret) for secret in secrets) >= 16
    for kind in ("template", "events", "change sets", "index.json", "release", "log /", "execution", "function"):
        assert any(kind in name for name in texts), kind  # or the search would prove nothing of these
    assert [(name, number) for name, text in texts.items() for number, one in enumerate(secrets) if one in text] == []


def _values() -> dict[str, str]:
    api = client("secretsmanager", ACCOUNT, REGION)
    pages = api.get_paginator("list_secrets").paginate()
    names = [one["Name"] for page in pages for one in page["SecretList"]]
    return {name: api.get_secret_value(SecretId=name)["SecretString"] for name in names}


def _secret_words() -> Iterator[str]:
    """Secret access keys, passwords, and whole values that are no JSON."""
    for text in _values().values():
        try:
            said = json.loads(text)
        except json.JSONDecodeError:
            yield text
            continue
        for key, value in said.items():
            if any(word in key.lower() for word in ("secret", "password")):
                yield str(value)


def _deliver(pair: dict[str, str]) -> None:
    """As the partner, so that servers and functions log of it; and once with a wrong secret."""
    port = next(one.port for one in sftp.endpoints() if one.server.account == ACCOUNT)
    for secret in (pair["secretAccessKey"], "wrong" * 8):
        transport = paramiko.Transport(("127.0.0.1", port))
        try:
            transport.connect(username=pair["accessKeyId"], password=secret)
            opened = paramiko.SFTPClient.from_transport(transport)
            assert opened is not None
            opened.putfo(io.BytesIO(b"x"), "a.csv", confirm=False)
        except paramiko.SSHException:
            assert secret.startswith("wrong")
        finally:
            transport.close()


def _stacks(account: str, region: str) -> Iterator[tuple[str, str]]:
    """What CloudFormation shows of every stack, nested and deleted ones too."""
    api = client("cloudformation", account, region)
    for page in api.get_paginator("list_stacks").paginate():
        for stack in page["StackSummaries"]:
            name = stack["StackId"]
            yield f"{name} itself", str(api.describe_stacks(StackName=name)["Stacks"])
            yield f"{name} template", str(api.get_template(StackName=name)["TemplateBody"])
            yield f"{name} events", str(list(api.get_paginator("describe_stack_events").paginate(StackName=name)))
            yield f"{name} resources", str(api.describe_stack_resources(StackName=name)["StackResources"])
            if stack["StackStatus"] != "DELETE_COMPLETE":
                yield f"{name} change sets", str(_change_sets(api, name))


def _change_sets(api: Any, stack: str) -> list[Any]:
    names = [one["ChangeSetName"] for one in api.list_change_sets(StackName=stack)["Summaries"]]
    return [api.describe_change_set(StackName=stack, ChangeSetName=name, IncludePropertyValues=True) for name in names]


def _objects(account: str, region: str) -> Iterator[tuple[str, str]]:
    """Everything in every bucket, each version, zips opened: code, state, pipelines' artifacts, the site."""
    s3 = client("s3", account, region)
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for one in page.get("Versions", ()):
                body = s3.get_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
                if body[:2] == b"PK":
                    with zipfile.ZipFile(io.BytesIO(body)) as archive:
                        body = b"\n".join(archive.read(inner) for inner in archive.namelist())
                yield f"{name}/{one['Key']} release {one['VersionId']}", body.decode("latin-1")


def _logs(account: str, region: str) -> Iterator[tuple[str, str]]:
    logs = client("logs", account, region)
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            yield f"log /{group['logGroupName']}", "\n".join(event["message"] for event in events)


def _runs(account: str, region: str) -> Iterator[tuple[str, str]]:
    pipelines = client("codepipeline", account, region)
    for one in pipelines.list_pipelines()["pipelines"]:
        name = one["name"]
        runs = pipelines.list_pipeline_executions(pipelineName=name)
        yield f"execution of {name}", f"{pipelines.get_pipeline_state(name=name)} {runs}"


def _settings(account: str, region: str) -> Iterator[tuple[str, str]]:
    """What stands in the settings of things that log in with a secret, or hand one on."""
    api = client("lambda", account, region)
    for one in api.list_functions()["Functions"]:
        yield f"function {one['FunctionName']}", str(one.get("Environment"))
    iam = client("iam", account, region)
    for user in iam.list_users()["Users"]:
        yield f"user {user['UserName']}", str(iam.list_user_tags(UserName=user["UserName"])["Tags"])
    ssm = client("ssm", account, region)
    for parameter in ssm.describe_parameters()["Parameters"]:
        yield f"parameter {parameter['Name']}", str(ssm.get_parameter(Name=parameter["Name"])["Parameter"]["Value"])
