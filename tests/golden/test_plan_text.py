"""Whole plans as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from controller import __version__
from controller.diff.change import Change, Detail, Later, Verb
from controller.diff.drift import DriftClass, DriftReport, Finding
from controller.model.source import Source
from controller.plan.plan import Guard, Order, Plan, Turn
from controller.report.drift_text import drift_text
from controller.report.plan_json import drift_json, failed_plan_json, plan_json
from controller.report.plan_text import plan_text
from controller.report.terminal import Terminal

Golden = Callable[[str, str], None]
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text())

BUFFER = Change(
    "silo/sales/flow/orders/DeliveryStream",
    "AWS::KinesisFirehose::DeliveryStream",
    Verb.UPDATE,
    "its properties differ",
    (Detail("ExtendedS3DestinationConfiguration.BufferingHints.IntervalInSeconds", 300, 600),),
    Source("manifests/flows/orders.yaml", 13, 14),
)
POLICY = Finding(
    DriftClass.POLICY_CHANGED,
    "silo/sales/storage/RawPolicy",
    "AWS::S3::BucketPolicy",
    "is not the policy that was deployed",
    (Detail("Statement[Everybody]", None, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}),),
    reassert="aws s3api put-bucket-policy --bucket acme-sales-raw-200000000001 --policy file://expected.json",
    accept="write a Share manifest for who should read it",
    source=Source("manifests/silos/sales.yaml", 6, 3),
)


def created(silo: str, names: str, file: str) -> tuple[Change, ...]:
    return tuple(
        Change(
            f"silo/{silo}/{name}",
            "AWS::S3::Bucket",
            Verb.CREATE,
            "does not exist yet",
            (Detail("BucketName", None, name),),
            Source(file, 4, 3),
        )
        for name in names.split()
    )


MANY = " ".join(f"storage/Part{number:02}" for number in range(12))

PLANS = {
    "nothing": Plan((), (), (), {"accounts": 4, "baselines": 1, "silos": 4}),
    "one_edit": Plan((BUFFER,), (), (), {"silos": 4}),
    "first": Plan(
        (
            Change(
                "account/manufacturing",
                "account",
                Verb.CREATE,
                "does not exist yet",
                (Detail("Id", None, Later("account/manufacturing", "Id")),),
                Source("manifests/silos/manufacturing.yaml", 9, 5),
            ),
            *created("finance", "storage/RawBucket storage/RawPolicy", "manifests/silos/finance.yaml"),
            *created("sales", MANY, "manifests/silos/sales.yaml"),
        ),
        (),
        ("the index does not exist yet",),
        {"silos": 2},
    ),
    "in_waves": Plan(
        (BUFFER,),
        (),
        (),
        {"silos": 40},
        order=Order(
            (
                Turn("canary", ("sales",), ("plant",)),
                Turn("early", (), ("finance",)),
                Turn("everyone", tuple(f"silo-{number:02}" for number in range(30))),
            ),
            5400,
            "rollback",
        ),
    ),
    "everything_at_once": Plan(
        (
            BUFFER,
            Change(
                "silo/sales/storage/RawBucket",
                "AWS::S3::Bucket",
                Verb.REPLACE,
                "BucketName cannot change in place",
                (
                    Detail("BucketName", "acme-sales-raw", "acme-sales-raw-2", replaces=True),
                    Detail("Tags", None, ["a"]),
                    Detail("LifecycleConfiguration", {"Rules": []}, None),
                ),
                Source("manifests/silos/sales.yaml", 4, 3),
                destroys_data=True,
                retained=True,
            ),
            Change("silo/sales/flow/old/Schedule", "AWS::Scheduler::Schedule", Verb.DELETE, "no manifest asks for it"),
            Change(
                "silo/sales/flow/old/Table", "AWS::Glue::Table", Verb.DELETE, "no manifest asks for it", retained=True
            ),
            Change("silo/finance/bundle", "bundle", Verb.BLOCKED, "could not be read: AccessDenied (s3:GetObject)"),
            *created("logistics", "partners/FastfreightUser", "manifests/partners/fastfreight.yaml"),
        ),
        (
            Guard(
                "destroys-data",
                "replacing it destroys the data in it",
                True,
                "silo/sales/storage/RawBucket",
                "destroy=silo/sales/storage/RawBucket",
            ),
            Guard("expires-soon", "partner/fastfreight expires in 9 days", False),
        ),
        (),
        {"silos": 4},
        {"inputs": "0" * 64},
        (POLICY,),
    ),
    "consequence": Plan(
        (
            Change(
                "silo/sales/storage/JobSecurity",
                "AWS::Glue::SecurityConfiguration",
                Verb.REPLACE,
                "a property that cannot be changed in place differs",
                (Detail("Name", {"Fn::Sub": "lake-${Key}"}, {"Fn::Sub": "jobs-${Key}"}, replaces=True),),
                Source("manifests/silos/sales.yaml", 9, 3),
            ),
            Change(
                "silo/sales/flow/ledger/Pull",
                "AWS::AppFlow::Flow",
                Verb.REPLACE,
                "replaced because it reads silo/sales/storage/Key, made anew",
                (
                    Detail(
                        "KMSArn",
                        {"Fn::GetAtt": ["silo/sales/storage/Key", "Arn"]},
                        Later("silo/sales/storage/Key", "Arn"),
                        replaces=True,
                    ),
                ),
                Source("manifests/flows/ledger.yaml", 7, 3),
                destroys_data=True,
            ),
            *(
                Change(
                    f"silo/{silo}/flow/orders/Job",
                    "AWS::Glue::Job",
                    Verb.UPDATE,
                    f"it reads silo/{silo}/storage/JobSecurity, made anew",
                    (
                        Detail(
                            "SecurityConfiguration",
                            {"Ref": f"silo/{silo}/storage/JobSecurity"},
                            Later(f"silo/{silo}/storage/JobSecurity", "Ref"),
                        ),
                    ),
                )
                for silo in ("sales", "finance")
            ),
        ),
        (),
        (),
        {"silos": 2},
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"plan/{name}.txt", plan_text(PLANS[name]))


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_as_json_is_its_golden_file_and_fits_the_schema(name: str, golden: Golden) -> None:
    text = plan_json(PLANS[name])
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(text))
    golden(f"plan/{name}.json", text.replace(__version__, "VERSION"))


def test_a_plan_that_could_not_be_made_fits_the_schema_too() -> None:
    document = json.loads(failed_plan_json("AWS did not answer", "is the endpoint up?"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["errored"] and not document["applyable"]


def test_all_resources_with_their_properties_on_demand(golden: Golden) -> None:
    golden("plan/first_all.txt", plan_text(PLANS["first"], everything=True))


def test_a_terminal_without_unicode_gets_ascii_and_one_with_colour_gets_colour(golden: Golden) -> None:
    golden("plan/first_ascii.txt", plan_text(PLANS["first"], Terminal(unicode=False)))
    assert plan_text(PLANS["first"], Terminal(unicode=False)).isascii()
    golden("plan/one_edit_colour.txt", plan_text(PLANS["one_edit"], Terminal(color=True)))


def test_an_edited_value_is_a_three_line_plan() -> None:
    assert len(plan_text(PLANS["one_edit"]).splitlines()) == 3


DRIFTS = {
    "nothing": DriftReport((), {}, {"silos": 4, "stacks": 11}),
    "policy": DriftReport(
        (POLICY,),
        {"silo/finance": "AccessDenied (sts:AssumeRole)"},
        {"silos": 3, "bucket policies": 9},
        withheld=("silo/sales/flow/orders/Key",),
    ),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"drift/{name}.txt", drift_text(DRIFTS[name]))
    golden(f"drift/{name}.json", drift_json(DRIFTS[name]).replace(__version__, "VERSION"))
