"""Warehouse, dashboards and the flows' targets: each field of the manifests shows in what is rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from controller.kinds.flow import Column, Target
from controller.kinds.silo import Silo
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs, render_silo
from controller.resolve.lake import Lake
from controller.resolve.warehouse import statements, type_of

PRINCIPAL = "arn:aws:quicksight:eu-west-1:200000000001:group/default/sales-analysts"
NETWORK = {"subnets": ["subnet-0a", "subnet-0b", "subnet-0c"], "securityGroups": ["sg-0a"]}
NETWORK = {name: [f"{one}1234567" for one in ids] for name, ids in NETWORK.items()}
WAREHOUSE = {"type": "redshift-serverless", "baseCapacity": 8, "maxCapacity": 128}
DASHBOARDS = {"type": "quicksight", "principals": [PRINCIPAL]}
EVERY = (
    Target("processed", {}),
    Target("redshift", {"table": "sales.orders"}),
    Target("quicksight", {"dataset": "Orders"}),
)

Loaded = Callable[..., Lake]
Resources = dict[str, dict[str, Any]]


@pytest.fixture
def loaded(with_flow: Callable[..., Lake]) -> Loaded:
    """The project's lake, whose silo sales has a warehouse and dashboards that its flow orders fills."""

    def made(targets: tuple[Target, ...] = EVERY, **components: Any) -> Lake:
        lake = with_flow("orders", targets=targets)
        silo: Silo = replace(lake.silos["sales"], **{"warehouse": WAREHOUSE, "dashboards": DASHBOARDS, **components})
        return replace(lake, silos={**lake.silos, "sales": silo})

    return made


def resources(lake: Lake, catalogue: Catalogue, address: str) -> Resources:
    nested = render_silo(lake, "sales", catalogue).nested
    return next((dict(one.body["Resources"]) for one in nested if one.address == address), {})


def machine(found: Resources, name: str = "Process") -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(found[name]["Properties"]["DefinitionString"]["Fn::Sub"])
    return definition


def way(definition: dict[str, Any]) -> list[str]:
    """The steps of a run in which nothing fails, without the states inside of a step."""
    states, name, seen = definition["States"], definition["StartAt"], []
    while name not in seen:
        seen.append(name)
        state = states[name]
        rules = state.get("Choices", ())
        name = next((rule["Next"] for rule in rules if "Not" not in rule), state.get("Next", name))
    return [step for step in seen if not step.endswith(("Wait", "Look", "Check", "Start", "Folder"))]


CHANGES: dict[str, dict[str, Any]] = {
    "base": {"warehouse": {**WAREHOUSE, "baseCapacity": 16}},
    "most": {"warehouse": {**WAREHOUSE, "maxCapacity": 64}},
    "network": {"warehouse": {**WAREHOUSE, "network": NETWORK}},
    "principals": {"dashboards": {**DASHBOARDS, "principals": [PRINCIPAL, PRINCIPAL.replace("sales", "other")]}},
    "no warehouse": {"warehouse": None, "targets": (EVERY[0], EVERY[2])},
    "no dashboards": {"dashboards": None, "targets": EVERY[:2]},
    "table": {"targets": (EVERY[0], Target("redshift", {"table": "sales.other"}), EVERY[2])},
    "data set": {"targets": (*EVERY[:2], Target("quicksight", {"dataset": "Other"}))},
    "not for queries": {"targets": (EVERY[1],)},
    "encryption": {"encryption": "s3"},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_each_field_takes_effect(changes: dict[str, Any], loaded: Loaded, catalogue: Catalogue) -> None:
    before, after = loaded(), loaded(**changes)
    assert inputs(before, "sales", catalogue) != inputs(after, "sales", catalogue)
    assert render_silo(before, "sales", catalogue).nested != render_silo(after, "sales", catalogue).nested


@pytest.mark.parametrize("field", ["subnets", "securityGroups"])
def test_the_network_is_the_one_that_was_named(field: str, loaded: Loaded, catalogue: Catalogue) -> None:
    group = resources(loaded(warehouse={**WAREHOUSE, "network": NETWORK}), catalogue, "warehouse")["Workgroup"]
    assert group["Properties"][{"subnets": "SubnetIds"}.get(field, "SecurityGroupIds")] == NETWORK[field]
    assert group["Properties"]["EnhancedVpcRouting"] is True
    assert group["Properties"]["PubliclyAccessible"] is False
    plain = resources(loaded(), catalogue, "warehouse")["Workgroup"]["Properties"]
    assert "SubnetIds" not in plain, "Redshift takes the default VPC by itself"
    assert plain["EnhancedVpcRouting"] is False, "a default VPC has no way to S3"


def test_a_run_goes_through_its_targets_in_their_order(loaded: Loaded, catalogue: Catalogue) -> None:
    whole = way(machine(resources(loaded(), catalogue, "flow/orders")))
    assert whole == ["RawCrawl", "RunJob", "ProcessedCrawl", "LoadRedshift", "RefreshDashboards", "Done"]
    only = way(machine(resources(loaded(targets=(EVERY[1],)), catalogue, "flow/orders")))
    assert only == ["RawCrawl", "RunJob", "LoadRedshift", "Done"]
    shown = way(machine(resources(loaded(targets=(EVERY[2],)), catalogue, "flow/orders")))
    assert shown == ["RawCrawl", "RunJob", "ProcessedCrawl", "RefreshDashboards", "Done"], "it reads the table"


def test_what_fails_is_told_and_a_load_is_tried_again(loaded: Loaded, catalogue: Catalogue) -> None:
    states = machine(resources(loaded(), catalogue, "flow/orders"))["States"]
    for name in ("LoadRedshift", "RefreshDashboardsStart", "RefreshDashboardsLook"):
        assert states[name]["Retry"], name
        assert states[name]["Catch"][-1] == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Tell"}
    assert states["RefreshDashboardsFailed"]["Next"] == "Tell"
    ends = {rule["Next"] for rule in states["RefreshDashboardsCheck"]["Choices"]}
    assert ends == {"Done", "RefreshDashboardsFailed"}


def test_a_day_with_too_many_refreshes_is_no_failure(loaded: Loaded, catalogue: Catalogue) -> None:
    start = machine(resources(loaded(), catalogue, "flow/orders"))["States"]["RefreshDashboardsStart"]
    caught = {error: rule["Next"] for rule in start["Catch"] for error in rule["ErrorEquals"]}
    assert caught["QuickSight.LimitExceededException"] == "Done"
    daily = resources(loaded(), catalogue, "dashboards")["OrdersRefresh"]["Properties"]["Schedule"]
    assert daily["ScheduleFrequency"]["Interval"] == "DAILY"


def test_the_job_lists_what_it_wrote_where_the_load_looks(loaded: Loaded, catalogue: Catalogue) -> None:
    flow = resources(loaded(), catalogue, "flow/orders")
    told = flow["Job"]["Properties"]["DefaultArguments"]["--manifests_path"]
    assert told == {"Fn::Sub": "s3://${ProcessedBucket}/.staging/orders/"}
    asked = machine(flow)["States"]["LoadRedshift"]["Parameters"]["Input"]["manifest.$"]
    assert asked == "States.Format('.staging/orders/{}.manifest', $$.Execution.Name)"
    plain = resources(loaded(targets=(EVERY[0],)), catalogue, "flow/orders")
    assert "--manifests_path" not in plain["Job"]["Properties"]["DefaultArguments"]


def test_a_flow_hands_over_every_statement_that_the_warehouse_runs(loaded: Loaded, catalogue: Catalogue) -> None:
    handed = machine(resources(loaded(), catalogue, "flow/orders"))["States"]["LoadRedshift"]["Parameters"]["Input"]
    run = machine(resources(loaded(), catalogue, "warehouse"), "Load")["States"]["Run"]["Parameters"]
    order = ["schema", "table", "columns", "call", "staging", "merge"]
    places = [run["Sqls.$"].index(f"$.statements.{name}") for name in order]
    assert places == sorted(places)
    assert places[-2] < run["Sqls.$"].index("COPY") < places[-1]
    assert set(handed["statements"]) == set(order)
    assert len(json.dumps(handed)) < 262_144, "what a state may hold; Step Functions developer guide, quotas"


def test_only_the_warehouses_own_role_can_read_its_password(loaded: Loaded, catalogue: Catalogue) -> None:
    readers = []
    for template in render_silo(loaded(), "sales", catalogue).nested:
        for name, resource in template.body["Resources"].items():
            if any(
                admits(said, "arn:aws:secretsmanager:x:1:secret:redshift!lake-AbCdEf") for said in secrets(resource)
            ):
                readers.append(f"{template.address}/{name}")
    assert readers == ["warehouse/LoadRole"]


def secrets(resource: dict[str, Any]) -> list[str]:
    """The secrets that a role may read, as its policies write them."""
    policies = resource["Properties"].get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []
    found: list[str] = []
    for statement in (one for policy in policies for one in policy["PolicyDocument"]["Statement"]):
        actions, places = (
            one if isinstance(one, list) else [one] for one in (statement["Action"], statement["Resource"])
        )
        if any(fnmatchcase("secretsmanager:GetSecretValue", action) for action in actions):
            found += [place["Fn::Sub"] if isinstance(place, dict) else place for place in places]
    return found


def admits(place: str, arn: str) -> bool:
    return fnmatchcase(arn, re.sub(r"\$\{AWS::[A-Za-z]+\}", "*", place))


def test_personal_columns_stay_out_of_dashboards(
    loaded: Loaded, catalogue: Catalogue, with_flow: Callable[..., Lake]
) -> None:
    lake = loaded()
    flow = lake.flows["orders"]
    first, *others = flow.contract.columns
    contract = replace(flow.contract, columns=(replace(first, sensitive=True), *others))
    hidden = replace(flow, contract=contract)
    changed = replace(lake, flows={**lake.flows, "orders": hidden}, flows_by_silo={"sales": (hidden,)})
    table = resources(changed, catalogue, "dashboards")["OrdersDataSet"]["Properties"]["PhysicalTableMap"]
    named = [column["Name"] for column in table["processed"]["RelationalTable"]["InputColumns"]]
    assert named == [column.name for column in others]


def test_dashboards_are_there_before_the_first_data_set(loaded: Loaded, catalogue: Catalogue) -> None:
    found = resources(loaded(targets=(EVERY[0],)), catalogue, "dashboards")
    assert set(found) == {"ReadRole", "Source"}


def test_no_stack_waits_for_spice(loaded: Loaded, catalogue: Catalogue) -> None:
    shown = resources(loaded(), catalogue, "dashboards")["OrdersDataSet"]["Properties"]
    assert shown["IngestionWaitPolicy"] == {"WaitForSpiceIngestion": False}


def test_a_retired_silo_has_neither(loaded: Loaded, catalogue: Catalogue) -> None:
    rendered = render_silo(loaded(lifecycle="retired"), "sales", catalogue)
    assert not {"warehouse", "dashboards"} & {one.address for one in rendered.nested}


def test_the_data_outlives_the_warehouse(loaded: Loaded, catalogue: Catalogue) -> None:
    namespace = resources(loaded(), catalogue, "warehouse")["Namespace"]
    assert (namespace["DeletionPolicy"], namespace["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("string", "VARCHAR(65535)"),
        ("boolean", "BOOLEAN"),
        ("int", "INTEGER"),
        ("bigint", "BIGINT"),
        ("double", "DOUBLE PRECISION"),
        ("date", "DATE"),
        ("timestamp", "TIMESTAMP"),
        ("decimal(12,2)", "DECIMAL(12,2)"),
    ],
)
def test_a_type_of_the_contract_is_one_of_redshift(kind: str, expected: str) -> None:
    assert type_of(Column("a", kind, False, False, (), "a")) == expected


def test_rows_are_merged_by_key_and_the_copy_has_the_columns_of_the_files(lake: Lake) -> None:
    flow = lake.flows["orders"]
    said = statements(flow, "sales.orders")
    assert said["merge"].startswith(
        'MERGE INTO "sales"."orders" USING "lake_staging" ON "orders"."order_id" = "lake_staging"."order_id" '
    )
    names = [column.name for column in flow.contract.columns]
    first = said["merge"].split("INSERT (")[1].split(")")[0]
    assert first == ", ".join(f'"{name}"' for name in names)
    copied = [part.split('"')[1] for part in said["staging"].split("(", 1)[1].split(', "')[0:1]]
    assert copied == [names[0]]
    assert said["staging"].endswith('"_arrived_at" TIMESTAMP, "_source_file" VARCHAR(65535))')
    assert "_arrived_at" not in said["table"]


def test_a_contract_of_nothing_but_its_key_can_be_merged(lake: Lake) -> None:
    flow = lake.flows["orders"]
    names = tuple(column.name for column in flow.contract.columns)
    said = statements(replace(flow, contract=replace(flow.contract, key=names)), "sales.orders")
    assert "UPDATE SET " in said["merge"]
