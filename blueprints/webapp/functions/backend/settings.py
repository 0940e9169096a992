"""Where the function stands, as its template says by the environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

SUFFIXES = {"aws-cn": "amazonaws.com.cn"}  # IAM user guide, partitions; all others: amazonaws.com


@dataclass(frozen=True)
class Dropzone:
    prefix: str  # without slashes around it
    flow: str


@dataclass(frozen=True)
class Settings:
    organization: str
    silo: str
    account: str
    region: str
    partition: str
    bucket: str  # the drop zone
    key: str  # ARN of its key; empty where S3 has it
    stack: str
    shelf: str  # bucket of what CloudFormation reads from there, and of who asked for a secret
    role: str  # what CloudFormation makes credentials as
    boundary: str  # ARN of the most that a credential may ever do
    partners: str  # the path of the silo's users, such as /partners/sales/
    dropzones: tuple[Dropzone, ...]
    client: str  # the sign-in's, a public one
    site: str  # what a partner's proof of identity is made out to
    endpoint: str  # of all of AWS, where that is not AWS's own

    @property
    def secrets(self) -> str:
        """Before a vended credential's name, in the name of its secret."""
        return f"lake/partners/{self.silo}/vended-"

    @property
    def suffix(self) -> str:
        return SUFFIXES.get(self.partition, "amazonaws.com")

    def address(self, service: str) -> str:
        return self.endpoint or f"https://{service}.{self.region}.{self.suffix}"


def read(environ: Mapping[str, str]) -> Settings:
    """A site whose name is not known to the function is meant by its drop zone's: there is one such in the world."""
    zones = [(zone["prefix"].strip("/"), zone["flow"]) for zone in json.loads(environ["DROPZONES"])]
    return Settings(
        organization=environ["ORGANIZATION"],
        silo=environ["SILO"],
        account=environ["ACCOUNT"],
        region=environ["AWS_REGION"],
        partition=environ["PARTITION"],
        bucket=environ["BUCKET"],
        key=environ["KEY_ARN"],
        stack=environ["STACK"],
        shelf=environ["VENDING_BUCKET"],
        role=environ["VENDING_ROLE"],
        boundary=environ["PARTNER_BOUNDARY"],
        partners=environ["PARTNERS_PATH"],
        dropzones=tuple(Dropzone(*zone) for zone in sorted(zones)),
        client=environ["CLIENT_ID"],
        site=environ["SITE_HOST"] or environ["BUCKET"],
        endpoint=environ.get("AWS_ENDPOINT_URL", ""),
    )
