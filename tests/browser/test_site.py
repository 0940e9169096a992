"""The whole way on the embedded AWS, in a browser: an apply makes the site, an admin signs in for the first time and
gives access, and a partner delivers with the pair, over a connection that breaks."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto.cognitoidp.utils import cognito_totp
from playwright.sync_api import Browser, Page, Request, expect

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[2] / "manifests"
ACCOUNT, REGION, BUCKET = "200000000002", "eu-west-1", "acme-logistics-dropzone-200000000002"
ADMIN, PASSWORD = "lake-admin@logistics.acme.example", "Correct-horse-7-battery"
SILO = f"""apiVersion: lake/v1
kind: Silo
metadata: {{name: logistics}}
spec:
  account: "{ACCOUNT}"
  organizationalUnit: Lake/Silos/Operations
  region: {REGION}
  owners: [logistics-data@acme.example]
  webapp: {{enabled: true, signIn: {{type: cognito, admins: [{ADMIN}]}}}}
"""
FLOW = """apiVersion: lake/v1
kind: Flow
metadata: {name: shipments}
spec:
  silo: logistics
  source: {type: dropzone, prefix: inbound/shipments, format: {type: csv, header: true, delimiter: ";"}}
  contract: {columns: [{name: shipment_id, type: string, required: true}], key: [shipment_id]}
  schedule: on-arrival
  targets: [{type: processed}]
"""
PATIENCE = 60_000  # milliseconds
LARGE = 200_000_000  # bytes


@pytest.fixture
def lake(embedded: Any, tmp_path: Path) -> Any:
    """A silo with a web app and a drop zone, applied; the embedded AWS that it is in."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    shutil.copy(MANIFESTS / "organization.yaml", folder)
    (folder / "silo.yaml").write_text(SILO, encoding="utf-8")
    (folder / "flow.yaml").write_text(FLOW, encoding="utf-8")
    embedded.reset(load_lake(folder, blueprints(), datetime.now(UTC).date())[0])
    assert run(["--manifests", str(folder), "apply", "--yes", "--wait", "--timeout", "300s"]) == Exit.OK
    return embedded


@pytest.fixture
def site(lake: Any) -> str:
    """Its address, once its pipeline has brought the pages."""
    (made,) = lake.sites
    ends = time.monotonic() + PATIENCE / 1000
    while not answers(made.address):
        assert time.monotonic() < ends, "the pipeline of the site has not delivered"
        time.sleep(0.2)
    return str(made.address)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A browser's page; what its console says against it fails the test, once what it was for is done."""
    context = browser.new_context(base_url=site, locale="en-GB", permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert wrong == []


class Requests:
    """Everything that the browser sent, whoever it was for."""

    def __init__(self, page: Page) -> None:
        self.seen: list[Request] = []
        page.context.on("request", lambda request: self.seen.append(request))

    def hold(self, secret: str) -> list[str]:
        said = ((one.url, json.dumps(one.headers), one.post_data_buffer or b"") for one in self.seen)
        return [url for url, headers, body in said if secret in url + headers or secret.encode() in body]


def sign_in_for_the_first_time(page: Page, password: str) -> None:
    page.goto("/admin/index.html")
    page.fill("#user", ADMIN)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.fill("#new-password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#authenticator-secret")).not_to_have_value("")
    secret = page.input_value("#authenticator-secret").replace(" ", "")
    page.fill("#authenticator-code", cognito_totp(secret).generate(int(time.time())).decode())
    page.keyboard.press("Enter")
    expect(page.locator("#desk-title")).to_be_focused()


def give_access(page: Page, name: str) -> tuple[str, str]:
    """The pair, by the buttons that copy it."""
    page.get_by_role("button", name="Give somebody access").click()
    page.fill("#vend-name", name)
    page.fill("#vend-below", name)
    page.locator("#vend-button").click()
    expect(page.locator("#pair")).to_be_visible()
    copied = []
    for label in ("Access key ID", "Secret access key"):
        page.get_by_role("button", name=f"Copy {label}").click()
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator("#pair-mail")).not_to_have_value("")
    message = page.input_value("#pair-mail")
    assert copied[0] in message
    assert copied[1] not in message
    page.get_by_role("button", name="I have kept it, close").click()
    expect(page.locator(f'.entry:has-text("{name}")')).to_contain_text("Active")
    return copied[0], copied[1]


def try_pair(page: Page, key: str, secret: str) -> None:
    page.goto("/")
    page.fill("#key-id", key)
    page.fill("#secret", secret)
    page.keyboard.press("Enter")


def deliver(page: Page, files: list[Path]) -> None:
    """The connection breaks once half of the last file is there, and is back a moment later."""
    large = page.locator(".transfer", has_text=files[-1].name)
    page.set_input_files("#files", files)
    expect(page.locator(".transfer")).to_have_count(len(files))
    wait_for_progress(page, files[-1].name, 50)
    page.context.set_offline(True)
    expect(large).to_contain_text("No connection; it goes on by itself")
    page.context.set_offline(False)
    expect(page.locator("#summary")).to_have_text(f"{len(files)} of {len(files)} delivered", timeout=2 * PATIENCE)


def wait_for_progress(page: Page, name: str, percent: int) -> None:
    bar = page.get_by_role("progressbar", name=f"Progress of {name}")
    ends = time.monotonic() + PATIENCE / 1000
    while float(bar.evaluate("bar => bar.value")) < percent:
        assert time.monotonic() < ends, f"{name} does not come on"
        page.wait_for_timeout(50)


def test_an_admin_gives_access_and_a_partner_delivers_over_a_connection_that_breaks(
    lake: Any, page: Page, tmp_path: Path
) -> None:
    sent = Requests(page)
    (invited,) = lake.sites[0].invitations
    assert invited.name == ADMIN
    sign_in_for_the_first_time(page, invited.password)
    key, secret = give_access(page, "coastline")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#user")).to_be_focused()

    try_pair(page, key, secret)
    expect(page.locator("#terms")).to_contain_text("inbound/shipments/coastline/")
    contents = {"stores.csv": b"id;name\n1;north\n", "week 12 + returns.csv": b"", "large.bin": os.urandom(LARGE)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    deliver(page, [tmp_path / name for name in contents])

    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#delivered-told")).to_have_text("3 files")
    for name in contents:
        expect(page.locator("#objects")).to_contain_text(name)
    there = client("s3", ACCOUNT, REGION)
    for name, content in contents.items():
        found = there.get_object(Bucket=BUCKET, Key=f"inbound/shipments/coastline/{name}")
        assert hashlib.file_digest(found["Body"], "sha256").digest() == hashlib.sha256(content).digest()
    parts = [one for one in lake.calls if one.operation == "UploadPart"]
    assert len(parts) <= -(-LARGE // (8 * 1024 * 1024)) + 2  # what had arrived was not sent again
    assert there.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
    assert sent.hold(secret) == []
    assert sent.hold(key) != []  # they are looked at rightly


def test_a_pair_lets_in_until_another_takes_its_place_or_it_is_revoked(lake: Any, page: Page) -> None:
    (invited,) = lake.sites[0].invitations
    sign_in_for_the_first_time(page, invited.password)
    key, secret = give_access(page, "coastline")
    try_pair(page, key, secret[::-1])
    expect(page.get_by_role("alert")).to_have_text("The secret access key does not belong to this access key id.")

    page.goto("/admin/index.html")
    page.get_by_role("button", name="Extend: coastline").click()
    page.fill("#extend-length", "20")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="New key: coastline").click()
    page.locator("#rotate-form [type=submit]").click()
    expect(page.locator("#pair-secret")).not_to_have_value("")
    new = page.input_value("#pair-id"), page.input_value("#pair-secret")
    assert key != new[0]
    try_pair(page, key, secret)
    expect(page.get_by_role("alert")).to_contain_text("AWS does not know this access key id, or it has been ended.")
    try_pair(page, *new)
    expect(page.locator("#deliver-title")).to_be_focused()

    page.goto("/admin/index.html")
    page.get_by_role("button", name="Revoke: coastline").click()
    page.fill("#revoke-confirm", "coastline")
    page.keyboard.press("Enter")
    expect(page.locator("#empty")).to_be_visible()
    page.click('.tabs a[href="#activity"]')
    expect(page.locator("#activity-rows strong")).to_have_text(["coastline"] * 6)
    try_pair(page, *new)
    expect(page.get_by_role("alert")).to_contain_text("AWS does not know this access key id, or it has been ended.")
