"""The authorizer of SFTP logins: who gets in, for which reason not, and what a session may then do."""

from __future__ import annotations

import ast
import json
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.access import Policies, Principal, Request, decide, read
from controller.load.places import folder
from controller.model import ownership
from controller.render.blueprint import Catalogue
from tests.functions.loading import core as loaded

core = loaded("sftp", "authorizer")

KEY, OTHER_KEY = "AKIAS5EHN2AA44J56CPJ", "AKIAS5EHN2AA44J56CPK"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SETTINGS = core.Settings(
    account="200000000001",
    partners="/partners/sales/",
    bucket="acme-sales-dropzone-200000000001",
    role="arn:aws:iam::200000000001:role/lake/workload/access",
    key="arn:aws:kms:eu-west-1:200000000001:key/abc",
)
TAGS = {
    core.TAG_PREFIX: "inbound/fastfreight",
    core.TAG_PROTOCOLS: "api sftp",
    core.TAG_PERMISSIONS: "upload list",
    core.TAG_EXPIRES: "2026-12-31T23:59:59Z",
    core.TAG_CIDRS: "203.0.113.0/24 2001:db8::/32",
}


def attempt(name: str = KEY, password: str = "secret", source: str = "203.0.113.9") -> Any:
    return core.Login(name, password, source, "SFTP")


def user(path: str = "/partners/sales/", keys: tuple[str, ...] = (KEY,), **tags: str) -> Any:
    changed = {f"lake:{name}": value for name, value in tags.items()}
    return core.User("fastfreight", path, {**TAGS, **changed}, keys)


def reason(*given: Any) -> str:
    try:
        core.check(*given)
    except core.Refused as refused:
        return str(refused.reason)
    return ""


def test_a_partner_with_all_in_order_gets_in() -> None:
    assert reason(attempt(), user(), SETTINGS, NOW) == ""


@pytest.mark.parametrize(
    ("who", "login", "why"),
    [
        pytest.param(user(path="/partners/finance/"), attempt(), "other-silo", id="other silo"),
        pytest.param(user(path="/"), attempt(), "other-silo", id="no partner"),
        pytest.param(user(keys=()), attempt(), "key-inactive", id="revoked"),
        pytest.param(user(keys=(OTHER_KEY,)), attempt(), "key-inactive", id="replaced key"),
        pytest.param(user(keys=()), attempt("fastfreight", ""), "key-inactive", id="public key of one revoked"),
        pytest.param(user(expires="2026-11-22T11:59:59Z"), attempt(), "expired", id="expired"),
        pytest.param(user(expires=""), attempt(), "expired", id="no expiry"),
        pytest.param(user(expires="never"), attempt(), "expired", id="odd expiry"),
        pytest.param(user(protocols="api web"), attempt(), "protocol-not-granted", id="protocol"),
        pytest.param(user(protocols="sftpx"), attempt(), "protocol-not-granted", id="protocol alike"),
        pytest.param(user(), attempt(source="198.51.100.1"), "address-not-granted", id="address"),
        pytest.param(user(), attempt(source="2001:db9::1"), "address-not-granted", id="address of six"),
        pytest.param(user(), attempt(source="nowhere"), "address-not-granted", id="no address"),
        pytest.param(user(cidrs="nonsense"), attempt(), "address-not-granted", id="odd network"),
    ],
)
def test_a_partner_is_refused_for_a_reason(who: Any, login: Any, why: str) -> None:
    assert reason(login, who, SETTINGS, NOW) == why


@pytest.mark.parametrize(
    ("who", "login"),
    [
        pytest.param(user(cidrs=""), attempt(source="198.51.100.1"), id="no networks: any"),
        pytest.param(user(), attempt(source="2001:db8::7"), id="network of six"),
        pytest.param(user(expires="2026-11-22T12:00:00Z"), attempt(), id="last instant"),
        pytest.param(user(keys=(OTHER_KEY, KEY)), attempt(), id="two keys"),
        pytest.param(user(), attempt("fastfreight", ""), id="public key"),
    ],
)
def test_a_partner_at_the_edge_gets_in(who: Any, login: Any) -> None:
    assert reason(login, who, SETTINGS, NOW) == ""


@pytest.mark.parametrize(
    ("arn", "account", "why"),
    [
        ("arn:aws:iam::200000000001:user/partners/sales/fastfreight", "200000000001", ""),
        ("arn:aws:iam::999999999999:user/partners/sales/fastfreight", "999999999999", "other-account"),
        ("arn:aws:iam::200000000001:user/partners/sales2/fastfreight", "200000000001", "other-silo"),
        ("arn:aws:iam::200000000001:user/partners/sales/more/fastfreight", "200000000001", "other-silo"),
        ("arn:aws:iam::200000000001:user/fastfreight", "200000000001", "not-a-partner"),
        ("arn:aws:iam::200000000001:root", "200000000001", "not-a-user"),
        ("arn:aws:sts::200000000001:assumed-role/partners/sales", "200000000001", "not-a-user"),
    ],
)
def test_a_right_pair_is_not_enough(arn: str, account: str, why: str) -> None:
    try:
        found = core.owner({"Arn": arn, "Account": account}, SETTINGS)
    except core.Refused as refused:
        found, said = "", refused.reason
    else:
        said = ""
    assert (found, said) == ("" if why else "fastfreight", why)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"username": KEY.lower(), "password": "x"},
        {"username": "ASIAS5EHN2AA44J56CPJ", "password": "x"},
        {"username": "../../root", "password": ""},
        {"username": "a/b"},
        {"username": f"{KEY}\n", "password": "x"},
        {"username": "é", "password": ""},
        {"username": None},
        {"username": ["a"], "password": "x"},
    ],
)
def test_what_no_client_of_a_partner_sends_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(core.Refused, match="malformed-name"):
        core.attempt(event)


def test_a_login_never_shows_its_secret() -> None:
    assert "canary" not in repr(core.attempt({"username": KEY, "password": "canary", "sourceIp": "1.1.1.1"}))


def test_a_silos_own_networks_hold_for_everybody() -> None:
    narrow = core.Settings("1", "/p/", "b", "r", networks=("198.51.100.0/24",))
    with pytest.raises(core.Refused, match="address-not-granted-by-silo"):
        core.silo_lets_in(attempt(), narrow)
    core.silo_lets_in(attempt(source="198.51.100.200"), narrow)


def test_the_answer_is_as_transfer_reads_it() -> None:
    answer = core.grant(user(), SETTINGS)
    assert answer["HomeDirectoryType"] == "LOGICAL"
    target = f"/{SETTINGS.bucket}/inbound/fastfreight"
    assert json.loads(answer["HomeDirectoryDetails"]) == [{"Entry": "/", "Target": target}]
    assert answer["Role"] == SETTINGS.role
    assert "HomeDirectory" not in answer
    assert "PublicKeys" not in answer


@pytest.mark.parametrize("prefix", ["", "/", "a/../b", "..", "a//b", "/a", "a/", "*", "a/*", "a?", "a${aws:username}"])
def test_a_prefix_that_could_mean_more_is_refused(prefix: str) -> None:
    with pytest.raises(core.Refused):
        core.grant(user(prefix=prefix), SETTINGS)


def test_nothing_granted_is_nobody_let_in() -> None:
    with pytest.raises(core.Refused, match="nothing-granted"):
        core.grant(user(permissions="everything"), SETTINGS)


def test_a_session_policy_fits_sts_at_the_longest_prefix() -> None:
    longest = "/".join(["x" * 63] * 8)
    text = core.session_policy(longest, ["upload", "list", "download", "delete"], SETTINGS)
    assert len(text) <= core.SESSION_POLICY_MAX


ALLOWED = {
    "upload": {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
    "download": {"s3:GetObject"},
    "delete": {"s3:DeleteObject"},
    "list": set(),
}


@pytest.mark.parametrize("permission", sorted(ALLOWED))
@pytest.mark.parametrize(
    "place", ["inbound/fastfreight/a", "inbound/fastfreight2/a", "inbound/a", "inbound/fastfreight"]
)
def test_a_session_may_what_its_partner_may_and_only_there(permission: str, place: str) -> None:
    session = (read(core.session_policy("inbound/fastfreight", [permission], SETTINGS)),)
    everything = read('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
    who = Principal("role-session", "arn:aws:sts::200000000001:assumed-role/a/b", SETTINGS.account, SETTINGS.role)
    for action in sorted(set().union(*ALLOWED.values()) | {"s3:PutObjectAcl", "s3:GetObjectVersion"}):
        request = Request(who, action, f"arn:aws:s3:::{SETTINGS.bucket}/{place}", SETTINGS.account)
        decision = decide(request, Policies(identity=(everything,), session=session))
        expected = action in ALLOWED[permission] and place == "inbound/fastfreight/a"
        assert decision.allowed is expected, (action, place)


@pytest.mark.parametrize(
    ("prefix", "allowed"),
    [
        ("inbound/fastfreight/", True),
        ("inbound/fastfreight", True),
        ("inbound/fastfreight/2026/", True),
        ("inbound/fastfreight2/", False),
        ("inbound/", False),
        ("", False),
        (None, False),
    ],
)
def test_a_session_lists_its_own_names_alone(prefix: str | None, allowed: bool) -> None:
    session = (read(core.session_policy("inbound/fastfreight", ["list"], SETTINGS)),)
    everything = read('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
    who = Principal("role-session", "arn:aws:sts::200000000001:assumed-role/a/b", SETTINGS.account, SETTINGS.role)
    context = {} if prefix is None else {"s3:prefix": prefix}
    request = Request(who, "s3:ListBucket", f"arn:aws:s3:::{SETTINGS.bucket}", SETTINGS.account, context)
    assert decide(request, Policies(identity=(everything,), session=session)).allowed is allowed


def test_guesses_of_one_name_are_held_back_and_others_go_on() -> None:
    guesses = core.Guesses()
    for count in range(1000):
        if not guesses.blocked(attempt(), float(count) / 100):
            guesses.failed(attempt(), float(count) / 100)
    assert guesses.blocked(attempt(), 10.0)
    assert not guesses.blocked(attempt(OTHER_KEY), 10.0)
    assert not guesses.blocked(attempt(source="203.0.113.10"), 10.0)
    assert not guesses.blocked(attempt(), 10.0 + guesses.seconds)


def test_guesses_of_many_names_from_one_address_are_held_back() -> None:
    guesses = core.Guesses()
    for count in range(guesses.by_address):
        guesses.failed(attempt(f"{KEY[:-2]}{count:02}"), 1.0)
    assert guesses.blocked(attempt("never-tried"), 1.0)
    assert not guesses.blocked(attempt("never-tried", source="203.0.113.10"), 1.0)


def test_a_login_that_passes_forgets_its_failures() -> None:
    guesses = core.Guesses()
    for _ in range(guesses.by_name - 1):
        guesses.failed(attempt(), 1.0)
    guesses.passed(attempt())
    guesses.failed(attempt(), 1.0)
    assert not guesses.blocked(attempt(), 1.0)


def test_guesses_take_no_more_memory_than_said() -> None:
    guesses = core.Guesses(kept=100)
    for count in range(1000):
        guesses.failed(attempt(source=f"2001:db8::{count:x}"), 1.0)
    assert len(guesses._seen) <= 100


def test_tags_are_called_as_the_manifests_side_calls_them() -> None:
    for name in ("TAG_PREFIX", "TAG_PROTOCOLS", "TAG_PERMISSIONS", "TAG_EXPIRES", "TAG_CIDRS", "TAG_PARTNER"):
        assert getattr(core, name) == getattr(ownership, name)


def test_the_zip_is_the_same_each_time_small_and_complete() -> None:
    zips = [Catalogue.read().function("sftp", "authorizer") for _ in range(2)]
    assert zips[0].content == zips[1].content
    assert len(zips[0].content) < 10 * 1024 * 1024


def test_the_function_needs_nothing_but_its_runtime() -> None:
    found = set()
    here: Path = folder("blueprints") / "sftp/functions/authorizer"  # type: ignore[assignment,operator]
    for path in sorted(here.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Import(names=names):
                    found |= {name.name.split(".")[0] for name in names}
                case ast.ImportFrom(module=str(module)):
                    found.add(module.split(".")[0])
    assert found - set(sys.stdlib_module_names) == {"boto3", "botocore", "core"}


def test_failures_take_the_same_time_whatever_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler, with a clock and an AWS of its own: a pair that STS knows and one that it does not."""
    handler = _handler(monkeypatch)
    clock = {"now": 0.0}
    monkeypatch.setattr(handler.time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(handler.time, "sleep", lambda seconds: clock.update(now=clock["now"] + seconds))

    def refusing(why: str, takes: float) -> float:
        def granted(login: Any) -> Any:
            clock["now"] += takes
            raise handler.core.Refused(why)

        monkeypatch.setattr(handler, "_granted", granted)
        times = []
        for _ in range(20):
            handler.GUESSES = handler.core.Guesses()
            began = clock["now"]
            assert (
                handler.handle({"username": KEY, "password": "x", "protocol": "SFTP", "sourceIp": "1.1.1.1"}, None)
                == {}
            )
            times.append(clock["now"] - began)
        return statistics.median(times)

    wrong, unknown = refusing("wrong-secret", 0.21), refusing("unknown-key", 0.03)
    assert abs(wrong - unknown) <= 0.1 * unknown


def _handler(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("ACCOUNT", "PARTNERS_PATH", "BUCKET", "ACCESS_ROLE", "KEY_ARN", "NETWORKS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setitem(sys.modules, "core", core)
    return loaded("sftp", "authorizer", "handler")
