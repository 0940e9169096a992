"""The web app's backend as its template deploys it, with roles, drop zone and partners' boundary of its own."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from controller.load.places import folder
from controller.local import clients, functions
from controller.render.blueprint import Catalogue

ACCOUNT, REGION, SILO = "200000000001", "eu-west-1", "sales"
BUCKET = f"acme-{SILO}-dropzone-{ACCOUNT}"
SHELF = f"acme-{SILO}-vend-{ACCOUNT}"
STACK, FUNCTION = "lake-vended", "lake-webapp-backend"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/lake/lake-partner-boundary-{REGION}"
PARTNERS = f"/partners/{SILO}/"
ADMIN, SITE = "lake-admin@sales.acme.example", "upload.sales.acme.example"
ZONES = [{"prefix": "erp", "flow": "erp"}, {"prefix": "inbound/carrier", "flow": "shipments"}]
ASKED: dict[str, Any] = {
    "prefix": "erp",
    "protocols": ["api", "web"],
    "permissions": ["upload", "list"],
    "hours": 24,
    "shared": True,
}


@dataclass
class Answer:
    status: int
    said: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        return str(self.said.get("error", {}).get("code", ""))


@dataclass
class Backend:
    """Calls the function as the HTTP API does (payload format 2.0)."""

    arns: list[str] = field(default_factory=list)
    account: str = ACCOUNT
    _turn: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(
        self, method: str, path: str, body: Any = None, *, who: str = ADMIN, key: str = "", headers: Any = None
    ) -> Answer:
        with self._lock:
            self._turn += 1
            arn = self.arns[self._turn % len(self.arns)]
        answer = functions.invoke(arn, event(method, path, body, who, key, headers or {}))
        assert answer["headers"]["Cache-Control"] == "no-store"
        return Answer(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    def vend(self, name: str, *, key: str = "", who: str = ADMIN, **changes: Any) -> Answer:
        return self.call("POST", "/api/credentials", {"name": name, **ASKED, **changes}, key=key, who=who)

    def sweep(self) -> Any:
        return functions.invoke(self.arns[0], {"source": "lake.sweep"})

    def settled(self) -> str:
        """Wait until nothing runs on the stack; its status, empty where there is none."""
        from controller.local.cloudformation import stacks  # needs the embedded AWS to be loaded before it

        found = stacks.backend(self.account, REGION).find(STACK)
        if found is None:
            return ""
        found.wait_settled(30)
        return str(found.status)

    def reveal(self, name: str, word: str) -> Answer:
        self.settled()
        return self.call("POST", f"/api/credentials/{name}/reveal", {"reveal": word})

    def pair(self, name: str, **changes: Any) -> dict[str, str]:
        """Vend, and read the pair by the word that was answered."""
        made = self.vend(name, **changes)
        assert made.status == 202, made.said
        shown = self.reveal(name, made.said["reveal"])
        assert shown.status == 200, shown.said
        return {key: str(value) for key, value in shown.said.items()}

    @property
    def template(self) -> dict[str, Any]:
        found: dict[str, Any] = clients.client("cloudformation", self.account, REGION).get_template(StackName=STACK)
        body = found["TemplateBody"]
        return dict(json.loads(body) if isinstance(body, str) else body)

    def rewrite(self, template: Mapping[str, Any]) -> str:
        """Bring the stack to another template, as whoever administers the account may; its status then."""
        s3, place = clients.client("s3", ACCOUNT, REGION), {"Bucket": SHELF, "Key": "rewritten"}
        s3.put_object(**place, Body=json.dumps(template))
        clients.client("cloudformation", ACCOUNT, REGION).update_stack(
            StackName=STACK,
            TemplateURL=f"https://{SHELF}.s3.{REGION}.amazonaws.com/rewritten",
            Parameters=[{"ParameterKey": key, "UsePreviousValue": True} for key in template["Parameters"]],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        s3.delete_object(**place)
        return self.settled()


def event(method: str, path: str, body: Any, who: str, key: str, headers: Mapping[str, str]) -> dict[str, Any]:
    claims = {"username": who, "scope": "aws.cognito.signin.user.admin", "token_use": "access"}
    authorizer = {"authorizer": {"jwt": {"claims": claims, "scopes": None}}} if who else {}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "idempotency-key": key or str(uuid.uuid4()), **headers},
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "api",
            "domainName": "api.example",
            "stage": "$default",
            "requestId": str(uuid.uuid4()),
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "t",
            },
            **authorizer,
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def signed(pair: Mapping[str, str], endpoint: str, site: str) -> dict[str, Any]:
    """As the browser signs: GetCallerIdentity, with the site that it is meant for."""
    headers = {"x-lake-site": site}
    request = AWSRequest("POST", f"{endpoint}/", headers, "Action=GetCallerIdentity&Version=2011-06-15")
    SigV4Auth(Credentials(pair["accessKeyId"], pair["secretAccessKey"]), "sts", REGION).add_auth(request)
    return {"headers": {name: request.headers[name] for name in ("Authorization", "X-Amz-Date", "x-lake-site")}}


def environment(key: str = "") -> dict[str, str]:
    return {
        "SILO": SILO,
        "ORGANIZATION": "acme",
        "BUCKET": BUCKET,
        "ACCOUNT": ACCOUNT,
        "KEY_ARN": key,
        "PARTITION": "aws",
        "STACK": STACK,
        "VENDING_BUCKET": SHELF,
        "VENDING_ROLE": f"arn:aws:iam::{ACCOUNT}:role/lake/vending/vending",
        "PARTNER_BOUNDARY": BOUNDARY,
        "PARTNERS_PATH": PARTNERS,
        "DROPZONES": json.dumps(ZONES),
        "CLIENT_ID": "client",
        "SITE_HOST": SITE,
    }


def deployed(instances: int = 1) -> Backend:
    """Several instances stand for Lambda's own: each runs one event at a time."""
    _scene()
    return Backend([instance() for _ in range(instances)])


def instance() -> str:
    """One more of the function; its ARN."""
    made = clients.client("lambda", ACCOUNT, REGION).create_function(
        FunctionName=f"{FUNCTION}-{uuid.uuid4().hex[:8]}",
        Role=f"arn:aws:iam::{ACCOUNT}:role/lake/workload/backend",
        Runtime="python3.13",
        Handler="handler.handle",
        Code={"ZipFile": Catalogue.read().function("webapp", "backend").content},
        Environment={"Variables": environment()},
        Timeout=29,
        LoggingConfig={"LogGroup": FUNCTION},
    )
    return str(made["FunctionArn"])


def users() -> list[str]:
    found = clients.client("iam", ACCOUNT, REGION).list_users(PathPrefix=PARTNERS)["Users"]
    return sorted(user["UserName"] for user in found)


def log() -> list[dict[str, Any]]:
    """What the function wrote."""
    logs = clients.client("logs", ACCOUNT, REGION)
    return [json.loads(one["message"]) for one in logs.filter_log_events(logGroupName=FUNCTION)["events"]]


def as_partner(service: str, pair: Mapping[str, str]) -> Any:
    """A client as the partner has it: its pair, and nothing else of this process."""
    return boto3.Session(pair["accessKeyId"], pair["secretAccessKey"], region_name=REGION).client(service)


def granted(policy: str, case: str = "plain") -> set[str]:
    """The actions of one of the blueprint's policies."""
    values = yaml.safe_load((folder("blueprints") / f"webapp/cases/{case}/values.yaml").read_bytes())  # type: ignore[operator]
    document = Catalogue.read().render("webapp", values)["Resources"][policy]["Properties"]["PolicyDocument"]
    said = [one["Action"] for one in document["Statement"]]
    return {action for found in said for action in ([found] if isinstance(found, str) else found)}


def actions(policy: str, case: str = "plain") -> str:
    """A document of the same actions, upon whatever: names are others' here than in a silo."""
    return _policy({"Effect": "Allow", "Action": sorted(granted(policy, case)), "Resource": "*"})


def _scene() -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    files = {"Effect": "Allow", "Action": ["s3:*"], "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]}
    iam.create_policy(PolicyName=f"lake-partner-boundary-{REGION}", Path="/lake/", PolicyDocument=_policy(files))
    for name, service, path in (
        ("backend", "lambda.amazonaws.com", "/lake/workload/"),
        ("vending", "cloudformation.amazonaws.com", "/lake/vending/"),
    ):
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName="backend", PolicyName="all", PolicyDocument=actions("BackendPolicy"))
    rewritten = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{SHELF}/rewritten"}
    iam.put_role_policy(RoleName="vending", PolicyName="rewrite", PolicyDocument=_policy(rewritten))
    for bucket in (BUCKET, SHELF):
        clients.client("s3", ACCOUNT, REGION).create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
