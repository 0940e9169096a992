"""A web app from the manifest to the browser's side of it: made, quiet, changed, switched off and on again."""

from __future__ import annotations

import io
import json
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local import clients
from controller.model.ownership import site_key

pytestmark = pytest.mark.emulator

PLAIN = Path(__file__).parents[1] / "lakes" / "plain"
SALES, REGION, CODE = "200000000001", "eu-west-1", "acme-datalake-code-eu-west-1"
DOMAIN = "upload.sales.acme.example"
ADMINS = "silo/sales/webapp/Admins"  # a pool of people: switching it off is allowed by name
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class World:
    folder: Path
    embedded: Any

    def change(self, name: str, edit: Callable[[dict[str, Any]], object]) -> None:
        path = self.folder / "silos" / f"{name}.yaml"
        said = yaml.safe_load(path.read_text())
        edit(said["spec"])
        path.write_text(yaml.safe_dump(said))

    def apply(self, *more: str) -> int:
        words = ["apply", "--yes", "--wait", "--timeout", "240s", *more]
        return run(["--manifests", str(self.folder), *words])

    def says(self, *words: str) -> int:
        return run(["--manifests", str(self.folder), *words, "--detailed-exitcode"])

    def site(self, account: str = SALES) -> Any:
        return next(one for one in self.embedded.sites if one.account == account)

    @property
    def buckets(self) -> list[str]:
        return [one["Name"] for one in clients.client("s3", SALES, REGION).list_buckets()["Buckets"]]


@pytest.fixture
def world(embedded: Any, tmp_path: Path) -> World:
    """Sales with a key of its own and a domain, manufacturing in a new account without either."""
    (tmp_path / "silos").mkdir()
    shutil.copy(PLAIN / "organization.yaml", tmp_path)
    made = World(tmp_path, embedded)
    for name in ("sales", "manufacturing"):
        shutil.copy(PLAIN / "silos" / f"{name}.yaml", tmp_path / "silos")
        said = {"enabled": True, "signIn": {"type": "cognito", "admins": [f"lake-admin@{name}.acme.example"]}}
        made.change(name, lambda spec, said=said: spec.update(webapp=said))
    made.change("sales", lambda spec: spec["webapp"].update(domain=DOMAIN))
    embedded.reset(load_lake(tmp_path, blueprints(), datetime.now(UTC).date())[0])
    return made


def ask(address: str) -> tuple[int, bytes, dict[str, str]]:
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return answer.status, answer.read(), {key.lower(): value for key, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), {}


def outputs(account: str) -> dict[str, str]:
    stacks = clients.client("cloudformation", account, REGION).describe_stacks()["Stacks"]
    webapp = next(one for one in stacks if "-Webapp-" in one["StackName"])
    return {one["OutputKey"]: one["OutputValue"] for one in webapp["Outputs"]}


def published(account: str = SALES) -> dict[str, bytes]:
    content = clients.client("s3", "100000000001", REGION).get_object(Bucket=CODE, Key=site_key(account))["Body"].read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_web_app_is_made_stays_as_it_is_and_goes(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.apply() == Exit.OK, capsys.readouterr()
    pages = published()
    assert {"index.html", "admin/index.html"} <= set(pages)
    assert not {"vendor.json", "package.json"} & set(pages)

    # What a browser gets: the pages as published, with the headers that bind it, and the API behind the same name.
    for site in world.embedded.sites:
        status, page, headers = ask(f"{site.address}/")
        assert (status, page) == (200, pages["index.html"])
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-cache"
        assert ask(f"{site.address}/admin/index.html")[1] == pages["admin/index.html"]
        assert ask(f"{site.address}/nothing")[0] == 403
        assert ask(f"{site.address}/api/partners")[0] == 401
        status, said, _ = ask(f"{site.address}/api/config")
        assert status == 200
        assert json.loads(said)["site"] == site.domain
    assert json.loads(ask(f"{world.site().address}/api/config")[1])["bucket"] == f"acme-sales-dropzone-{SALES}"
    assert [one.name for one in world.site().invitations] == ["lake-admin@sales.acme.example"]

    # The domain waits for its certificate, and the outputs say for which records.
    said = outputs(SALES)
    assert said["SiteAddress"] == f"https://{world.site().domain}/"
    assert said["DomainTarget"] == world.site().domain
    assert "CNAME" in said["CertificateRecord"]
    certificate = said["Certificate"]
    assert certificate.startswith(f"arn:aws:acm:us-east-1:{SALES}:certificate/")

    # Nothing is left to do, and nothing differs.
    capsys.readouterr()
    assert world.says("plan") == Exit.OK, capsys.readouterr()
    assert world.says("drift") == Exit.OK, capsys.readouterr()
    world.embedded.calls.clear()
    assert world.apply() == Exit.OK
    assert [call for call in world.embedded.calls if call.write] == []

    # The certificate is named: the domain is attached, in place, and the drop zone knows the pages by it alone.
    world.change("sales", lambda spec: spec["webapp"].update(certificate=certificate))
    assert world.apply() == Exit.OK, capsys.readouterr()
    assert outputs(SALES)["SiteAddress"] == f"https://{DOMAIN}/"
    assert "CertificateRecord" not in outputs(SALES)
    rules = clients.client("s3", SALES, REGION).get_bucket_cors(Bucket=f"acme-sales-dropzone-{SALES}")["CORSRules"]
    assert rules[0]["AllowedOrigins"] == [f"https://{DOMAIN}"]
    assert clients.client("acm", SALES, "us-east-1").describe_certificate(CertificateArn=certificate)
    assert world.says("drift") == Exit.OK, capsys.readouterr()

    # Pages that somebody wrote over in the code bucket are put back.
    clients.client("s3", "100000000001", REGION).put_object(Bucket=CODE, Key=site_key(SALES), Body=b"not ours")
    capsys.readouterr()
    assert world.says("plan") == Exit.CHANGES
    assert "silo/sales/site" in capsys.readouterr().out
    assert world.apply() == Exit.OK, capsys.readouterr()
    assert published() == pages

    # Switched off, nothing of it is left but logs; switched on again, it is made again under the same names.
    world.change("sales", lambda spec: spec.update(webapp={"enabled": False}))
    assert world.apply("--allow", f"destroy={ADMINS}") == Exit.OK, capsys.readouterr()
    assert [one.account for one in world.embedded.sites] != []
    assert SALES not in {one.account for one in world.embedded.sites}
    assert f"acme-sales-site-{SALES}" not in world.buckets
    assert clients.client("wafv2", SALES, "us-east-1").list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []
    assert clients.client("cognito-idp", SALES, REGION).list_user_pools(MaxResults=10)["UserPools"] == []
    assert world.says("plan") == Exit.OK, capsys.readouterr()
    assert world.says("drift") == Exit.OK, capsys.readouterr()
    admins = {"type": "cognito", "admins": ["lake-admin@sales.acme.example"]}
    world.change("sales", lambda spec: spec.update(webapp={"enabled": True, "signIn": admins}))
    assert world.apply() == Exit.OK, capsys.readouterr()
    assert ask(f"{world.site().address}/")[1] == pages["index.html"]
