"""Each port twice: our fake, and the controller's adapter on the embedded AWS. One suite tells both how to behave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from controller.engine.ports import Bucket, Ports
from controller.resolve.lake import Lake
from tests.fakes.aws import FakeAws
from tests.fakes.lakes import SALES, finance, lake, sales

OUTSIDER = "200000000077"


@dataclass
class Side:
    """One of the two: its ports, and what a test needs beyond them."""

    ports: Ports
    lake: Lake
    fake: FakeAws | None
    embedded: Any

    def bucket(self) -> Bucket:
        """The code bucket of the home region, with versions, as the master stack would have made it."""
        home = self.lake.organization.home_region
        if self.fake is not None:
            self.fake.buckets[home].made = True
        else:
            import boto3

            s3 = boto3.client("s3", region_name=home)
            s3.create_bucket(Bucket="acme-code-eu-west-1", CreateBucketConfiguration={"LocationConstraint": home})
            s3.put_bucket_versioning(Bucket="acme-code-eu-west-1", VersioningConfiguration={"Status": "Enabled"})
        return self.ports.bucket(home)

    @property
    def management(self) -> str:
        tree = self.ports.organizations.tree(self.lake.organization.units)
        found: str = tree.value.management_account  # type: ignore[union-attr]
        return found


@pytest.fixture(params=["fake", pytest.param("embedded", marks=pytest.mark.emulator)])
def side(request: pytest.FixtureRequest) -> Side:
    wanted = lake(sales(), finance())
    if request.param == "fake":
        fake = FakeAws(wanted)
        return Side(fake.ports, wanted, fake, None)
    from controller.cli.wiring import connect

    embedded = request.getfixturevalue("embedded")
    embedded.reset(wanted)
    return Side(connect(wanted.organization).ports, wanted, None, embedded)


__all__ = ["OUTSIDER", "SALES", "Side", "side"]
