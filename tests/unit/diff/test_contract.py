"""What a changed contract means for stored data and for who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from controller.diff.contract import Before, Verdict, judge, published, widening
from controller.engine.apply import apply
from controller.engine.plan import Options, make_plan
from controller.engine.validate import load_lake
from controller.kinds.flow import Contract, Partition
from controller.model.errors import PlanBlocked
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import catalogue
from tests.fakes.lakes import columns, flow, lake, sales

OLD = ("id string!", "total int", "note string")


def before(*said: str) -> Before:
    wanted = lake(sales(), flows=[flow(holds=columns(*said))])
    nested = {template.address: template for template in render_silo(wanted, "sales", catalogue()).nested}
    found = published(nested["flow/orders"].body)
    assert found is not None
    return found


def after(*said: str, compatibility: str = "backward", **changed: Any) -> Contract:
    return replace(Contract(compatibility, columns(*said), ("order_id",), None), **changed)


@pytest.mark.parametrize(
    ("columns_after", "backward", "full"),
    [
        (OLD, 0, 0),
        ((*OLD, "country string"), 0, 0),
        (tuple(reversed(OLD)), 0, 0),
        (("id string!", "total bigint", "note string"), 0, 2),
        (("id string", "total int", "note string"), 0, 2),
        (("id string!", "total double", "note string"), 1, 2),
        (("id string!", "total int"), 2, 2),
        (("id string!", "total string", "note string"), 2, 2),
        ((*OLD, "country string!"), 2, 2),
        (("id string!", "total int!", "note string"), 2, 2),
        (("id string!", "sum int", "note string"), 2, 2),
    ],
    ids=[
        "same",
        "optional added",
        "other order",
        "widened",
        "required becomes optional",
        "int to double",
        "removed",
        "other type",
        "required added",
        "optional becomes required",
        "renamed",
    ],
)
def test_a_change_of_columns_is_judged_by_the_compatibility(
    columns_after: tuple[str, ...], backward: int, full: int
) -> None:
    for compatibility, expected in (("backward", backward), ("full", full), ("none", min(backward, 1))):
        found = judge(before(*OLD), after(*columns_after, compatibility=compatibility))
        assert max((one.verdict for one in found), default=Verdict.SAFE) == expected, compatibility


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("int", "bigint", Verdict.SAFE),
        ("bigint", "int", Verdict.BREAKING),
        ("double", "int", Verdict.BREAKING),
        ("int", "string", Verdict.BREAKING),
        ("decimal(10,2)", "decimal(12,2)", Verdict.BACKFILL),
        ("decimal(10,2)", "decimal(12,4)", Verdict.BACKFILL),
        ("decimal(10,2)", "decimal(10,4)", Verdict.BREAKING),
        ("decimal(10,2)", "decimal(9,2)", Verdict.BREAKING),
        ("decimal(10,2)", "double", Verdict.BREAKING),
        ("timestamp", "date", Verdict.BREAKING),
    ],
)
def test_types_may_widen_and_never_narrow(old: str, new: str, verdict: Verdict) -> None:
    assert widening(old, new) is verdict


@pytest.mark.parametrize(
    "changed", [{"key": ("id", "note")}, {"partition_by": Partition("placed_on", "day")}], ids=["key", "partitions"]
)
def test_another_key_or_partition_needs_a_backfill(changed: Mapping[str, Any]) -> None:
    (found,) = judge(before(*OLD), after(*OLD, **changed))
    assert found.verdict is Verdict.BACKFILL


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"Resources": {}},
        {"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {}}}},
        {"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {"DefaultArguments": {"--contract": "{"}}}}},
        {"Resources": {"Job": {"Type": "AWS::Glue::Job", "Properties": {"DefaultArguments": {"--contract": "{}"}}}}},
    ],
)
def test_a_template_that_tells_no_contract_is_not_judged(template: Mapping[str, Any]) -> None:
    assert published(template) is None


def test_every_flow_of_the_projects_lake_tells_its_contract_in_its_template() -> None:
    real = Catalogue.read()
    wanted, _ = load_lake(Path(__file__).parents[3] / "manifests", real.available, date(2026, 1, 31))
    assert wanted.flows
    for one in wanted.flows.values():
        nested = {template.address: template for template in render_silo(wanted, one.silo, real).nested}
        found = published(nested[f"flow/{one.name}"].body)
        assert found is not None, one.name
        assert judge(found, one.contract) == ()


class TestInAPlan:
    def plan(self, aws: FakeAws, holds: tuple[str, ...], *allowed: str, compatibility: str = "backward") -> Any:
        wanted = lake(sales(), flows=[flow(holds=columns(*holds), compatibility=compatibility)])
        return make_plan(wanted, catalogue(), aws.ports, Options(allowed=frozenset(allowed)))

    def applied(self) -> FakeAws:
        aws = FakeAws(lake(sales()))
        apply(self.plan(aws, OLD), aws.ports, Recorder())
        return aws

    def test_a_break_blocks_and_names_the_columns(self) -> None:
        aws = self.applied()
        made = self.plan(aws, ("id string!", "total int"))
        (guard,) = made.plan.guards
        assert (guard.code, guard.blocks) == ("contract-broken", True)
        assert "column note goes: breaking" in guard.message
        with pytest.raises(PlanBlocked) as stopped:
            apply(made, aws.ports, Recorder())
        assert stopped.value.hint == "--allow contract=silo/sales/flow/orders"

    def test_leave_by_the_flows_address_lifts_it(self) -> None:
        made = self.plan(self.applied(), ("id string!",), "contract=silo/sales/flow/orders")
        assert made.plan.guards == ()

    def test_a_backfill_is_a_warning(self) -> None:
        (guard,) = self.plan(self.applied(), ("id string!", "total double", "note string")).plan.guards
        assert (guard.code, guard.blocks) == ("contract-needs-backfill", False)

    def test_a_safe_change_says_nothing(self) -> None:
        made = self.plan(self.applied(), (*OLD, "country string"))
        assert made.plan.changes != ()
        assert made.plan.guards == ()

    def test_compatibility_none_never_blocks(self) -> None:
        assert not self.plan(self.applied(), ("id string!",), compatibility="none").plan.blocked
