"""User pools, their clients and users: who signs in to a web site."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from moto.cognitoidp.models import cognitoidp_backends

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect, to_api
from controller.local.resources.tagging import live_tags, wanted_tags
from controller.local.services.cognito import INVITED

SERVICE = "cognito-idp"
TAGS = "UserPoolTags"
BESIDE = {TAGS, "EnabledMfas", "Schema", "UserPoolName"}  # what is written or answered under other names
APP = "SOFTWARE_TOKEN_MFA"

Properties = Mapping[str, Any]


class UserPool:
    type = "AWS::Cognito::UserPool"

    def create(self, scope: Scope, properties: Properties) -> Made:
        api, name = Api(scope, SERVICE), name_of(scope, properties, "UserPoolName", 128)
        tags = wanted_tags(scope, properties, TAGS)
        made = api.make(name, "create_user_pool", {**properties, "PoolName": name, TAGS: tags})["UserPool"]
        self._factors(api, made["Id"], properties)
        return self._made(scope, made["Id"])

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("describe_user_pool", UserPoolId=physical_id)
        if found is None:
            return None
        live = found["UserPool"]
        answer = reflect({key: value for key, value in properties.items() if key not in BESIDE}, live)
        answer |= {"UserPoolName": live["Name"]} if "UserPoolName" in properties else {}
        if TAGS in properties:
            answer[TAGS] = live_tags(scope, properties, live.get(TAGS) or {}, TAGS)
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        if before.get("Schema") != after.get("Schema"):
            raise ResourceFailed("Existing schema attributes cannot be modified or deleted.")
        api, live = Api(scope, SERVICE), self._live(scope, physical_id)
        words = to_api(api.client, "create_user_pool", {k: v for k, v in after.items() if k != "Schema"})
        live.update_extended_config({**words, TAGS: wanted_tags(scope, after, TAGS)})
        live.name = after.get("UserPoolName", live.name)
        self._factors(api, physical_id, after)
        return self._made(scope, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        api = Api(scope, SERVICE)
        found = api.find("describe_user_pool", UserPoolId=physical_id)
        if found is not None and found["UserPool"].get("DeletionProtection") == "ACTIVE":
            raise ResourceFailed("The user pool cannot be deleted because deletion protection is activated.")
        api.drop("delete_user_pool", UserPoolId=physical_id)

    def _factors(self, api: Api, pool: str, properties: Properties) -> None:
        """Second factors; one that asks for none of them says so too."""
        wanted, factors = properties.get("MfaConfiguration", "OFF"), properties.get("EnabledMfas", ())
        if other := sorted(set(factors) - {APP}):
            raise ResourceFailed(f"second factors that the embedded AWS cannot ask for: {', '.join(other)}")
        app = {"Enabled": APP in factors}
        if wanted != "OFF" and not factors:
            raise ResourceFailed("Invalid MFA configuration: no second factor is enabled.")
        token = {"SoftwareTokenMfaConfiguration": app} if factors else {}
        api.call("set_user_pool_mfa_config", UserPoolId=pool, MfaConfiguration=wanted, **token)

    def _live(self, scope: Scope, pool: str) -> Any:
        return cognitoidp_backends[scope.account][scope.region].describe_user_pool(pool)

    def _made(self, scope: Scope, pool: str) -> Made:
        provider = f"cognito-idp.{scope.region}.amazonaws.com/{pool}"
        arn = Api(scope, SERVICE).arn(f"userpool/{pool}")
        names = {"Arn": arn, "ProviderName": provider, "ProviderURL": f"https://{provider}", "UserPoolId": pool}
        return Made(pool, names)


class UserPoolClient:
    """Ref answers the client's id."""

    type = "AWS::Cognito::UserPoolClient"

    def create(self, scope: Scope, properties: Properties) -> Made:
        api, name = Api(scope, SERVICE), name_of(scope, properties, "ClientName", 128)
        made = api.make(name, "create_user_pool_client", {**properties, "ClientName": name})["UserPoolClient"]
        return self._made(made)

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("describe_user_pool_client", **self._who(physical_id, properties))
        if found is None:
            return None
        live = {**found["UserPoolClient"], "GenerateSecret": "ClientSecret" in found["UserPoolClient"]}
        return {**reflect(properties, live)}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        live = cognitoidp_backends[scope.account][scope.region].describe_user_pool_client(
            after["UserPoolId"], physical_id
        )
        for key in before.keys() - after.keys():
            live.extended_config.pop(key, None)
        api = Api(scope, SERVICE)
        return self._made(api.call("update_user_pool_client", after, ClientId=physical_id)["UserPoolClient"])

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        Api(scope, SERVICE).drop("delete_user_pool_client", **self._who(physical_id, properties))

    def _who(self, physical_id: str, properties: Properties) -> dict[str, Any]:
        return {"UserPoolId": properties["UserPoolId"], "ClientId": physical_id}

    def _made(self, live: Properties) -> Made:
        names = {"ClientId": live["ClientId"], "Name": live.get("ClientName", "")}
        return Made(
            live["ClientId"], names | ({"ClientSecret": live["ClientSecret"]} if "ClientSecret" in live else {})
        )


class UserPoolUser:
    """Ref answers the name. Every property replaces, so there is nothing to change in place."""

    type = "AWS::Cognito::UserPoolUser"

    def create(self, scope: Scope, properties: Properties) -> Made:
        api, name = Api(scope, SERVICE), str(properties.get("Username") or name_of(scope, {}, "Username", 128))
        pool = str(properties["UserPoolId"])
        mailed = self._mailed(properties)
        api.make(name, "admin_create_user", properties, Username=name, TemporaryPassword=self._password(api, pool))
        live = cognitoidp_backends[scope.account][scope.region].admin_get_user(pool, name)
        vars(live)[INVITED] = mailed
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        who = {"UserPoolId": properties["UserPoolId"], "Username": physical_id}
        found = Api(scope, SERVICE).find("admin_get_user", **who)
        if found is None:
            return None
        live = {one["Name"]: one["Value"] for one in found.get("UserAttributes", ())}
        named = [one for one in properties.get("UserAttributes", ()) if one["Name"] in live]
        told = {"UserAttributes": [{"Name": one["Name"], "Value": live[one["Name"]]} for one in named]}
        answer = {**who, **told}
        return {key: answer[key] for key in answer if key in properties}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        who = {"UserPoolId": properties["UserPoolId"], "Username": physical_id}
        if Api(scope, SERVICE).find("admin_get_user", **who) is not None:
            Api(scope, SERVICE).drop("admin_delete_user", **who)

    def _mailed(self, properties: Properties) -> bool:
        """Whether Cognito writes to the user; a text message it sends where nothing is said, and none is sent here."""
        if properties.get("MessageAction") == "SUPPRESS":
            return False
        if "EMAIL" not in properties.get("DesiredDeliveryMediums", ("SMS",)):
            raise ResourceFailed("User pool does not have SMS configuration to send messages.")
        if not any(one["Name"] == "email" for one in properties.get("UserAttributes", ())):
            raise ResourceFailed("The user has no e-mail address to send the invitation to.")
        return True

    def _password(self, api: Api, pool: str) -> str:
        """A temporary one as the pool's policy wants it."""
        policies = api.call("describe_user_pool", UserPoolId=pool)["UserPool"].get("Policies", {})
        length = max(12, int(policies.get("PasswordPolicy", {}).get("MinimumLength", 8)))
        kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#%*_-"]
        letters = [secrets.choice(kind) for kind in kinds]
        letters += [secrets.choice(string.ascii_letters + string.digits) for _ in range(length - len(kinds))]
        secrets.SystemRandom().shuffle(letters)
        return "".join(letters)


HANDLERS = (UserPool(), UserPoolClient(), UserPoolUser())
