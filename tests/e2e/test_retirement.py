"""What is left when something is taken out of the lake: compute and access go, data and keys stay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.model.ownership import INDEX_KEY
from tests.e2e.inventory import Inventory, inventory
from tests.e2e.test_sharing import file, refused, table

pytestmark = pytest.mark.emulator

ACME = Path(__file__).parents[1] / "lakes" / "acme"
MASTER, SALES, ANALYTICS, REGION = "100000000001", "200000000001", "300000000001", "eu-west-1"
PROCESSED, RAW, DROPZONE = (f"acme-sales-{layer}-{SALES}" for layer in ("processed", "raw", "dropzone"))
WAIT = ("--wait", "--timeout", "300s")
FILES = (
    "organization.yaml",
    "silos/finance.yaml",
    "silos/sales.yaml",
    "flows/orders.yaml",
    "flows/complaints.yaml",
    "transforms/orders.py",
    "partners/marketpulse.yaml",
    "shares/sales-to-analytics.yaml",
    "shares/complaints-to-analytics.yaml",
    "consumers/group-analytics.yaml",
)
# What works, or lets somebody in: none of it may be left of what was taken out.
COMPUTE = {
    "job",
    "crawler",
    "connection",
    "state machine",
    "stream",
    "rule",
    "schedule",
    "function",
    "REST API",
    "alarm",
    "user",
    "queue",
    "ApiGatewayV2::Api",
    "CloudFront::Distribution",
    "Cognito::UserPool",
    "LakeFormation::PrincipalPermissions",
    "LakeFormation::Resource",
    "QuickSight::DataSet",
    "QuickSight::DataSource",
    "RedshiftServerless::Workgroup",
    "Transfer::Server",
}

Siloctl = Callable[..., str]


@pytest.fixture
def folder(embedded: Any, tmp_path: Path) -> Path:
    """The silo sales with all that a silo can have, two flows, a partner, and a consumer that two shares reach."""
    later = (datetime.now(UTC).date() + timedelta(days=200)).isoformat()
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = re.sub(r"expires: \d{4}-\d\d-\d\d", f"expires: {later}", (ACME / name).read_text())
        (tmp_path / name).write_text(text)
    partner = tmp_path / "partners/marketpulse.yaml"
    partner.write_text(re.sub(r"    - silo: logistics\n(      .*\n)+", "", partner.read_text()))
    lake, _ = load_lake(tmp_path, blueprints(), datetime.now(UTC).date())
    embedded.reset(lake)
    return tmp_path


@pytest.fixture
def siloctl(folder: Path, capsys: pytest.CaptureFixture[str]) -> Siloctl:
    def called(*words: str, exits: Exit | None = Exit.OK) -> str:
        capsys.readouterr()
        status = run(["--manifests", str(folder), *words])
        out, err = capsys.readouterr()
        assert exits is None or status == exits, f"{words}: {out}\n{err}"
        return out

    return called


def agreed(siloctl: Siloctl) -> set[str]:
    """Apply with leave for all that needs leave: its logical ids, whichever of its two keys a partner has."""
    plan = json.loads(siloctl("plan", "--format", "json", exits=None))
    asked = {one["allow"] for one in plan["guards"] if one.get("allow")}
    siloctl("apply", "--yes", *WAIT, *(word for one in sorted(asked) for word in ("--allow", one)))
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    return {re.sub("Key[AB]$", "Key", one.rpartition("/")[2]) for one in asked}


def gone(before: Inventory, after: Inventory) -> Inventory:
    """By kind, what was there and is not any more; nothing new may have come."""
    assert {
        kind: names - before.get(kind, set()) for kind, names in after.items() if names - before.get(kind, set())
    } == {}
    return {kind: found for kind, names in before.items() if (found := names - after.get(kind, set()))}


def files() -> dict[str, bytes]:
    """Something in each bucket, as it is now; written the first time."""
    s3 = client("s3", SALES, REGION)
    for bucket, key in ((RAW, "orders/x"), (PROCESSED, "orders/part.parquet"), (DROPZONE, "inbound/marketpulse/x")):
        if not s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
            s3.put_object(Bucket=bucket, Key=key, Body=b"PAR1")
    return {
        f"{bucket}/{one['Key']}": s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
        for bucket in (RAW, PROCESSED, DROPZONE)
        for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    }


def published() -> set[str]:
    """Whose bundles the index knows."""
    stored = client("s3", MASTER, REGION).get_object(Bucket="acme-datalake-code-eu-west-1", Key=INDEX_KEY)
    return set(json.loads(stored["Body"].read())["silos"])


def works(pair: dict[str, str]) -> bool:
    """Whether whoever has the pair is somebody to AWS at all: this one call needs no permission."""
    session = boto3.Session(pair["accessKeyId"], pair["secretAccessKey"], region_name=REGION)
    try:
        session.client("sts").get_caller_identity()
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidClientTokenId"
        return False
    return True


def test_what_is_taken_out_stops_and_its_data_stays(folder: Path, siloctl: Siloctl) -> None:
    """One story, since each deployment takes seconds: a flow, a partner, a share, the consumer, the silo."""
    before = inventory(SALES, REGION)
    siloctl("apply", "--yes", *WAIT)
    made, written = inventory(SALES, REGION), files()
    assert COMPUTE - {"rule", "queue", "Cognito::UserPool"} <= {
        kind for kind in made if made[kind] - before.get(kind, set())
    }

    (folder / "flows/complaints.yaml").unlink()
    (folder / "shares/complaints-to-analytics.yaml").unlink()
    assert agreed(siloctl) == set()
    left = inventory(SALES, REGION)
    lost = gone(made, left)
    assert not any("omplaints" in name for kind, names in left.items() if kind != "log group" for name in names)
    assert not any("rders" in name for names in lost.values() for name in names)
    assert lost["table"] == {"sales.complaints", "sales.complaints__raw"} and files() == written
    assert lost.keys() & {"bucket", "key", "database", "secret"} == set()

    made, secrets = left, client("secretsmanager", SALES, REGION)
    pair = json.loads(secrets.get_secret_value(SecretId="lake/partners/sales/marketpulse")["SecretString"])
    assert works(pair)
    (folder / "partners/marketpulse.yaml").unlink()
    assert agreed(siloctl) == {"MarketpulseKey", "MarketpulseSecret", "MarketpulseUser"}
    left = inventory(SALES, REGION)
    assert gone(made, left) == {"user": {"marketpulse"}, "secret": {"lake/partners/sales/marketpulse"}}
    assert not works(pair) and files() == written, "what it delivered is not its own any more"

    made = left
    assert table(ANALYTICS)()["Table"]["Name"] == "orders" and file(ANALYTICS)()["Body"].read() == b"PAR1"
    (folder / "shares/sales-to-analytics.yaml").unlink()
    assert agreed(siloctl) == set()
    assert refused(table(ANALYTICS)) and refused(file(ANALYTICS)) and files() == written
    left = inventory(SALES, REGION)
    lost = gone(made, left)
    assert lost == {
        "function": {"lake-catalog-policy"},
        "log group": {"/aws/lambda/lake-catalog-policy"},
        "role": {"lake-eu-west-1-catalog-policy"},
    }
    assert "sales" not in inventory(ANALYTICS, REGION).get("database", set()), "the reader's links go with it"

    made = inventory(ANALYTICS, REGION)
    (folder / "consumers/group-analytics.yaml").unlink()
    assert agreed(siloctl) == set()
    assert published() == {"finance", "sales"}
    assert inventory(ANALYTICS, REGION) == made, (
        "a consumer is forgotten with its queries' results; it can read nothing"
    )

    silo = folder / "silos/sales.yaml"
    (folder / "flows/orders.yaml").unlink()
    silo.write_text(silo.read_text() + "  lifecycle: retired\n")
    asked = agreed(siloctl)
    assert asked == {"Server", "Admins"}
    left = inventory(SALES, REGION)
    assert {kind for kind in COMPUTE if left.get(kind, set()) - before.get(kind, set())} == set()
    assert files() == written
    assert {name.split("-")[2] for name in left["bucket"] if name.startswith("acme-")} == {
        "dropzone",
        "logs",
        "processed",
        "raw",
    }
    keys = client("kms", SALES, REGION)
    (alias,) = (one for one in keys.list_aliases()["Aliases"] if one["AliasName"] == "alias/lake-data")
    assert keys.describe_key(KeyId=alias["TargetKeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
    assert left["RedshiftServerless::Namespace"] == {"lake-sales"} and left["database"] == {"sales"}
    assert any("ServerLog" in name for name in left["log group"]), "who logged in stays known"
    assert {name for name in left["role"] if "ApiLogsRole" not in name} - before.get("role", set()) == set()
    assert "retired: its data and keys are kept" in siloctl("status")

    silo.unlink()
    siloctl("apply", "--yes")
    assert published() == {"finance"}
    assert inventory(SALES, REGION) == left, "a silo that is forgotten loses nothing more"
