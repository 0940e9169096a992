from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.kinds.flow import Flow
from controller.kinds.silo import Layer, NewAccount, ObjectLock
from controller.model.errors import ManifestsInvalid
from controller.model.inputs import differing
from controller.model.source import Source
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs, render_silo
from controller.resolve.lake import Lake


def with_silo(lake: Lake, name: str, **fields: Any) -> Lake:
    return replace(lake, silos={**lake.silos, name: replace(lake.silos[name], **fields)})


def nested(lake: Lake, catalogue: Catalogue, silo: str, address: str) -> dict[str, Any]:
    rendered = render_silo(lake, silo, catalogue)
    return dict(next(t.body["Resources"] for t in rendered.nested if t.address == address))


SILO_CHANGES: dict[str, dict[str, Any]] = {
    "region": {"region": "eu-central-1"},
    "owners": {"owners": ("other@acme.example",)},
    "encryption": {"encryption": "s3"},
    "dropzone": {"dropzone": Layer(expire_after_days=3)},
    "raw": {"raw": Layer(archive_after_days=3)},
    "processed": {"processed": Layer(object_lock=ObjectLock("compliance", 9))},
    "lifecycle": {"lifecycle": "retired"},
}


@pytest.mark.parametrize("fields", SILO_CHANGES.values(), ids=SILO_CHANGES)
def test_a_change_of_a_silo_takes_effect(fields: dict[str, Any], lake: Lake, catalogue: Catalogue) -> None:
    changed = with_silo(lake, "sales", **fields)
    assert inputs(changed, "sales", catalogue) != inputs(lake, "sales", catalogue)
    assert bodies(changed, catalogue) != bodies(lake, catalogue)


def bodies(lake: Lake, catalogue: Catalogue) -> list[Any]:
    rendered = render_silo(lake, "sales", catalogue)
    return [t.body for t in (rendered.root, *rendered.nested)]


def flow_changes(flow: Flow) -> dict[str, dict[str, Any]]:
    contract, first = flow.contract, flow.contract.columns[0]

    def column(**fields: Any) -> dict[str, Any]:
        return {"contract": replace(contract, columns=(replace(first, **fields), *contract.columns[1:]))}

    return {
        "buffer": {"source": {**flow.source, "buffer": {"seconds": 60, "mebibytes": 64}}},
        "size": {"source": {**flow.source, "buffer": {"seconds": 300, "mebibytes": 65}}},
        "auth": {"source": {**flow.source, "auth": "api-key"}},
        "schedule": {"schedule": "rate(2 hours)"},
        "workers": {"transform": replace(flow.transform, workers=5)},
        "worker type": {"transform": replace(flow.transform, worker_type="G.2X")},
        "no script": {"transform": replace(flow.transform, script=None)},
        "column name": column(name="other"),
        "column type": column(type="bigint"),
        "column required": column(required=not first.required),
        "column sensitive": column(sensitive=True),
        "column allowed": column(allowed=("a", "b")),
        "column from": column(source_name="Other"),
        "key": {"contract": replace(contract, key=("customer_id",))},
        "no partition": {"contract": replace(contract, partition_by=None)},
    }


@pytest.mark.parametrize("change", range(15))
def test_a_change_of_a_flow_takes_effect(
    change: int, lake: Lake, catalogue: Catalogue, with_flow: Callable[..., Lake]
) -> None:
    name, fields = list(flow_changes(lake.flows["orders"]).items())[change]
    changed = with_flow("orders", **fields)
    assert inputs(changed, "sales", catalogue) != inputs(lake, "sales", catalogue), name
    assert bodies(changed, catalogue) != bodies(lake, catalogue), name


def test_the_content_of_a_script_takes_effect(lake: Lake, catalogue: Catalogue) -> None:
    changed = replace(lake, scripts=dict.fromkeys(lake.scripts, b"# other"))
    assert inputs(changed, "sales", catalogue) != inputs(lake, "sales", catalogue)
    assert render_silo(changed, "sales", catalogue).scripts != render_silo(lake, "sales", catalogue).scripts


def test_what_decides_nothing_changes_no_digest(lake: Lake, catalogue: Catalogue) -> None:
    same = with_silo(
        lake,
        "sales",
        account=NewAccount("x", "x@acme.example"),
        labels={"wave": "other"},
        manifest=replace(lake.silos["sales"].manifest, digest="f" * 64, path="elsewhere.yaml"),
    )
    assert inputs(same, "sales", catalogue) == inputs(lake, "sales", catalogue)


def test_another_unit_is_a_change_though_the_bundle_is_the_same(lake: Lake, catalogue: Catalogue) -> None:
    moved = with_silo(lake, "sales", organizational_unit="Lake/Silos")
    assert inputs(moved, "sales", catalogue) != inputs(lake, "sales", catalogue)
    assert render_silo(moved, "sales", catalogue) == render_silo(lake, "sales", catalogue)


def test_another_silos_flow_changes_no_digest(lake: Lake, catalogue: Catalogue, with_flow: Callable[..., Lake]) -> None:
    changed = with_flow("shipments", schedule="rate(1 hour)")
    assert inputs(changed, "sales", catalogue) == inputs(lake, "sales", catalogue)
    assert inputs(changed, "logistics", catalogue) != inputs(lake, "logistics", catalogue)


def test_the_compatibility_is_for_the_plan_alone(
    lake: Lake, catalogue: Catalogue, with_flow: Callable[..., Lake]
) -> None:
    contract = replace(lake.flows["orders"].contract, compatibility="none")
    changed = with_flow("orders", contract=contract)
    assert inputs(changed, "sales", catalogue) == inputs(lake, "sales", catalogue)


def test_a_changed_blueprint_changes_the_silos_that_use_it(lake: Lake, catalogue: Catalogue) -> None:
    path = "flows/dropzone/template.yaml.j2"
    edited = Catalogue({**catalogue.files, path: catalogue.files[path] + b"# edited\n"})
    assert inputs(lake, "logistics", edited) != inputs(lake, "logistics", catalogue)
    assert inputs(lake, "sales", edited) == inputs(lake, "sales", catalogue)


@pytest.mark.parametrize(
    "path", ["flows/http/template.yaml.j2", "flows/_processing/scripts/process.py", "storage/template.yaml.j2"]
)
def test_a_changed_blueprint_does_not_look_like_a_changed_manifest(path: str, lake: Lake, catalogue: Catalogue) -> None:
    assert path in catalogue.files
    edited = Catalogue({**catalogue.files, path: catalogue.files[path] + b"# edited\n"})
    told = {differing(inputs(lake, name, edited), inputs(lake, name, catalogue)) for name in lake.silos}
    assert told <= {"the blueprints", ""}
    assert "the blueprints" in told


def test_what_differs_is_told_apart(lake: Lake, catalogue: Catalogue) -> None:
    published = inputs(lake, "sales", Catalogue(catalogue.files, "1.0.0"))
    newer = Catalogue(catalogue.files, "1.1.0")
    changed = with_silo(lake, "sales", encryption="s3")
    assert differing(inputs(lake, "sales", newer), published) == "siloctl (1.0.0 published it, this is 1.1.0)"
    assert differing(inputs(changed, "sales", Catalogue(catalogue.files, "1.0.0")), published) == "the manifests"
    assert differing(inputs(changed, "sales", newer), published).startswith("the manifests and siloctl (1.0.0")
    scripts = replace(lake, scripts=dict.fromkeys(lake.scripts, b"# other"))
    assert differing(inputs(scripts, "sales", newer), inputs(lake, "sales", newer)) == "the manifests"
    assert differing(published, "an older siloctl's one digest") == "the manifests, the blueprints or siloctl"


def test_a_retired_silo_keeps_its_data_and_nothing_that_works_on_it(lake: Lake, catalogue: Catalogue) -> None:
    rendered = render_silo(with_silo(lake, "sales", lifecycle="retired"), "sales", catalogue)
    assert [template.address for template in rendered.nested] == ["storage"]
    assert rendered.root.body["Outputs"]["Retired"]["Value"] == "true"
    assert "FlowOrders" not in rendered.root.body["Resources"]


def test_each_part_gets_the_outputs_that_its_template_asks_for(lake: Lake, catalogue: Catalogue) -> None:
    rendered = render_silo(lake, "sales", catalogue)
    orders = next(template for template in rendered.nested if template.address == "flow/orders")
    given = rendered.root.body["Resources"]["FlowOrders"]["Properties"]["Parameters"]
    assert given.keys() == orders.body["Parameters"].keys()
    assert given["RawBucket"] == {"Fn::GetAtt": ["Storage", "Outputs.RawBucket"]}


def test_a_nested_stack_is_named_by_the_digest_of_its_content(lake: Lake, catalogue: Catalogue) -> None:
    rendered = render_silo(lake, "sales", catalogue)
    storage = next(template for template in rendered.nested if template.address == "storage")
    url = rendered.root.body["Resources"]["Storage"]["Properties"]["TemplateURL"]
    assert url == f"https://acme-datalake-code-eu-west-1.s3.eu-west-1.amazonaws.com/{storage.asset.key}"


def test_tags_say_whose_it_is_and_nothing_that_changes(lake: Lake, catalogue: Catalogue) -> None:
    assert render_silo(lake, "sales", catalogue).tags == {
        "lake:organization": "acme",
        "lake:silo": "sales",
        "lake:managed-by": "siloctl",
        "cost-center": "data-platform",
    }


def test_each_resource_knows_the_line_that_asked_for_it(lake: Lake, catalogue: Catalogue) -> None:
    rendered = render_silo(lake, "sales", catalogue)
    orders = next(template for template in rendered.nested if template.address == "flow/orders")
    lines = Path(lake.flows["orders"].manifest.path).read_text(encoding="utf-8").splitlines()
    assert orders.sources.keys() == orders.body["Resources"].keys()
    stream = orders.sources["DeliveryStream"]
    assert stream.path == lake.flows["orders"].manifest.path
    assert "buffer:" in lines[stream.line - 1]
    assert "schedule:" in lines[orders.sources["Schedule"].line - 1]


def test_an_api_that_changed_gets_a_new_deployment_and_else_keeps_it(
    lake: Lake, catalogue: Catalogue, with_flow: Callable[..., Lake]
) -> None:
    def deployment(of: Lake) -> list[str]:
        return [name for name in nested(of, catalogue, "sales", "flow/orders") if name.startswith("Deployment")]

    source = lake.flows["orders"].source
    buffered = with_flow("orders", source={**source, "buffer": {"seconds": 900, "mebibytes": 64}})
    keyed = with_flow("orders", source={**source, "auth": "api-key"})
    assert deployment(buffered) == deployment(lake)
    assert deployment(keyed) != deployment(lake)


def test_only_whole_files_start_a_flow_on_arrival(lake: Lake, catalogue: Catalogue) -> None:
    resources = nested(lake, catalogue, "logistics", "flow/shipments")
    detail = resources["Arrived"]["Properties"]["EventPattern"]["detail"]
    assert detail["object"]["key"] == [{"prefix": "inbound/shipments/"}]
    assert "CompleteMultipartUpload" in detail["reason"]
    assert "Schedule" not in resources
    assert resources["Sweep"]["Properties"]["Target"]["Input"] == '{"object":"?"}'  # what a burst left


def test_a_format_reaches_the_job(lake: Lake, catalogue: Catalogue) -> None:
    job = nested(lake, catalogue, "logistics", "flow/shipments")["Job"]["Properties"]["DefaultArguments"]
    assert job["--input_format"] == '{"delimiter": ";", "header": true, "type": "csv"}'


def test_every_role_has_the_boundary_and_the_workloads_path(lake: Lake, catalogue: Catalogue) -> None:
    for silo in lake.silos:
        for template in render_silo(lake, silo, catalogue).nested:
            for name, resource in template.body["Resources"].items():
                if resource["Type"] == "AWS::IAM::Role":
                    assert resource["Properties"]["Path"] in ("/lake/workload/", "/lake/workload/foreign/"), name
                    boundary = resource["Properties"]["PermissionsBoundary"]["Fn::Sub"]
                    assert boundary.endswith(":policy/lake/lake-boundary-${AWS::Region}"), name


def test_what_holds_data_is_retained(lake: Lake, catalogue: Catalogue) -> None:
    holding = {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Glue::Database"}
    for template in render_silo(lake, "sales", catalogue).nested:
        for name, resource in template.body["Resources"].items():
            if resource["Type"] in holding:
                kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
                assert kept == ("RetainExceptOnCreate", "Retain"), name


def test_a_table_of_a_fixed_name_goes_with_its_flow_and_its_data_stays(lake: Lake, catalogue: Catalogue) -> None:
    resources = nested(lake, catalogue, "sales", "flow/orders")
    tables = [one for one in resources.values() if one["Type"] == "AWS::Glue::Table"]
    assert [(one["DeletionPolicy"], one["Properties"]["TableInput"]["TableType"]) for one in tables] == [
        ("Delete", "EXTERNAL_TABLE"),
        ("Delete", "EXTERNAL_TABLE"),
    ]


def test_a_dynamic_reference_is_refused_at_its_place(lake: Lake, catalogue: Catalogue) -> None:
    silo = lake.silos["sales"]
    spec = {**silo.manifest.data["spec"], "owners": ["{{resolve:ssm:canary}}@acme.example"]}
    manifest = replace(silo.manifest, data={**silo.manifest.data, "spec": spec})
    with pytest.raises(ManifestsInvalid) as raised:
        render_silo(with_silo(lake, "sales", manifest=manifest), "sales", catalogue)
    (problem,) = raised.value.problems
    assert (problem.code, problem.field) == ("dynamic-reference", "spec.owners[0]")
    assert isinstance(problem.at, Source)


def test_a_contract_that_is_too_large_for_aws_is_refused_at_its_line(
    lake: Lake, catalogue: Catalogue, with_flow: Callable[..., Lake]
) -> None:
    contract = lake.flows["orders"].contract
    allowed = tuple(f"{index:0250}" for index in range(1000))
    columns = tuple(replace(column, allowed=allowed) for column in contract.columns)
    changed = with_flow("orders", contract=replace(contract, columns=columns))
    with pytest.raises(ManifestsInvalid) as raised:
        render_silo(changed, "sales", catalogue)
    assert {problem.code for problem in raised.value.problems} == {"template-too-large"}
    assert {problem.subject for problem in raised.value.problems} == {"flow/orders"}
