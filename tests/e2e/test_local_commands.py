"""`siloctl local`: a command gets an AWS of its own, and nobody's real one."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import boto3

ROOT = Path(__file__).parents[2]
SILOCTL = [sys.executable, "-c", "from controller.cli import main; raise SystemExit(main())"]
REAL = {"AWS_PROFILE": "production", "AWS_ENDPOINT_URL_S3": "https://real.example", "AWS_REGION": "us-east-1"}
IDENTITY = "import boto3, json; print(json.dumps(boto3.client('sts').get_caller_identity()['Arn']))"


def siloctl(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SILOCTL, *words],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_command_runs_as_the_controller_and_its_status_is_passed_on() -> None:
    names = "import os; print(sorted(name for name in os.environ if name.startswith('AWS_')))"
    script = f"{IDENTITY}; {names}; raise SystemExit(7)"
    done = siloctl("local", "run", "--", sys.executable, "-c", script, **REAL)

    identity, set_names = done.stdout.splitlines()
    assert done.returncode == 7, done.stderr
    assert json.loads(identity).endswith(":assumed-role/lake-controller/siloctl")
    assert "AWS_PROFILE" not in set_names
    assert "AWS_ENDPOINT_URL_S3" not in set_names


def test_a_silos_account_is_a_profile_away() -> None:
    session = "boto3.Session(profile_name='sales')"
    script = f"import boto3; print({session}.client('sts').get_caller_identity()['Arn'])"
    done = siloctl("local", "run", "--", sys.executable, "-c", script, **REAL)

    assert ":200000000001:assumed-role/OrganizationAccountAccessRole/" in done.stdout, done.stderr


def test_the_account_of_a_silo_that_is_created_is_a_profile_away_once_it_is_there() -> None:
    done = siloctl("local", "run", "--", sys.executable, "-c", CREATES, **REAL)

    assert re.search(r":3\d{11}:assumed-role/OrganizationAccountAccessRole/", done.stdout), done.stderr


CREATES = """
import boto3
management = boto3.client("organizations").describe_organization()["Organization"]["MasterAccountId"]
role = f"arn:aws:iam::{management}:role/lake/lake-organization"
given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
made = {"Email": "aws+manufacturing@acme.example", "AccountName": "acme-manufacturing"}
session.client("organizations").create_account(**made)
print(boto3.Session(profile_name="manufacturing").client("sts").get_caller_identity()["Arn"])
"""


def test_siloctl_itself_is_found_as_the_command() -> None:
    done = siloctl("local", "run", "--", "siloctl", "validate")

    assert done.returncode == 0, done.stderr
    assert "are valid" in done.stdout


def test_a_command_that_is_killed_counts_as_shells_count_it() -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"

    assert siloctl("local", "run", "--", sys.executable, "-c", script).returncode == 128 + signal.SIGTERM


def test_a_command_that_cannot_be_run_is_told_as_shells_tell_it(tmp_path: Path) -> None:
    absent = siloctl("local", "run", "--", "no-such-command-here")
    assert (absent.returncode, "Traceback" in absent.stderr) == (127, False)
    assert "no-such-command-here cannot be run: No such file" in absent.stderr
    (tmp_path / "text").write_text("words")
    unrunnable = siloctl("local", "run", "--", str(tmp_path / "text"))
    assert unrunnable.returncode == 126
    assert "cannot be run: Permission denied" in unrunnable.stderr


def test_manifests_with_a_fault_start_nothing(tmp_path: Path) -> None:
    (tmp_path / "organization.yaml").write_text("kind: Organisation\n")

    done = siloctl("--manifests", str(tmp_path), "local", "run", "--", "siloctl", "plan")

    assert done.returncode == 1
    assert "organization.yaml:1" in done.stderr


def test_a_port_that_is_taken_is_said_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = siloctl("local", "up", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_up_prints_an_environment_that_works_and_ends_with_ctrl_c() -> None:
    command = [*SILOCTL, "local", "up"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            exported = exports(running)
            done = subprocess.run(
                [sys.executable, "-c", IDENTITY],
                env={**os.environ, **exported},
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0

    assert "lake-controller" in done.stdout


def test_up_tells_of_a_site_once_a_deployment_has_made_it() -> None:
    command = [*SILOCTL, "local", "up"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        stop = threading.Timer(60, running.kill)
        stop.start()
        try:
            given = exports(running)
            keys = {name.lower(): given[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
            session = boto3.Session(**keys, aws_session_token=given["AWS_SESSION_TOKEN"], region_name="eu-west-1")
            cloudformation = session.client("cloudformation", endpoint_url=given["AWS_ENDPOINT_URL"])
            cloudformation.create_stack(StackName="site", TemplateBody=json.dumps(SITE))
            assert running.stderr is not None
            told = [running.stderr.readline()]
            while told[-1] and not told[-1].startswith("site "):  # an empty table may come first
                told.append(running.stderr.readline())
        finally:
            stop.cancel()
            running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0

    assert "aws --profile SILO" in told[1] and 'aws() { command aws --profile SILO "$@"; }' in told[2]
    assert re.fullmatch(r"site +master +http://127\.0\.0\.1:\d+/\n", told[-1])


SITE = {
    "Resources": {
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "Origins": [
                        {
                            "Id": "site",
                            "DomainName": "site.s3.eu-west-1.amazonaws.com",
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                    "DefaultCacheBehavior": {
                        "TargetOriginId": "site",
                        "ViewerProtocolPolicy": "https-only",
                        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
                    },
                }
            },
        }
    }
}


def exports(running: subprocess.Popen[str]) -> dict[str, str]:
    """The lines up to the last variable."""
    assert running.stdout is not None
    found: dict[str, str] = {}
    until = time.monotonic() + 60
    while "no_proxy" not in found and time.monotonic() < until:
        line = re.fullmatch(r"export (\w+)=(.*)\n", running.stdout.readline())
        if line is not None:
            found[line[1]] = line[2].strip("'")
    return found
