"""Shares compiled to grants: who, which tables, in as few statements as there are circles of readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from controller.access import Policies, Principal, Request, decide, read
from controller.kinds.consumer import Consumer
from controller.kinds.share import Share
from controller.model.errors import ManifestsInvalid
from controller.model.facts import AccountOf, OrganizationId, UnitPath, UnitPrincipal
from controller.render.blueprint import Catalogue
from controller.render.sharing import column_grants, policy_grants, received
from controller.render.silo import inputs, needed, render_silo
from controller.resolve.lake import Lake
from controller.resolve.validity import expired
from tests.conftest import manifest
from tests.fakes.lakes import columns, finance, flow, lake, plant, sales

CATALOGUE = Catalogue.read()
ANALYTICS, COMMERCIAL = "Lake/Analytics", "Lake/Silos/Commercial"
READER = "300000000001"
ORG, PATH = "o-a1b2c3d4e5", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"


SHOWN = {"type": "quicksight", "principals": ["arn:aws:quicksight:x"], "refresh": "on-view"}


def share(name: str, tables: Iterable[str] = ("orders",), *, silo: str = "sales", **changed: Any) -> Share:
    made = Share(manifest("Share", name), name, silo, tuple(tables), (ANALYTICS,), (), ("read",), "policy", (), None)
    return replace(made, **changed)


def consumer(**changed: Any) -> Consumer:
    made = Consumer(
        manifest("Consumer", "reader"),
        "reader",
        READER,
        ANALYTICS,
        "eu-west-1",
        ("bi@acme.example",),
        {"engine": "athena", "scanLimitGiB": 100},
        None,
    )
    return replace(made, **changed)


def sharing(*shares: Share, flows: Iterable[str] = ("orders", "returns")) -> Lake:
    made = lake(sales(), finance(), plant(), flows=[flow(name) for name in flows])
    named = {one.name: one for one in shares}
    return replace(made, shares=MappingProxyType(named), consumers=MappingProxyType({"reader": consumer()}))


def nested(made: Lake, key: str, address: str) -> Mapping[str, Any]:
    return next(template.body for template in render_silo(made, key, CATALOGUE).nested if template.address == address)


def test_tables_with_the_same_readers_are_one_statement() -> None:
    grants = policy_grants(sharing(share("a", ["orders"]), share("b", ["returns"])), "sales")
    assert [[table.name for table in grant.tables] for grant in grants] == [["orders", "returns"]]


def test_a_circle_keeps_its_statement_when_tables_come_and_go() -> None:
    few, many = sharing(share("a", ["orders"])), sharing(share("a", ["*"]))
    assert policy_grants(few, "sales")[0].id == policy_grants(many, "sales")[0].id


def test_units_and_accounts_are_statements_of_their_own() -> None:
    grants = policy_grants(sharing(share("a", accounts=(READER,))), "sales")
    assert [(grant.units, grant.accounts) for grant in grants] == [((ANALYTICS,), ()), ((), (READER,))]


def test_a_unit_below_another_one_is_not_said_twice() -> None:
    below = share("b", organizational_units=(f"{ANALYTICS}/Group",))
    (grant,) = policy_grants(sharing(share("a"), below), "sales")
    assert grant.units == (ANALYTICS,)


def test_a_grant_of_columns_leaves_out_what_is_asked_and_all_that_is_sensitive() -> None:
    made = sharing(share("a", via="lakeformation", exclude_columns=("total",)))
    held = columns("order_id string!", "total int", "text string")
    contract = replace(made.flows["orders"].contract, columns=(*held[:2], replace(held[2], sensitive=True)))
    orders = replace(made.flows["orders"], contract=contract)
    made = replace(made, flows_by_silo=MappingProxyType({"sales": (orders,)}))
    (grant,) = column_grants(made, "sales")
    assert (grant.unit, grant.excluded) == (ANALYTICS, ("text", "total"))


def test_what_is_shared_with_a_unit_reaches_whoever_is_in_it_or_below() -> None:
    made = sharing(share("a"))
    assert [giver.silo.name for giver in received(made, consumer())] == ["sales"]
    assert received(made, consumer(organizational_unit=f"{ANALYTICS}/Group"))
    assert received(made, consumer(organizational_unit="Lake/Analytics2")) == ()
    assert received(made, made.silos["sales"]) == ()


def test_a_silo_that_shares_needs_the_ids_of_the_organization_and_its_units() -> None:
    made = sharing(share("a"), share("b", via="lakeformation"))
    assert set(needed(made, "sales", CATALOGUE)) == {OrganizationId(), UnitPath(ANALYTICS), UnitPrincipal(ANALYTICS)}
    assert needed(made, "finance", CATALOGUE) == ()


def test_a_reader_needs_the_account_of_a_giver_that_is_to_be_created() -> None:
    made = lake(plant(), flows=[flow("orders", "plant")])
    made = replace(made, shares={"a": share("a", silo="plant")}, consumers={"reader": consumer()})
    assert needed(made, "consumer/reader", CATALOGUE) == (AccountOf("plant"),)


def test_a_share_changes_the_inputs_of_giver_and_reader_and_of_nobody_else() -> None:
    before, after = sharing(), sharing(share("a"))
    changed = {key for key in before.members if inputs(before, key, CATALOGUE) != inputs(after, key, CATALOGUE)}
    assert changed == {"sales", "consumer/reader"}


def test_a_consumer_has_a_link_to_each_shared_table_and_to_no_other() -> None:
    body = nested(sharing(share("a")), "consumer/reader", "catalogs")
    links = [one["Properties"] for one in body["Resources"].values() if one["Type"] == "AWS::Glue::Table"]
    assert [link["TableInput"]["Name"] for link in links] == ["orders"]


def test_a_share_of_yesterday_is_over_and_one_until_today_is_not() -> None:
    assert expired(share("a", expires=date(2026, 1, 1)), date(2026, 1, 2))
    assert not expired(share("a", expires=date(2026, 1, 1)), date(2026, 1, 1))


def answered(value: Any) -> Any:
    """A policy document with its intrinsic functions answered as a stack in sales would."""
    known = {"OrganizationId": ORG, UnitPath(ANALYTICS).parameter: f"{PATH}*", "AWS::AccountId": "200000000001"}
    match value:
        case {"Ref": name}:
            return known[name]
        case {"Fn::GetAtt": ["ProcessedBucket", "Arn"]}:
            return "arn:aws:s3:::processed"
        case {"Fn::Join": ["", parts]}:
            return "".join(answered(part) for part in parts)
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::Partition}", "aws").replace("${ProcessedBucket.Arn}", "arn:aws:s3:::processed")
        case dict():
            return {key: answered(item) for key, item in value.items()}
        case list():
            return [answered(item) for item in value]
        case _:
            return value


@pytest.mark.parametrize(
    ("key", "organization", "path", "allowed"),
    [
        pytest.param("orders/a", ORG, PATH, True, id="in the unit"),
        pytest.param("orders/a", ORG, PATH + "ou-ab12-22222222/", True, id="below it"),
        pytest.param("returns/a", ORG, PATH, False, id="another table"),
        pytest.param("orders-old/a", ORG, PATH, False, id="a table with a like name"),
        pytest.param("orders/a", ORG, "o-a1b2c3d4e5/r-ab12/ou-ab12-99999999/", False, id="another unit"),
        pytest.param("orders/a", "o-zzzzzzzzzz", PATH, False, id="another organization"),
        pytest.param("orders/a", None, None, False, id="no organization"),
    ],
)
def test_the_bucket_lets_in_the_unit_alone(key: str, organization: str | None, path: str | None, allowed: bool) -> None:
    body = nested(sharing(share("a")), "sales", "storage")
    policy = read(json.dumps(answered(body["Resources"]["ProcessedPolicy"]["Properties"]["PolicyDocument"])))
    who = Principal("role-session", f"arn:aws:sts::{READER}:assumed-role/r/s", READER, f"arn:aws:iam::{READER}:role/r")
    context: dict[str, Any] = {"aws:SecureTransport": "true", "aws:PrincipalAccount": READER}
    if organization and path:
        context |= {"aws:PrincipalOrgID": organization, "aws:PrincipalOrgPaths": (path,)}
    told = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
    request = Request(who, "s3:GetObject", f"arn:aws:s3:::processed/{key}", "200000000001", context, told)
    everything = read('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')
    assert decide(request, Policies((everything,), policy)).allowed is allowed


def test_every_grant_to_anybody_is_bound_to_the_organization_and_to_units() -> None:
    made = sharing(share("a"), share("b", accounts=(READER,)))
    for address in ("storage", "sharing"):
        for resource in nested(made, "sales", address)["Resources"].values():
            document = resource["Properties"].get("PolicyDocument") or resource["Properties"].get("KeyPolicy") or {}
            for one in document.get("Statement", ()):
                if one["Effect"] == "Allow" and one.get("Principal") in ("*", {"AWS": "*"}):
                    assert one["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == {"Ref": "OrganizationId"}
                    assert one["Condition"]["ForAnyValue:StringLike"]["aws:PrincipalOrgPaths"]


def test_a_policy_that_grows_too_large_is_a_problem_at_the_manifest() -> None:
    names = [f"orders-of-the-year-{number}" for number in range(60)]
    shares = [share(f"s{number}", [name], accounts=(f"{number:012}",)) for number, name in enumerate(names)]
    with pytest.raises(ManifestsInvalid) as refused:
        render_silo(sharing(*shares, flows=names), "sales", CATALOGUE)
    assert {problem.code for problem in refused.value.problems} == {"policy-too-large"}


def test_a_retired_silo_shares_nothing() -> None:
    made = sharing(share("a"))
    made = replace(made, silos={**made.silos, "sales": sales(lifecycle="retired")})
    assert [template.address for template in render_silo(made, "sales", CATALOGUE).nested] == ["storage"]
    assert received(made, consumer()) == ()


SHARE_CHANGES: dict[str, dict[str, Any]] = {
    "silo": {"silo": "finance", "tables": ("ledger",)},
    "tables": {"tables": ("returns",)},
    "units": {"organizational_units": (COMMERCIAL,)},
    "accounts": {"accounts": (READER,)},
    "via": {"via": "lakeformation"},
    "excluded": {"via": "lakeformation", "exclude_columns": ("total",)},
}


@pytest.mark.parametrize("fields", SHARE_CHANGES.values(), ids=SHARE_CHANGES)
def test_a_change_of_a_share_takes_effect(fields: dict[str, Any]) -> None:
    before = share("a", via="lakeformation" if "exclude_columns" in fields else "policy")
    flows = [flow("orders"), flow("returns"), flow("ledger", "finance")]

    def bodies(one: Share) -> list[Any]:
        made = replace(lake(sales(), finance(), flows=flows), shares={"a": one}, consumers={"reader": consumer()})
        return [template.body for key in made.members for template in render_silo(made, key, CATALOGUE).nested]

    assert bodies(before) != bodies(replace(before, **fields))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"owners": ("other@acme.example",)}, id="owners"),
        pytest.param({"queries": {"engine": "athena", "scanLimitGiB": 7}}, id="scan limit"),
        pytest.param({"dashboards": SHOWN}, id="dashboards"),
        pytest.param({"organizational_unit": COMMERCIAL}, id="unit"),
        pytest.param({"region": "eu-central-1"}, id="region"),
    ],
)
def test_a_change_of_a_consumer_takes_effect(fields: dict[str, Any]) -> None:
    before = sharing(share("a"))
    after = replace(before, consumers={"reader": consumer(**fields)})
    key = "consumer/reader"
    assert inputs(before, key, CATALOGUE) != inputs(after, key, CATALOGUE)
    old, new = render_silo(before, key, CATALOGUE), render_silo(after, key, CATALOGUE)
    assert [old.root.body, *(t.body for t in old.nested)] != [new.root.body, *(t.body for t in new.nested)]


@pytest.mark.parametrize("changed", [{"refresh": "daily"}, {"principals": ["arn:aws:quicksight:y"]}], ids=str)
def test_a_change_of_a_consumers_dashboards_takes_effect(changed: dict[str, Any]) -> None:
    def bodies(shown: dict[str, Any]) -> list[Any]:
        made = replace(sharing(share("a")), consumers={"reader": consumer(dashboards=shown)})
        return [template.body for template in render_silo(made, "consumer/reader", CATALOGUE).nested]

    assert bodies(SHOWN) != bodies({**SHOWN, **changed})


def data_sets(made: Lake) -> dict[str, list[str]]:
    """The consumer's, by the table that they read, with their columns."""
    found = {}
    for one in nested(made, "consumer/reader", "catalogs")["Resources"].values():
        if one["Type"] == "AWS::QuickSight::DataSet":
            table = one["Properties"]["PhysicalTableMap"]["shared"]["RelationalTable"]
            found[f"{table['Schema']}.{table['Name']}"] = [column["Name"] for column in table["InputColumns"]]
    return found


def test_a_consumers_dashboards_have_a_data_set_for_each_shared_table_and_for_no_other() -> None:
    shown = {"reader": consumer(dashboards=SHOWN)}
    assert data_sets(replace(sharing(share("a")), consumers=shown)) == {"sales.orders": ["order_id", "total"]}
    assert data_sets(sharing(share("a"))) == {}


def test_a_data_set_shows_no_column_that_a_share_leaves_out() -> None:
    hides = share("b", via="lakeformation", exclude_columns=("total",))
    made = replace(sharing(share("a"), hides), consumers={"reader": consumer(dashboards=SHOWN)})
    assert data_sets(made) == {"sales.orders": ["order_id"]}


def test_dashboards_reach_the_silos_that_give_and_no_other() -> None:
    def role(*shares: Share) -> str:
        made = replace(sharing(*shares), consumers={"reader": consumer(dashboards=SHOWN)})
        body = nested(made, "consumer/reader", "queries")
        return json.dumps(body["Resources"]["DashboardRole"]["Properties"]["Policies"])

    assert ":s3:::acme-sales-processed-200000000001*" in role(share("a"))
    assert "GetDataAccess" not in role(share("a")) and "GetDataAccess" in role(share("a", via="lakeformation"))
    assert "-processed-" not in role() and "kms:ViaService" not in role()
