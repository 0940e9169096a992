"""Web sites of the embedded AWS: what a browser gets from a distribution, its bucket and its HTTP API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from controller.local import clients
from tests.fakes import site as fake
from tests.fakes.site import ACCOUNT, BUCKET, REGION, Deployed

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def deployed(embedded_process: Any, small_lake: Any) -> Iterator[Deployed]:
    embedded_process.reset(small_lake)
    physical = fake.deploy()
    s3 = clients.client("s3", ACCOUNT, REGION)
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"<p>partners</p>", ContentType="text/html")
    s3.put_object(Bucket=BUCKET, Key="scripts/a b.mjs", Body=b"export {}", CacheControl="no-cache")
    yield Deployed(embedded_process.sites[0], physical)


def test_a_distribution_answers_at_a_port_of_this_machine(deployed: Deployed) -> None:
    assert deployed.site.id == deployed.physical["Distribution"]
    assert deployed.site.domain.endswith(".cloudfront.net")
    page = deployed.ask("/")
    assert (page.status, page.body, page.headers["content-type"]) == (200, b"<p>partners</p>", "text/html")
    assert deployed.ask("/scripts/a%20b.mjs").headers["cache-control"] == "no-cache"


def test_a_route_of_the_api_answers_through_it(deployed: Deployed) -> None:
    event = deployed.ask("/api/open?a=1&a=2&b=", cookie="x=1; y=2", X_Mine="yes").json
    assert event["routeKey"] == "GET /api/open"
