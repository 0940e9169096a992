"""Distributions and HTTP APIs: what the provider schema keeps, and a port of this machine for as long as it is there.

What the embedded AWS would serve otherwise than AWS is refused by name when it is to be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.wafv2.models import wafv2_backends

from controller.local import web
from controller.local.resources import store
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.store import Stored
from controller.local.web.place import Place
from controller.local.web.policies import unknown

Properties = Mapping[str, Any]
ACCESS_CONTROL = "AWS::CloudFront::OriginAccessControl"
CERTIFICATES = "arn:aws:acm:us-east-1:"  # where CloudFront looks for them (CloudFront developer guide, HTTPS)


@dataclass(frozen=True, slots=True)
class Distribution:
    type: str = "AWS::CloudFront::Distribution"

    def create(self, scope: Scope, properties: Properties) -> Made:
        _check(scope, properties["DistributionConfig"])
        made = self._stored.create(scope, properties)
        web.open_site(Place(scope.account, scope.region, made.physical_id))
        return made

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        return self._stored.read(scope, physical_id, properties)

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        _check(scope, after["DistributionConfig"])
        return self._stored.update(scope, physical_id, before, after)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        web.close(physical_id)
        self._stored.delete(scope, physical_id, properties)

    @property
    def _stored(self) -> Stored:
        return Stored(self.type)


def _check(scope: Scope, config: Properties) -> None:
    """What CloudFront refuses: names of things that are not there."""
    origins = {str(one["Id"]) for one in config.get("Origins", ())}
    for behaviour in (config["DefaultCacheBehavior"], *config.get("CacheBehaviors", ())):
        if behaviour["TargetOriginId"] not in origins:
            raise ResourceFailed(f"The specified origin does not exist: {behaviour['TargetOriginId']}")
        if missing := unknown(behaviour, scope.account):
            raise ResourceFailed(f"The specified policy does not exist: {missing}")
        if played := [key for key in ("FunctionAssociations", "LambdaFunctionAssociations") if behaviour.get(key)]:
            raise ResourceFailed(
                f"property that the embedded AWS cannot make: {played[0]} of AWS::CloudFront::Distribution"
            )
    controls = store.everywhere(scope.account, ACCESS_CONTROL)
    for origin in config.get("Origins", ()):
        control = origin.get("OriginAccessControlId")
        if control and control not in controls:
            raise ResourceFailed(f"The specified origin access control does not exist: {control}")
    firewall = config.get("WebACLId")
    if firewall and not any(firewall in backend.wacls for backend in wafv2_backends[scope.account].values()):
        raise ResourceFailed(f"Web ACL is not accessible by the requester: {firewall}")
    certificate = str(config.get("ViewerCertificate", {}).get("AcmCertificateArn", CERTIFICATES))
    if not certificate.startswith(CERTIFICATES):
        raise ResourceFailed("The specified SSL certificate doesn't exist, isn't in us-east-1 region, or isn't valid.")
    if config.get("Aliases") and "AcmCertificateArn" not in config.get("ViewerCertificate", {}):
        raise ResourceFailed("To add an alternate domain name, you must attach a certificate that covers it.")


@dataclass(frozen=True, slots=True)
class HttpApi:
    type: str = "AWS::ApiGatewayV2::Api"

    def create(self, scope: Scope, properties: Properties) -> Made:
        _refuse(self.type, properties, "ProtocolType", ("HTTP",))
        made = Stored(self.type).create(scope, properties)
        web.open_api(Place(scope.account, scope.region, made.physical_id))
        return made

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        return Stored(self.type).read(scope, physical_id, properties)

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        return Stored(self.type).update(scope, physical_id, before, after)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        web.close(physical_id)
        Stored(self.type).delete(scope, physical_id, properties)


@dataclass(frozen=True, slots=True)
class Limited:
    """A part of an HTTP API: kept as it is, where its values are among those that the ports serve."""

    type: str
    served: Mapping[str, tuple[Any, ...]]  # property -> values

    def create(self, scope: Scope, properties: Properties) -> Made:
        self._check(properties)
        return Stored(self.type).create(scope, properties)

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        return Stored(self.type).read(scope, physical_id, properties)

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        self._check(after)
        return Stored(self.type).update(scope, physical_id, before, after)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        Stored(self.type).delete(scope, physical_id, properties)

    def _check(self, properties: Properties) -> None:
        for name, values in self.served.items():
            _refuse(self.type, properties, name, values)


def _refuse(type_name: str, properties: Properties, name: str, values: tuple[Any, ...]) -> None:
    if (found := properties.get(name)) not in values:
        raise ResourceFailed(f"{name} {found} of {type_name}: the embedded AWS serves {', '.join(map(str, values))}")


HANDLERS = (
    Distribution(),
    HttpApi(),
    Limited("AWS::ApiGatewayV2::Authorizer", {"AuthorizerType": ("JWT",)}),
    Limited("AWS::ApiGatewayV2::Integration", {"IntegrationType": ("AWS_PROXY",), "PayloadFormatVersion": ("2.0",)}),
    Limited("AWS::ApiGatewayV2::Route", {"AuthorizationType": (None, "NONE", "JWT")}),
    Limited("AWS::ApiGatewayV2::Stage", {"AutoDeploy": (True,)}),
)
