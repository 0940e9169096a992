"""Redshift Serverless: kept by schema, with what one thing asks of the other (Redshift Serverless API reference)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.local.resources import store
from controller.local.resources.api import Api, Taken
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.store import Stored

NAMESPACE, WORKGROUP = "AWS::RedshiftServerless::Namespace", "AWS::RedshiftServerless::Workgroup"
PORT = "5439"
UNITS = range(8, 1025, 8)  # Redshift processing units of a base


@dataclass(frozen=True, slots=True)
class Namespace(Stored):
    """A managed password is a secret of Redshift's, which comes and goes with the namespace.

    Its ARN is no attribute (aws-cloudformation/cloudformation-coverage-roadmap, issue 2021).
    """

    type: str = NAMESPACE

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        made = Stored.create(self, scope, properties)
        if properties.get("ManageAdminPassword"):
            name = _secret(made.physical_id, properties)
            value = json.dumps({"username": properties.get("AdminUsername"), "password": secrets.token_urlsafe(24)})
            key = {"KmsKeyId": properties.get("AdminPasswordSecretKmsKeyId")}
            Api(scope, "secretsmanager").make(name, "create_secret", key, Name=name, SecretString=value)
        return made

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        if _of(scope, physical_id):
            raise ResourceFailed(f"There is a workgroup associated with namespace {physical_id}. Delete it first.")
        if properties.get("ManageAdminPassword"):
            name = _secret(physical_id, properties)
            Api(scope, "secretsmanager").drop("delete_secret", SecretId=name, ForceDeleteWithoutRecovery=True)
        Stored.delete(self, scope, physical_id, properties)


@dataclass(frozen=True, slots=True)
class Workgroup(Stored):
    """What computes for a namespace: exactly one each."""

    type: str = WORKGROUP

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        _fits(properties)
        namespace = str(properties.get("NamespaceName", ""))
        if store.find(scope.account, scope.region, NAMESPACE, namespace) is None:
            raise ResourceFailed(f"Namespace {namespace} was not found.")
        if taken := _of(scope, namespace):
            raise Taken(f"Namespace {namespace} already has the workgroup {taken[0]}.")
        made = Stored.create(self, scope, properties)
        host = f"{made.physical_id}.{scope.account}.{scope.region}.redshift-serverless.amazonaws.com"
        answers = {"Workgroup.Endpoint.Address": host, "Workgroup.Endpoint.Port": PORT}
        found = store.find(scope.account, scope.region, WORKGROUP, made.physical_id)
        if found is not None:
            found.attributes |= answers
        return Made(made.physical_id, {**made.attributes, **answers})

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        _fits(after)
        return Stored.update(self, scope, physical_id, before, after)


def _fits(properties: Mapping[str, Any]) -> None:
    base, most = properties.get("BaseCapacity", 128), properties.get("MaxCapacity")
    if base not in UNITS:
        raise ResourceFailed(f"BaseCapacity {base} is not a multiple of 8 from {UNITS[0]} to {UNITS[-1]}.")
    if most is not None and most < base:
        raise ResourceFailed(f"MaxCapacity {most} is less than BaseCapacity {base}.")


def _secret(namespace: str, properties: Mapping[str, Any]) -> str:
    return f"redshift!{namespace}-{properties.get('AdminUsername', 'admin')}"


def _of(scope: Scope, namespace: str) -> list[str]:
    """Names of the namespace's workgroups."""
    found = store.listed(scope.account, scope.region, WORKGROUP)
    return [name for name, kept in found.items() if kept.properties.get("NamespaceName") == namespace]


HANDLERS = (Namespace(), Workgroup())
