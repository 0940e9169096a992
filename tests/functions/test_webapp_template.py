"""What a vended credential becomes: the same user as a partner's in git, and never anything else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.access import Policies, Principal, Request, decide
from controller.access import read as policy_of
from controller.kinds.partner import Access
from controller.model import ownership
from controller.model.vended import fault
from controller.render import partners
from controller.render.blueprint import Catalogue
from tests.functions.loading import modules
from tests.functions.webapp import ACCOUNT, ADMIN, ASKED, BUCKET, REGION, environment

credential, template, configuration, audit, refused, requests, folders = modules(
    "webapp", "backend", "credential", "template", "settings", "audit", "refused", "request", "folders"
)

CATALOGUE = Catalogue.read()
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1c3f"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WITHOUT = configuration.read({**environment(), "AWS_REGION": REGION})
WITH = configuration.read({**environment(KEY), "AWS_REGION": REGION})
ALLOWED = {"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::SecretsManager::Secret"}
PSEUDO = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::URLSuffix": "amazonaws.com"}

some = {
    "name": st.from_regex(credential.NAME, fullmatch=True),
    "prefix": st.sampled_from(["erp", "erp/", "erp/a-b/c", "inbound/carrier"]),
    "protocols": st.lists(st.sampled_from(credential.PROTOCOLS), min_size=1, unique=True),
    "permissions": st.lists(st.sampled_from(credential.PERMISSIONS), min_size=1, unique=True),
    "hours": st.integers(1, 720),
    "cidrs": st.lists(st.sampled_from(["203.0.113.0/24", "198.51.100.7/32", "2001:db8::/32"]), unique=True),
    "maxObjectMiB": st.none() | st.integers(1, credential.MIB_MAX),
    "note": st.text(st.characters(blacklist_categories=["C"], blacklist_characters="{"), max_size=credential.NOTE_MAX),
}
bodies = st.fixed_dictionaries(some)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def made(body: Any, place: Any = WITHOUT) -> Any:
    return credential.asked(body, place, NOW, ADMIN, "digest", "request")


def one(place: Any = WITHOUT, **changes: Any) -> Any:
    return made({"name": "carrier", **ASKED, **changes}, place)


def written(*found: Any, place: Any = WITHOUT) -> dict[str, Any]:
    document = template.Document({item.name: item for item in found})
    return dict(json.loads(template.write(document, place)))


def plain(value: Any, names: dict[str, str]) -> Any:
    """References put in, as CloudFormation does."""
    match value:
        case {"Ref": str(name)}:
            return names[name]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: names.get(found[1], found[0]), text)
        case dict():
            return {key: plain(item, names) for key, item in value.items()}
        case list():
            return [plain(item, names) for item in value]
    return value


def in_git(vended: Any, place: Any) -> dict[str, Any]:
    """What the blueprint `partners` makes of a partner that says the same."""
    access = Access("sales", vended.prefix, vended.protocols, vended.permissions)
    by_key = bool(partners.SIGNED & set(access.protocols))
    values = {
        "id": "It",
        "name": vended.user,
        "contact": ADMIN,
        "field": "spec.access[0]",
        "prefix": vended.prefix,
        "protocols": sorted(access.protocols),
        "permissions": sorted(access.permissions),
        "object_actions": partners._actions(partners.OBJECTS, access) if by_key else [],
        "key_actions": partners._actions(partners.KEY, access) if by_key else [],
        "lists": by_key and "list" in access.permissions,
        "expires": vended.expires,
        "cidrs": sorted(vended.cidrs),
        "max_object_mib": vended.max_object_mib,
        "active": vended.active,
        "keys": [{"place": "A", "serial": vended.serial}],
        "current": "A",
    }
    encryption = "kms" if place.key else "s3"
    return CATALOGUE.render("partners", {"silo": "sales", "encryption": encryption, "partners": [values]})["Resources"]


@settings(deadline=None, max_examples=60)
@given(bodies.filter(lambda body: len(body["name"]) < 25), st.booleans(), st.booleans(), st.integers(0, 3))
def test_a_vended_user_is_the_one_that_git_would_make(body: Any, keyed: bool, active: bool, serial: int) -> None:
    place = WITH if keyed else WITHOUT
    vended = replace(made(body, place), active=active, serial=serial, expires="2026-12-01T23:59:59Z")  # git has days
    name = template.logical_id(vended.name)
    ours, git = written(vended, place=place)["Resources"], in_git(vended, place)
    known = {**PSEUDO, "DropzoneBucket": BUCKET, "KeyArn": KEY}
    theirs = plain(git, {**known, "ItUser": "the-user", "ItKeyA": "id", "ItKeyA.SecretAccessKey": "secret"})
    known = {**PSEUDO, **template.parameters(place)}
    names = {f"{name}User": "the-user", f"{name}Key": "id", f"{name}Key.SecretAccessKey": "secret"}
    ours = plain(ours, {**known, **names})
    user = ours[f"{name}User"]["Properties"]
    assert user["Tags"].pop() == {"Key": "lake:vended-by", "Value": ADMIN}
    assert user == theirs["ItUser"]["Properties"]
    assert ours[f"{name}Key"]["Properties"] == theirs["ItKeyA"]["Properties"]
    secret = theirs["ItSecret"]["Properties"]
    del secret["Description"]
    assert ours[f"{name}Secret"]["Properties"] == secret
    assert json.loads(secret["SecretString"])["prefix"] == f"{vended.prefix}/"


@settings(deadline=None)
@given(st.lists(bodies, max_size=5), st.booleans())
def test_whatever_is_accepted_makes_users_keys_and_secrets_alone(asked: list[Any], keyed: bool) -> None:
    place = WITH if keyed else WITHOUT
    found = written(*(made(body, place) for body in asked), place=place)
    assert {item["Type"] for item in found["Resources"].values()} <= ALLOWED
    for name, item in found["Resources"].items():
        if item["Type"] == "AWS::IAM::User":
            assert re.fullmatch(r"vended-[a-z0-9-]+", item["Properties"]["UserName"]), name
            assert item["Properties"]["Path"] == "/partners/sales/"
            assert item["Properties"]["PermissionsBoundary"] == {"Ref": "Boundary"}
    assert set(found) == {
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Conditions", "Resources"
    }  # fmt: skip
    assert "{{" not in json.dumps(found)
    assert fault(found) == "", "the controller reads what is written here"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*some, "other"]), anything), bodies)
def test_odd_requests_are_refused_in_words_and_nothing_else(odd: dict[str, Any], body: dict[str, Any]) -> None:
    try:
        accepted = made({**body, **odd})
    except refused.Refused as no:
        assert no.status == 400
        assert no.message
    else:
        assert {item["Type"] for item in written(accepted)["Resources"].values()} == ALLOWED


@settings(deadline=None)
@given(anything)
def test_odd_bodies_are_refused(body: Any) -> None:
    with pytest.raises(refused.Refused):
        made(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "A"},
        {"name": "a"},
        {"name": "-ab"},
        {"name": "ab\n"},
        {"name": "é" * 3},
        {"name": "a" * 42},
        {"prefix": "other"},
        {"prefix": "erp2"},
        {"prefix": "er"},
        {"prefix": "erp/../raw"},
        {"prefix": "erp//a"},
        {"prefix": "/erp"},
        {"prefix": "erp/*"},
        {"prefix": "erp/${aws:username}"},
        {"prefix": "inbound"},
        {"prefix": "erp/" + "a" * 200},
        {"protocols": []},
        {"protocols": ["ftp"]},
        {"protocols": "api"},
        {"permissions": ["everything"]},
        {"hours": 0},
        {"hours": 721},
        {"hours": 1.5},
        {"hours": True},
        {"hours": "24"},
        {"cidrs": ["0.0.0.0/0"]},
        {"cidrs": ["::/0"]},
        {"cidrs": ["203.0.113.7/24"]},
        {"cidrs": ["nonsense"]},
        {"cidrs": ["::ffff:203.0.113.0/120"]},
        {"cidrs": ["203.0.113.0/24"] * 11},
        {"maxObjectMiB": 0},
        {"note": "{{resolve:ssm:canary}}"},
        {"note": "a\x00b"},
        {"note": "\u202eback"},
        {"note": "a" * 201},
        {"shared": "yes"},
        {"role": "arn:aws:iam::1:role/x"},
    ],
    ids=str,
)
def test_what_no_admin_may_ask_for_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(refused.Refused) as told:
        one(**changes)
        credential.confirmed({"name": "carrier", **ASKED, **changes})
    assert next(iter(changes)) in str(told.value)


@pytest.mark.parametrize("field", ["name", "prefix", "protocols", "permissions", "hours"])
def test_what_is_missing_is_named(field: str) -> None:
    body = {"name": "carrier", **ASKED}
    del body[field]
    with pytest.raises(refused.Refused, match=f"{field} is missing"):
        made(body)


def test_what_is_written_is_read_again() -> None:
    found = [one(), one(name="other", cidrs=["203.0.113.0/24"], maxObjectMiB=7, note="für später")]
    entries = [audit.Entry("2026-01-01T00:00:00Z", ADMIN, audit.VENDED, "carrier", "erp", "key", "said")]
    entries.append(audit.Entry("2026-01-01T00:00:01Z", "schedule", audit.ENDED, "other"))
    document = template.Document({item.name: item for item in found}, tuple(entries))
    text = template.write(document, WITHOUT)
    assert template.read(json.loads(text)) == document
    assert template.write(template.read(json.loads(text)), WITHOUT) == text
    assert text.isascii()


def test_166_fit_whatever_they_ask_for_and_one_too_many_is_refused_in_words() -> None:
    most = {"prefix": "erp/" + "a" * 196, "permissions": list(credential.PERMISSIONS), "note": "n" * 200}
    document = template.Document()
    for number in range(166):
        item = one(WITH, name=f"carrier-{number:03}", **most)
        entry = audit.Entry("2026-01-01T00:00:00Z", ADMIN, audit.VENDED, item.name, "x" * 240, "k" * 22, "s" * 11)
        document = document.put(item, entry)
    found = json.loads(template.write(document, WITH))
    assert len(found["Resources"]) == 499  # CloudFormation user guide, quotas: 500, and 1 MB
    assert len(found["Metadata"]["lake:audit"]) == audit.KEPT
    with pytest.raises(refused.Refused, match="beside 166:") as full:
        template.write(document.put(one(WITH, name="one-more")), WITH)
    assert (full.value.status, full.value.code) == (409, "full")


def test_what_fills_the_template_can_still_be_changed_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template without a byte to spare beside the events that a new credential leaves alone."""
    monkeypatch.setattr(template, "LARGEST", 51_200)
    entry = audit.Entry("2026-01-01T00:00:00Z", ADMIN, audit.VENDED, "x", "x" * 40, "k" * 22, "s" * 11)
    document = template.Document(audit=(entry,) * audit.FEWEST)
    for number in range(16):
        document = document.put(one(WITH, name=f"carrier-{number:02}"))
    spare = template.LARGEST - len(template.write(document, WITH)) - len('"note":"",')
    document = document.put(replace(document.credentials["carrier-00"], note="n" * spare))
    assert len(template.write(document, WITH)) == template.LARGEST
    item = document.credentials["carrier-01"]
    rotated = document.put(replace(item, serial=1), entry, replace(entry, did=audit.ROTATED))
    with pytest.raises(refused.Refused):
        template.write(rotated, WITH)
    for changed in (rotated, document.put(replace(item, active=False), entry), document.drop(item.name, entry)):
        assert template.read(json.loads(template.write(changed, WITH, fewest=0))).credentials == changed.credentials


def test_addresses_too_many_for_one_user_are_known_before() -> None:
    most = {"permissions": list(credential.PERMISSIONS), "prefix": "erp/" + "a" * 196}
    long = [f"2001:db8:1111:2222:3333:4444:5555:{number:x}/128" for number in range(0x1000, 0x100A)]
    assert template.fits(one(WITH, **most), WITH)
    assert template.fits(one(cidrs=long[:5]), WITHOUT)
    assert not template.fits(one(cidrs=long[:6]), WITHOUT), "a tag holds 256 characters"
    assert not template.fits(one(WITH, **most, cidrs=long), WITH)


@pytest.mark.parametrize("keyed", [True, False])
def test_a_policy_is_measured_as_it_will_be(keyed: bool) -> None:
    place = WITH if keyed else WITHOUT
    found = one(place, permissions=list(credential.PERMISSIONS), cidrs=["203.0.113.0/24"])
    policy = plain(template.policy(found, place), {**PSEUDO, **template.parameters(place)})
    length = len(json.dumps(policy, separators=(",", ":")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template, "POLICY_MAX", length + 2)
        assert template.fits(found, place)
        patch.setattr(template, "POLICY_MAX", length - 1)
        assert not template.fits(found, place)


@pytest.mark.parametrize(("hours", "allowed"), [(0, True), (23, True), (25, False)])
def test_a_policy_ends_with_its_credential(hours: int, allowed: bool) -> None:
    found = one()
    policy = policy_of(json.dumps(plain(template.policy(found, WITHOUT), {**PSEUDO, **template.parameters(WITHOUT)})))
    arn = f"arn:aws:iam::{ACCOUNT}:user/partners/sales/vended-carrier"
    at = (NOW + timedelta(hours=hours)).strftime(credential.TIME)
    context = {"aws:CurrentTime": at, "aws:SecureTransport": "true", "aws:ViaAWSService": "false"}
    who = Principal("user", arn, ACCOUNT, arn)
    request = Request(
        who, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/erp/a", ACCOUNT, context, frozenset({"aws:tokenissuetime"})
    )
    assert decide(request, Policies(identity=(policy,))).allowed is allowed


def test_names_that_meet_in_a_logical_id_are_told_apart() -> None:
    assert template.logical_id("a-1") == template.logical_id("a1"), "so vending refuses the second"


def test_tags_are_called_as_the_manifests_side_calls_them() -> None:
    tags = template.tags(one(cidrs=["203.0.113.0/24"], maxObjectMiB=1))
    names = ("PARTNER", "PREFIX", "PROTOCOLS", "PERMISSIONS", "EXPIRES", "CIDRS", "MAX_OBJECT")
    assert [*tags][:-1] == [getattr(ownership, f"TAG_{name}") for name in names]
    assert WITHOUT.secrets.startswith(ownership.PARTNERS_SECRETS)


@pytest.mark.parametrize("key", [None, "", "1", "not-a-uuid", "{" + "1" * 36 + "}"])
def test_a_request_without_a_key_of_its_own_is_refused(key: str | None) -> None:
    with pytest.raises(refused.Refused, match="Idempotency-Key"):
        requests.request(ADMIN, key, {})


def test_what_is_kept_of_a_request_tells_neither_its_key_nor_its_word() -> None:
    key = "0f4a3d9e-6a75-4b3e-9d33-6c0d3f1f5b11"
    first, again, other = (requests.request(by, key, 1) for by in (ADMIN, ADMIN, "other"))
    assert first == again
    assert not {first.key, first.word} & {other.key, other.word}
    assert first.word not in (first.key, first.said, requests.digest(first.word))
    assert key not in repr((first.key, first.said))


@pytest.mark.parametrize(
    ("prefix", "meets"),
    [("a/b", True), ("a", True), ("a/b/c", True), ("a/bc", False), ("a/c", False), ("b", False), ("aa", False)],
)
def test_folders_meet_where_one_lies_in_the_other(prefix: str, meets: bool) -> None:
    assert folders.meeting(prefix, {"carrier": "a/b"}) == (["carrier"] if meets else [])


def test_who_has_a_folder_is_told_by_name_and_many_by_number() -> None:
    others = {f"carrier-{number}": f"a/{number}" for number in range(7)}
    names = folders.meeting("a", others)
    assert folders.words(names[:1], others) == "carrier-0 has a/0/"
    assert folders.words(names[:3], others) == "carrier-0 has a/0/, carrier-1 has a/1/ and carrier-2 has a/2/"
    assert folders.words(names, others).endswith("carrier-4 has a/4/ and 2 more have others")
