"""HTTP APIs of the embedded AWS: which route answers, whom an authorizer lets in, what a function gets and gives."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from controller.local import clients
from controller.local.web import tokens
from tests.fakes import site as fake
from tests.fakes.site import ACCOUNT, ADMIN, REGION, SCOPE, Deployed

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def deployed(embedded_process: Any, small_lake: Any) -> Iterator[Deployed]:
    embedded_process.reset(small_lake)
    physical = fake.deploy()
    yield Deployed(embedded_process.sites[0], physical)


def pool(deployed: Deployed) -> Any:
    found = tokens.pool(f"https://cognito-idp.{REGION}.amazonaws.com/{deployed.physical['Pool']}")
    assert found is not None
    return found


def bearer(of: Any, client: str, use: str = "access", **more: Any) -> str:
    """A token as the pool makes them."""
    more.setdefault("extra_data", {"scope": SCOPE} if use == "access" else {"email": ADMIN})
    return f"Bearer {of.create_jwt(client, ADMIN, use, **more)[0]}"


def test_a_function_gets_the_event_of_payload_format_2(deployed: Deployed) -> None:
    event = deployed.ask("/api/open?a=1&a=2&b=", cookie="x=1; y=2", X_Mine="yes", User_Agent="browser").json
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "GET /api/open", "/api/open")
    assert event["rawQueryString"] == "a=1&a=2&b="
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert event["cookies"] == ["x=1", "y=2"]
    assert event["isBase64Encoded"] is False and "body" not in event and "pathParameters" not in event
    context = event["requestContext"]
    api = deployed.physical["Api"]
    assert (context["accountId"], context["apiId"], context["stage"]) == (ACCOUNT, api, "$default")
    assert context["domainName"] == f"{api}.execute-api.{REGION}.amazonaws.com"
    assert context["http"] | {"sourceIp": ""} == {
        "method": "GET",
        "path": "/api/open",
        "protocol": "HTTP/1.1",
        "sourceIp": "",
        "userAgent": "browser",
    }
    assert "authorizer" not in context


def test_behind_cloudfront_the_caller_is_the_edge_and_the_viewer_stands_in_a_header(deployed: Deployed) -> None:
    through = deployed.ask("/api/open", X_Forwarded_For="203.0.113.9").json
    assert through["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert through["requestContext"]["http"]["sourceIp"] != "127.0.0.1"
    assert through["headers"]["x-from"] == "the-edge"
    assert through["headers"]["host"] == through["requestContext"]["domainName"]
    direct = deployed.ask("/api/open", at=deployed.site.api).json
    assert direct["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert "x-from" not in direct["headers"]


def test_names_of_headers_are_in_lower_case(deployed: Deployed) -> None:
    headers = deployed.ask("/api/open", X_Lake_Site="here").json["headers"]
    assert headers["x-lake-site"] == "here"
    assert set(headers) == {name.lower() for name in headers}


ROUTES = {
    "full match": ("GET", "/api/open", "GET /api/open", None),
    "a method by its name": ("GET", "/api/both", "GET /api/both", None),
    "any other method": ("PUT", "/api/both", "ANY /api/both", None),
    "a variable": ("GET", "/api/things/a%20%2541", "GET /api/things/{name}", {"name": "a %41"}),
    "a greedy variable": ("PATCH", "/api/all/x/y", "ANY /api/all/{rest+}", {"rest": "x/y"}),
}


@pytest.mark.parametrize("case", ROUTES)
def test_a_request_finds_its_route(deployed: Deployed, case: str) -> None:
    method, path, key, parameters = ROUTES[case]
    event = deployed.ask(path, method).json
    assert (event["routeKey"], event.get("pathParameters")) == (key, parameters)


@pytest.mark.parametrize("asked", [("GET", "/api/elsewhere"), ("DELETE", "/api/open"), ("GET", "/api/all")])
def test_what_has_no_route_is_not_found(deployed: Deployed, asked: tuple[str, str]) -> None:
    said = deployed.ask(asked[1], asked[0])
    assert (said.status, said.json) == (404, {"message": "Not Found"})


def test_the_more_exact_route_wins_over_one_with_a_variable(deployed: Deployed) -> None:
    assert deployed.ask("/api/things/special").status == 401


def test_a_body_is_text_or_base64(deployed: Deployed) -> None:
    text = deployed.ask("/api/open", "POST", b'{"a": 1}', Content_Type="application/json").json
    assert (text["body"], text["isBase64Encoded"]) == ('{"a": 1}', False)
    raw = deployed.ask("/api/open", "POST", b"\x00\xff", Content_Type="application/octet-stream").json
    assert (base64.b64decode(raw["body"]), raw["isBase64Encoded"]) == (b"\x00\xff", True)


def test_answers_become_what_they_say(deployed: Deployed) -> None:
    picture = deployed.ask("/api/all/bytes")
    assert (picture.status, picture.body, picture.headers["content-type"]) == (200, bytes(range(4)), "image/png")
    assert (picture.headers["x-count"], picture.headers["set-cookie"]) == ("3", "b=2")  # the last of two
    plain = deployed.ask("/api/all/plain")
    assert (plain.status, plain.json, plain.headers["content-type"]) == (200, {"said": "plainly"}, "application/json")
    absent = deployed.ask("/api/all/absent")
    assert (absent.status, absent.body) == (404, b"nothing here")


@pytest.mark.parametrize("path", ["/api/all/fail", "/api/all/odd"])
def test_a_function_that_fails_or_makes_no_sense_is_an_error_without_words(deployed: Deployed, path: str) -> None:
    said = deployed.ask(path)
    assert (said.status, said.json) == (500, {"message": "Internal Server Error"})


def test_nobody_waits_longer_than_the_integration_allows(deployed: Deployed) -> None:
    said = deployed.ask("/api/all/slow")
    assert (said.status, said.json) == (503, {"message": "Service Unavailable"})


def test_an_admin_comes_in_with_an_access_token(deployed: Deployed) -> None:
    client = deployed.physical["Client"]
    event = deployed.ask("/api/admin", Authorization=bearer(pool(deployed), client)).json
    said = event["requestContext"]["authorizer"]["jwt"]
    assert (said["claims"]["username"], said["claims"]["client_id"]) == (ADMIN, client)
    assert (said["claims"]["token_use"], said["scopes"]) == ("access", [SCOPE])
    assert all(isinstance(value, str) for value in said["claims"].values())


def other_pool() -> Any:
    cognito = clients.client("cognito-idp", ACCOUNT, REGION)
    made = cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=made, Username=ADMIN)
    return tokens.pool(f"https://cognito-idp.{REGION}.amazonaws.com/{made}")


def unsigned(deployed: Deployed) -> str:
    """The claims of a good token under `alg: none`."""
    _, said, _ = bearer(pool(deployed), deployed.physical["Client"]).removeprefix("Bearer ").split(".")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    return f"{head}.{said}."


def tampered(deployed: Deployed) -> str:
    head, said, signature = bearer(pool(deployed), deployed.physical["Client"]).split(".")
    claims = json.loads(base64.urlsafe_b64decode(said + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "username": "someone"}).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


OUTSIDE = {
    "nothing": lambda deployed: "",
    "no token": lambda deployed: "Bearer nothing",
    "expired": lambda deployed: bearer(pool(deployed), deployed.physical["Client"], expires_in=-1),
    "another client's": lambda deployed: bearer(pool(deployed), "elsewhere", expires_in=60),
    "another pool's": lambda deployed: bearer(other_pool(), deployed.physical["Client"], expires_in=60),
    "unsigned": unsigned,
    "tampered": tampered,
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_without_a_token_of_the_pool_nobody_is_let_in(deployed: Deployed, case: str) -> None:
    said = deployed.ask("/api/admin", Authorization=OUTSIDE[case](deployed))
    assert (said.status, said.json) == (401, {"message": "Unauthorized"})
    assert said.headers["www-authenticate"] == "Bearer"


def test_an_id_token_lacks_the_scope(deployed: Deployed) -> None:
    said = deployed.ask("/api/admin", Authorization=bearer(pool(deployed), deployed.physical["Client"], "id"))
    assert (said.status, said.json) == (403, {"message": "Forbidden"})


def test_an_api_that_the_function_does_not_know_may_not_call_it(deployed: Deployed) -> None:
    functions = clients.client("lambda", ACCOUNT, REGION)
    policy = json.loads(functions.get_policy(FunctionName="backend")["Policy"])
    functions.remove_permission(FunctionName="backend", StatementId=policy["Statement"][0]["Sid"])
    try:
        assert deployed.ask("/api/open").status == 500
    finally:
        functions.add_permission(
            FunctionName="backend",
            StatementId="again",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
    assert deployed.ask("/api/open").status == 200


def test_the_stage_writes_an_access_log(deployed: Deployed) -> None:
    deployed.ask("/api/admin?secret=1", Authorization=bearer(pool(deployed), deployed.physical["Client"]))
    deployed.ask("/api/admin", Authorization="Bearer nothing")
    logs = clients.client("logs", ACCOUNT, REGION)
    lines = [one["message"] for one in logs.filter_log_events(logGroupName="of-the-api")["events"]]
    assert lines[-2:] == [f"GET /api/admin 200 {ADMIN} -", "GET /api/admin 401 - no token of a pool that is known here"]
