"""Partners on the embedded AWS: vended by an apply, at work with their pair, refused all else, rotated and revoked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client

pytestmark = pytest.mark.emulator

ACCOUNT, REGION, BUCKET = "200000000001", "eu-west-1", "acme-sales-dropzone-200000000001"
SECRET = "lake/partners/sales/marketpulse"
REFUSED = "AccessDenied|403|not authorized|AccessDeniedException"


def days(number: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(number))


def declare(folder: str, *, expires: str = "", rotate: str = "", more: str = "") -> None:
    place = Path(folder) / "partners"
    place.mkdir(exist_ok=True)
    place.joinpath("marketpulse.yaml").write_text(
        f"""apiVersion: lake/v1
kind: Partner
metadata:
  name: marketpulse
spec:
  contact: feeds@marketpulse.example
  access:
    - silo: sales
      dropzone: inbound/marketpulse
      protocols: [web, api]
      permissions: [upload, list]
  credentials: {{expires: {expires or days(90)}{rotate}}}
{more}""",
        encoding="utf-8",
    )


def apply(folder: str) -> None:
    assert run(["--manifests", folder, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK


def secret() -> dict[str, str]:
    answer = client("secretsmanager", ACCOUNT, REGION).get_secret_value(SecretId=SECRET)
    found: dict[str, str] = json.loads(answer["SecretString"])
    return found


def as_partner(service: str, pair: dict[str, str]) -> Any:
    """A client as the partner has it: its pair, and nothing else of this process."""
    session = boto3.Session(pair["accessKeyId"], pair["secretAccessKey"], region_name=REGION)
    return session.client(service)


@pytest.fixture
def partner(two_silos: str, monkeypatch: pytest.MonkeyPatch) -> str:
    declare(two_silos)
    apply(two_silos)
    return two_silos


def without_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys given to a session stand alone: the environment's token belongs to other keys."""


def test_a_partner_uploads_to_its_prefix_and_sees_it(partner: str) -> None:
    pair = secret()
    s3 = as_partner("s3", pair)
    assert pair["bucket"] == BUCKET and pair["prefix"] == "inbound/marketpulse/"

    s3.put_object(Bucket=BUCKET, Key="inbound/marketpulse/prices.csv", Body=b"a,b\n1,2\n")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="inbound/marketpulse/")

    assert [each["Key"] for each in listed["Contents"]] == ["inbound/marketpulse/prices.csv"]
