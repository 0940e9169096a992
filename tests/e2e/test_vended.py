"""What a silo's web app vends by hand: told by status and drift, taken over into git by adopt, and revoked there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client
from tests.e2e.printed import execute
from tests.functions.webapp import ACCOUNT, ADMIN, FUNCTION, REGION, Backend, as_partner

pytestmark = pytest.mark.emulator

BUCKET = f"acme-sales-dropzone-{ACCOUNT}"
FLOW = Path(__file__).parents[2] / "blueprints/flows/dropzone/example.yaml"


def opened(folder: str) -> Backend:
    """Sales with a web app and a drop zone, applied; its backend, to be asked as an admin."""
    place = Path(folder)
    silo = yaml.safe_load((place / "silos/sales.yaml").read_text(encoding="utf-8"))
    silo["spec"]["webapp"] = {"enabled": True, "signIn": {"type": "cognito", "admins": [ADMIN]}}
    (place / "silos/sales.yaml").write_text(yaml.safe_dump(silo), encoding="utf-8")
    (place / "flows").mkdir()
    (place / "flows/shipments.yaml").write_text(FLOW.read_text(encoding="utf-8"), encoding="utf-8")
    assert run(["--manifests", folder, "apply", "--yes", "--wait", "--timeout", "300s"]) == Exit.OK
    return Backend(
        [client("lambda", ACCOUNT, REGION).get_function(FunctionName=FUNCTION)["Configuration"]["FunctionArn"]]
    )


def test_what_was_vended_by_hand_is_told_and_taken_over(two_silos: str, capsys: pytest.CaptureFixture[str]) -> None:
    def siloctl(*words: str, exits: Exit = Exit.OK) -> str:
        capsys.readouterr()
        status = run(["--manifests", two_silos, *words])
        told = capsys.readouterr()
        assert status == exits, told.out + told.err
        return told.out

    backend = opened(two_silos)
    assert json.loads(siloctl("drift", "--format", "json", "--detailed-exitcode"))["vended"] == []
    pair = backend.pair("probe", prefix="inbound/shipments", note="trial")
    backend.vend("unseen", prefix="inbound/shipments")
    backend.settled()

    (silo,) = json.loads(siloctl("status", "--format", "json", "--silo", "sales"))["silos"]
    assert [(one["name"], one["state"], one["by"], one["shown"]) for one in silo["vended"]] == [
        ("probe", "active", ADMIN, True),
        ("unseen", "active", ADMIN, False),
    ]
    told = json.loads(siloctl("drift", "--format", "json", "--detailed-exitcode"))
    assert [(one["address"], one["class"]) for one in told["vended"]] == [
        ("silo/sales/vended/probe", "vended-by-hand"),
        ("silo/sales/vended/unseen", "vended-by-hand"),
    ]
    assert "2 credentials vended by hand." in siloctl("drift")
    assert "vended-probe" in siloctl("partner", "list")

    # A key that somebody added to a vended user is drift, and what is printed takes it away.
    client("iam", ACCOUNT, REGION).create_access_key(UserName="vended-probe")
    (added,) = json.loads(siloctl("drift", "--format", "json", "--detailed-exitcode", exits=Exit.CHANGES))["drift"]
    assert added["class"] == "credential-foreign"
    execute(added["reassert"], two_silos)
    assert json.loads(siloctl("drift", "--format", "json", "--detailed-exitcode"))["drift"] == []

    file = Path(two_silos) / "partners/probe.yaml"
    file.parent.mkdir()
    siloctl("partner", "adopt", "sales/probe", "--write", str(file))
    assert "shipments.yaml:10: replace prefix by  partner: probe" in file.read_text(encoding="utf-8")
    flow = Path(two_silos) / "flows/shipments.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("prefix: inbound/shipments", "partner: probe"), "utf-8")
    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "300s"]) == Exit.OK
    secret = client("secretsmanager", ACCOUNT, REGION).get_secret_value(SecretId="lake/partners/sales/probe")
    own = json.loads(secret["SecretString"])
    assert own["prefix"] == pair["prefix"] and own["accessKeyId"] != pair["accessKeyId"]
    for each in (pair, own):
        as_partner("s3", each).put_object(Bucket=BUCKET, Key="inbound/shipments/a.csv", Body=b"a")
    siloctl("partner", "adopt", "probe", exits=Exit.ERROR)  # it is there already

    for name in ("probe", "unseen"):
        assert backend.call("DELETE", f"/api/credentials/{name}").status == 202
        backend.settled()
    assert json.loads(siloctl("drift", "--format", "json", "--detailed-exitcode"))["vended"] == []


def test_a_change_set_that_a_crash_left_is_told(two_silos: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK
    api = client("cloudformation", ACCOUNT, REGION)
    body = json.dumps({"Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}})
    api.create_change_set(StackName="lake-vended", ChangeSetName="left", ChangeSetType="CREATE", TemplateBody=body)
    with pytest.MonkeyPatch.context() as patch:
        from datetime import timedelta

        patch.setattr("controller.engine.vended.FRESH", timedelta(0))
        capsys.readouterr()
        assert run(["--manifests", two_silos, "status"]) == Exit.OK
    told = capsys.readouterr().out
    assert "change set left of" in told
    execute(
        next(line for line in told.splitlines() if "change set left" in line).partition("take it away: ")[2], two_silos
    )
    assert api.list_change_sets(StackName="lake-vended")["Summaries"] == []

    # Whoever administers that account may write anything there: it is told, and ends the look at nothing else.
    api.delete_stack(StackName="lake-vended")
    hostile = {
        "probe": {"prefix": "inbound", "by": "\x1b[2J", "at": "", "expires": "never", "protocols": "[", "serial": {}}
    }
    body = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Metadata": {"lake:vended": hostile}})
    api.create_stack(StackName="lake-vended", TemplateBody=body)
    api.get_waiter("stack_create_complete").wait(StackName="lake-vended", WaiterConfig={"Delay": 1})
    for words, exits in ((["status"], Exit.ERROR), (["drift"], Exit.ERROR), (["partner", "list"], Exit.ERROR)):
        capsys.readouterr()
        status = run(["--manifests", two_silos, *words])
        told = capsys.readouterr()
        assert "lake-vended is not as a web app writes it" in told.out + told.err, (words, told)
        assert status == exits and "\x1b[2J" not in told.out + told.err, words
