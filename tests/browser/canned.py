"""What stands behind the pages where a test is about the pages alone: answers by the site's contract, from memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Request, Route

ACCOUNT, REGION = "200000000001", "eu-west-1"
BUCKET = f"acme-sales-dropzone-{ACCOUNT}"
POOL = f"https://cognito-idp.{REGION}.amazonaws.com"
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"[:16]
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ADMIN, FIRST, OWN = "lake-admin@acme.example", "First-password-1", "correct Horse battery 9"
CROSS = {"access-control-allow-origin": "*"}

Answer = tuple[int, Any]


def hence(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def credential(name: str, **said: Any) -> dict[str, Any]:
    return {
        "name": name,
        "origin": "vended",
        "prefix": "erp/orders/",
        "protocols": ["web"],
        "permissions": ["list", "upload"],
        "cidrs": [],
        "expires": hence(days=6, hours=3),
        "state": "active",
        "keys": [{"id": "4XQ2", "made": hence(days=-1), "active": True, "lastUsed": None, "service": None}],
        "note": "",
        "vendedBy": ADMIN,
        "vendedAt": hence(days=-1),
        "shown": True,
        "maxObjectMiB": None,
    } | said


def partners() -> list[dict[str, Any]]:
    used = {"id": "7QZA", "made": hence(days=-40), "active": True, "lastUsed": hence(hours=-5), "service": "s3"}
    in_git = {"origin": "git", "vendedBy": None, "vendedAt": None, "shown": None}
    return [
        credential("fastfreight", prefix="shipments/", expires=hence(days=80), keys=[used], **in_git),
        credential(
            "marketpulse", prefix="prices/", protocols=["api", "sftp"], cidrs=["198.51.100.0/24"], keys=[used], **in_git
        ),
        credential("brightline-pilot", note="Pilot of the new order feed, asked for by the planning team"),
        credential("harbour-returns", expires=hence(hours=30), keys=[{**used, "id": "M3KD"}], permissions=["upload"]),
        credential("oldtown-audit", state="expired", expires=hence(days=-2), keys=[{**used, "active": False}]),
    ]


@dataclass
class Canned:
    """What the service and the user pool say. `asked` keeps every request of the browser, whoever it was for."""

    storage: str  # where S3 is
    session: Answer = (200, None)
    credentials: list[dict[str, Any]] = field(default_factory=partners)
    making: int = 0  # how often a pair is not ready yet
    unmade: str = ""  # why a pair never is
    down: int = 0  # how often the gateway answers a wish by itself
    taken: list[dict[str, Any]] = field(default_factory=list)  # who got a folder since the list was read
    token: str = "access"  # that the gateway takes
    asked: list[Request] = field(default_factory=list)
    bodies: list[tuple[str, Any]] = field(default_factory=list)
    codes: set[str] = field(default_factory=lambda: {"123456"})
    known: bool = True  # the admin has a password and an authenticator already

    def stand_behind(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.asked.append(request))
        context.route("**/api/**", self._api)
        context.route(f"{POOL}/**", self._pool)

    def _api(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path.removeprefix("/api")
        if request.method != "GET":
            self.bodies.append((f"{request.method} {path}", json.loads(request.post_data or "null")))
        status, said = self._answer(request.method, path, request)
        route.fulfill(status=status, json=said)

    def _answer(self, method: str, path: str, request: Request) -> Answer:
        if path == "/config":
            return 200, {
                "organization": "acme",
                "silo": "sales",
                "region": REGION,
                "bucket": BUCKET,
                "site": "d111111abcdef8.cloudfront.net",
                "cognito": {"clientId": "client", "endpoint": POOL},
                "s3": {"endpoint": self.storage},
                "sts": {"endpoint": f"https://sts.{REGION}.amazonaws.com", "host": f"sts.{REGION}.amazonaws.com"},
            }
        if path == "/partner/session":
            return self.session if self.session[1] else (200, granted())
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 401, {"message": "Unauthorized"}
        if method != "GET" and not request.headers.get("idempotency-key"):
            return refusal(400, "idempotency-key", "the header Idempotency-Key has to be a UUID")
        return self._admins(method, path, json.loads(request.post_data or "{}"))

    def _admins(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if path == "/partners":
            zones = [{"prefix": "erp/orders/", "flow": "orders"}, {"prefix": "shipments/", "flow": "shipments"}]
            return 200, {"credentials": self.credentials, "dropzones": zones, "busy": False}
        if path == "/audit":
            return 200, {"entries": audit()}
        if (method, path) == ("POST", "/credentials"):
            self.down -= 1
            if self.down >= 0:
                return 503, {"message": "Service Unavailable"}
            if self.taken and not body.get("shared"):
                self.credentials.extend(self.taken)
                return refusal(
                    409, "folder-taken", f"{body['prefix']}/ would be shared: {self.taken[0]['name']} has it."
                )
            self.credentials.append(
                credential(body["name"], prefix=f"{body['prefix']}/", protocols=body["protocols"], shown=False, keys=[])
            )
            return 202, {"name": body["name"], "reveal": "word", "state": "making"}
        name, _, act = path.removeprefix("/credentials/").partition("/")
        found = next((one for one in self.credentials if one["name"] == name), None)
        if found is None:
            return refusal(404, "not-found", f"No vended credential is called {name}.")
        return self._one(method, act, found, body)

    def _one(self, method: str, act: str, found: dict[str, Any], body: dict[str, Any]) -> Answer:
        if act == "reveal" and self.unmade:
            return refusal(409, "failed", self.unmade)
        if act == "reveal":
            self.making -= 1
            if self.making >= 0:
                return refusal(409, "making", f"{found['name']} is still being made.", retryAfter=1)
            pair = {"accessKeyId": KEY_ID, "secretAccessKey": SECRET, "region": REGION}
            return 200, {**pair, "bucket": BUCKET, "prefix": found["prefix"]}
        if act == "rotate":
            return 202, {"name": found["name"], "reveal": "word", "state": "making"}
        if act == "extend":
            found["expires"] = hence(hours=body["hours"])
            return 202, {"name": found["name"], "state": "making"}
        if method == "DELETE":
            self.credentials.remove(found)
            return 202, {"name": found["name"], "state": "ending"}
        return 200, found

    def _pool(self, route: Route) -> None:
        operation = route.request.headers["x-amz-target"].partition(".")[2]
        body = json.loads(route.request.post_data or "{}")
        self.bodies.append((operation, body))
        status, said = self._challenge(operation, body)
        route.fulfill(status=status, json=said, headers=CROSS)

    def _challenge(self, operation: str, body: dict[str, Any]) -> Answer:
        tokens = {"AuthenticationResult": {"AccessToken": "access", "RefreshToken": "refresh", "ExpiresIn": 3600}}
        named = {"ChallengeParameters": {"USER_ID_FOR_SRP": ADMIN}, "Session": "session"}
        answers = body.get("ChallengeResponses", {})
        if operation == "InitiateAuth":
            if body["AuthFlow"] == "REFRESH_TOKEN_AUTH":
                return 200, tokens
            if body["AuthParameters"]["PASSWORD"] != (OWN if self.known else FIRST):
                return 400, {"__type": "NotAuthorizedException", "message": "Incorrect username or password."}
            return 200, {**named, "ChallengeName": "SOFTWARE_TOKEN_MFA" if self.known else "NEW_PASSWORD_REQUIRED"}
        if operation == "ForgotPassword":
            return 200, {"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL"}}
        if operation == "ConfirmForgotPassword":
            wrong = {"__type": "CodeMismatchException", "message": "Invalid verification code provided"}
            return (200, {}) if body["ConfirmationCode"] in self.codes else (400, wrong)
        if operation == "AssociateSoftwareToken":
            return 200, {"SecretCode": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPABCD", "Session": "associated"}
        if operation == "VerifySoftwareToken":
            right = body["UserCode"] in self.codes
            wrong = {"__type": "EnableSoftwareTokenMFAException", "message": "Code mismatch"}
            return (200, {"Status": "SUCCESS", "Session": "verified"}) if right else (400, wrong)
        if body.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
            self.known = True
            return 200, {**named, "ChallengeName": "MFA_SETUP"}
        if body.get("ChallengeName") == "SOFTWARE_TOKEN_MFA" and answers["SOFTWARE_TOKEN_MFA_CODE"] not in self.codes:
            return 400, {"__type": "CodeMismatchException", "message": "Invalid code received for user"}
        return 200, tokens


def granted(**said: Any) -> dict[str, Any]:
    return {
        "partner": "vended-brightline-pilot",
        "bucket": BUCKET,
        "region": REGION,
        "prefix": "erp/orders/",
        "permissions": ["list", "upload"],
        "protocols": ["web"],
        "expires": hence(days=6),
        "maxObjectMiB": None,
        "encryption": "kms",
    } | said


def refusal(status: int, code: str, message: str, **more: Any) -> Answer:
    return status, {"error": {"code": code, "message": message, **more}}


def audit() -> list[dict[str, str]]:
    other = "yard-ops@acme.example"
    return [
        {"at": hence(hours=-2), "by": ADMIN, "did": "revealed", "name": "brightline-pilot", "detail": ""},
        {
            "at": hence(hours=-2.1),
            "by": ADMIN,
            "did": "vended",
            "name": "brightline-pilot",
            "detail": "erp/orders for 7 days",
        },
        {"at": hence(days=-1), "by": other, "did": "extended", "name": "harbour-returns", "detail": "by 2 days"},
        {"at": hence(days=-2), "by": "schedule", "did": "ended", "name": "oldtown-audit", "detail": "key inactive"},
        {"at": hence(days=-5), "by": other, "did": "revoked", "name": "quayside-test", "detail": ""},
    ]
