"""A quiet lake reports nothing; each kind of drift is found, with what is expected, what is there, and the ways out."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, DriftReport
from controller.engine.drift import find_drift
from controller.kinds.silo import NewAccount
from controller.model.credential import LiveKey, LiveUser
from controller.model.index import Entry, Index
from controller.model.live import LiveDifference, LiveDrift, LivePipeline, LiveResource, LiveStack, LiveTable
from controller.model.observed import Unreadable
from controller.model.vended import VendedStack
from controller.model.world import Account, Unit
from controller.publish.origin import Origin
from controller.report.drift_text import drift_text
from controller.resolve.lake import Lake
from tests.fakes.silos import FakeSilos
from tests.fakes.users import FakeUsers
from tests.fakes.vendings import FakeVendings
from tests.fakes.world import HeldObjects, SeenBaseline, SeenOrganization, reading_ports

SALES, FINANCE, PLANT = "200000000001", "200000000003", "300000000001"
ACCOUNTS = {"sales": SALES, "finance": FINANCE, "plant": PLANT}
UNITS = {"sales": "Lake/Silos/Commercial", "finance": "Lake/Silos/Finance", "plant": "Lake/Silos/Operations"}
STORAGE = "arn:storage"
STATEMENT = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": {"Fn::Sub": "${RawBucket.Arn}/*"},
}
TEMPLATE = {
    "Resources": {
        "RawBucket": {"Type": "AWS::S3::Bucket"},
        "RawPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "RawBucket"}, "PolicyDocument": {"Statement": [STATEMENT]}},
        },
    }
}
LIVE = {"Statement": {**STATEMENT, "Resource": ["arn:aws:s3:::sales-raw/*"], "Principal": {"AWS": "*"}}}


class World:
    """Three silos as they were published, in their units; `look` compares."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.bucket = HeldObjects()
        self.silos = FakeSilos()
        self.users = FakeUsers(account=SALES)
        self.vendings = FakeVendings()
        self.now = datetime(2026, 1, 1, 10, 1, tzinfo=UTC)  # a minute after everything was published
        entries = {}
        for name, account in ACCOUNTS.items():
            published = ("e", "v", "c", "2026-01-01T10:00:00+00:00")
            entries[name] = Entry(account, "eu-west-1", "i", f"bundle-{name}", *published, site="s", site_version="p")
            self.silos.pipelines[account, "lake-site"] = LivePipeline("Succeeded", "p", "", "", "")
            self.silos.pipelines[account, "lake-delivery"] = LivePipeline("Succeeded", "v", "", "", "")
            outputs = {"BundleDigest": f"bundle-{name}"}
            self.silos.stacks[account, "lake-silo"] = LiveStack(
                "root", "lake-silo", "CREATE_COMPLETE", "", "", {}, outputs
            )
        self.bucket.publish(Index(entries))
        self._storage()
        paths = ("Lake", "Lake/Silos", "Lake/Analytics", *UNITS.values())
        self.units = {path: Unit(path, f"ou-{path[-4:]}", "") for path in paths}
        self.enrolled_by: dict[str, str] = {}  # by account, the id of a unit above it
        self.members = {
            account: Account(account, name, f"{name}@acme.example", "ACTIVE", self.units[UNITS[name]].id)
            for name, account in ACCOUNTS.items()
        }

    def _storage(self) -> None:
        resources = (
            LiveResource("RawBucket", "sales-raw", "AWS::S3::Bucket", "CREATE_COMPLETE"),
            LiveResource("RawPolicy", "sales-raw", "AWS::S3::BucketPolicy", "CREATE_COMPLETE"),
        )
        nested = LiveResource("Storage", STORAGE, "AWS::CloudFormation::Stack", "CREATE_COMPLETE")
        self.silos.listed = {(SALES, "root"): (nested,), (SALES, STORAGE): resources}
        self.silos.templates = {(SALES, STORAGE): TEMPLATE}
        self.silos.stacks[SALES, STORAGE] = LiveStack(STORAGE, "lake-silo-Storage", "CREATE_COMPLETE", "", "", {}, {})
        self.silos.policies = {(SALES, "sales-raw"): LIVE}

    def look(self, *names: str) -> DriftReport:
        organization = SeenOrganization(self.units, self.members)
        ports = reading_ports(self.bucket, organization, SeenBaseline(self.members, self.enrolled_by))
        return find_drift(self.lake, replace(ports, now=lambda: self.now), self.silos, self.users, self.vendings, names)


@pytest.fixture
def world(small_lake: Lake) -> World:
    assert isinstance(small_lake.silos["plant"].account, NewAccount)
    return World(small_lake)


def only(report: DriftReport) -> Any:
    assert not report.unreadable
    (finding,) = report.findings
    return finding


def test_a_quiet_lake_reports_nothing_and_says_what_was_read(world: World) -> None:
    report = world.look()
    assert (report.findings, report.unreadable) == ((), {})
    assert report.compared == {"silos": 3, "accounts": 3, "stacks": 4, "bucket policies": 1}


def test_an_added_statement_is_found_with_the_command_that_puts_the_policy_back(world: World) -> None:
    added = {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    world.silos.policies[SALES, "sales-raw"] = {"Statement": [LIVE["Statement"], added]}
    finding = only(world.look())
    assert (finding.kind, finding.address) == (DriftClass.POLICY_CHANGED, "silo/sales/Storage/RawPolicy")
    assert finding.details == (Detail("Statement[Open]", None, added),)
    assert finding.reassert.startswith("aws s3api put-bucket-policy --bucket sales-raw --policy '{")
    assert "arn:aws:s3:::sales-raw/*" in finding.reassert and SALES in finding.reassert


def test_a_policy_that_was_taken_off_is_found(world: World) -> None:
    del world.silos.policies[SALES, "sales-raw"]
    assert "taken off" in only(world.look()).message


def test_a_policy_that_cannot_be_told_is_unreadable_and_not_quiet(world: World) -> None:
    body = {"Statement": [{**STATEMENT, "Resource": {"Fn::GetAtt": ["Unknown", "Arn"]}}]}
    policy = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "sales-raw", "PolicyDocument": body}}
    world.silos.templates[SALES, STORAGE] = {"Resources": {"RawPolicy": policy}}
    assert list(world.look().unreadable) == ["silo/sales/Storage/RawPolicy"]


def test_what_a_silos_account_says_a_bucket_is_called_runs_as_no_command(world: World) -> None:
    """A template as its account has it may say anything: a macro makes something else of it."""
    name = "sales-raw; touch pwned"
    body = {"Bucket": name, "PolicyDocument": {"Statement": [STATEMENT]}}
    resources = {**TEMPLATE["Resources"], "RawPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": body}}
    world.silos.templates[SALES, STORAGE] = {"Resources": resources}
    world.silos.policies[SALES, name] = {"Statement": []}
    words = shlex.split(only(world.look()).reassert, comments=True)
    assert words[:5] == ["aws", "s3api", "put-bucket-policy", "--bucket", name]


@pytest.mark.parametrize(
    "odd",
    [
        "a text",
        {},
        {"Type": "AWS::S3::BucketPolicy"},
        {"Type": "AWS::S3::BucketPolicy", "Properties": []},
        {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "sales-raw"}},
        {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "d"}},
    ],
    ids=["no resource", "no type", "no properties", "a list of them", "no policy", "no table"],
)
def test_a_template_that_we_never_wrote_is_unreadable_and_ends_no_look(world: World, odd: Any) -> None:
    world.silos.templates[SALES, STORAGE] = {"Resources": {"RawPolicy": odd}}
    assert "not as we write it" in world.look().unreadable["silo/sales/Storage/RawPolicy"]


def test_a_key_whose_template_names_no_user_is_somebody_elses(world: World) -> None:
    key = LiveResource("Key", "AKIAEXAMPLE", "AWS::IAM::AccessKey", "CREATE_COMPLETE")
    user = LiveResource("User", "feed", "AWS::IAM::User", "CREATE_COMPLETE")
    world.silos.listed[SALES, STORAGE] = (key, user)
    world.silos.templates[SALES, STORAGE] = {"Resources": {"Key": {"Type": "AWS::IAM::AccessKey"}, "User": {}}}
    assert world.look().unreadable == {}


def test_a_catalog_policy_that_cannot_be_told_is_unreadable_and_ends_no_look(world: World) -> None:
    body = {"Statement": [{**STATEMENT, "Resource": {"Fn::GetAtt": ["Unknown", "Arn"]}}]}
    policy = {"Type": "Custom::LakeCatalogPolicy", "Properties": {"PolicyDocument": body}}
    world.silos.templates[SALES, STORAGE] = {"Resources": {"RawPolicy": policy}}
    assert "cannot be told" in world.look().unreadable["silo/sales/Storage/RawPolicy"]


def test_what_cloudformation_detects_is_told_property_by_property(world: World) -> None:
    difference = LiveDifference("/VersioningConfiguration/Status", "Enabled", "Suspended")
    world.silos.drifts[SALES, STORAGE] = (LiveDrift("RawBucket", "sales-raw", "AWS::S3::Bucket", False, (difference,)),)
    finding = only(world.look())
    assert (finding.kind, finding.address) == (DriftClass.CHANGED_BY_HAND, "silo/sales/Storage/RawBucket")
    assert finding.details == (Detail("VersioningConfiguration.Status", "Enabled", "Suspended"),)


def test_a_silo_that_runs_another_bundle_is_undeployed(world: World) -> None:
    live = world.silos.stacks[FINANCE, "lake-silo"]
    world.silos.stacks[FINANCE, "lake-silo"] = replace(live, outputs={"BundleDigest": "old"})
    finding = only(world.look())
    assert (finding.kind, finding.address, finding.since) == (
        DriftClass.UNDEPLOYED,
        "silo/finance/bundle",
        "2026-01-01T10:00:00+00:00",
    )


def test_a_stack_that_was_never_made_has_to_go_before_its_pipeline_starts(world: World) -> None:
    live = world.silos.stacks[FINANCE, "lake-silo"]
    world.silos.stacks[FINANCE, "lake-silo"] = replace(live, status="ROLLBACK_COMPLETE", outputs={})
    finding = only(world.look())
    assert (finding.kind, finding.message) == (
        DriftClass.UNDEPLOYED,
        "is published, and nothing of it runs: lake-silo is ROLLBACK_COMPLETE",
    )
    assert finding.reassert.index("delete-stack") < finding.reassert.index("start-pipeline-execution")
    assert "git revert" not in finding.accept


@pytest.mark.parametrize(
    "pipeline",
    [LivePipeline("InProgress", "v", "", "", ""), LivePipeline("Succeeded", "before", "", "", "")],
    ids=["running", "not noticed yet"],
)
def test_a_release_on_its_way_is_no_drift(world: World, pipeline: LivePipeline) -> None:
    live = world.silos.stacks[FINANCE, "lake-silo"]
    world.silos.stacks[FINANCE, "lake-silo"] = replace(live, outputs={"BundleDigest": "old"})
    world.silos.pipelines[FINANCE, "lake-delivery"] = pipeline
    assert world.look().findings == ()


def test_a_release_that_a_pipeline_never_noticed_is_drift(world: World) -> None:
    live = world.silos.stacks[FINANCE, "lake-silo"]
    world.silos.stacks[FINANCE, "lake-silo"] = replace(live, outputs={"BundleDigest": "old"})
    world.silos.pipelines[FINANCE, "lake-delivery"] = LivePipeline("Succeeded", "before", "", "", "")
    world.now = datetime(2026, 1, 1, 10, 30, tzinfo=UTC)
    assert only(world.look()).kind is DriftClass.UNDEPLOYED


def test_a_silo_without_its_stack_is_undeployed(world: World) -> None:
    del world.silos.stacks[FINANCE, "lake-silo"]
    assert only(world.look()).kind is DriftClass.UNDEPLOYED


@pytest.mark.parametrize(("name", "place"), [("lake-delivery", "pipeline"), ("lake-site", "site")])
def test_a_pipeline_that_stopped_polling_is_told_with_its_time(world: World, name: str, place: str) -> None:
    world.silos.pipelines[FINANCE, name] = LivePipeline("Succeeded", "v", "", "", "2026-02-01T00:00:00Z")
    finding = only(world.look())
    assert (finding.kind, finding.since) == (DriftClass.POLLING_DISABLED, "2026-02-01T00:00:00Z")
    assert (finding.address, f"--name {name} " in finding.reassert) == (f"silo/finance/{place}", True)


@pytest.mark.parametrize(
    ("unit", "above", "kind"),
    [("Lake/Silos/Finance", "Lake/Silos", "Silo"), ("Lake/Analytics", "Lake/Analytics", "Consumer")],
)
def test_an_account_that_no_manifest_names_is_unmanaged(world: World, unit: str, above: str, kind: str) -> None:
    parent = world.units[unit].id
    world.members["400000000001"] = Account("400000000001", "stray", "stray@acme.example", "ACTIVE", parent)
    world.enrolled_by["400000000001"] = world.units[above].id
    finding = only(world.look())
    assert (finding.kind, finding.address) == (DriftClass.UNMANAGED_ACCOUNT, "account/400000000001")
    assert f'a {kind} manifest with spec.account: "400000000001"' in finding.accept and unit in finding.accept
    assert finding.reassert.endswith("  # in account 999999999999"), "the management account moves accounts"


def test_an_account_in_another_unit_is_misplaced(world: World) -> None:
    world.members[SALES] = replace(world.members[SALES], parent=world.units["Lake/Silos/Finance"].id)
    finding = only(world.look())
    assert finding.kind is DriftClass.MISPLACED_ACCOUNT
    assert finding.details == (Detail("organizationalUnit", "Lake/Silos/Commercial", "Lake/Silos/Finance"),)
    assert finding.reassert == "siloctl apply --full", "no other apply looks where the account of a settled silo is"
    assert finding.source is not None


def test_one_unreachable_silo_hides_none_of_the_others(world: World) -> None:
    world.silos.cut_off.add(FINANCE)
    del world.silos.policies[SALES, "sales-raw"]
    report = world.look()
    assert [finding.kind for finding in report.findings] == [DriftClass.POLICY_CHANGED]
    assert list(report.unreadable) == ["silo/finance"]


KEY = LiveDrift("Key", "k", "AWS::ApiGateway::ApiKey", deleted=False, differences=(), unread="not authorized")
HALF = LiveDrift("", "", "AWS::CloudFormation::Stack", deleted=False, differences=(), unread="drift detection failed")
UNREAD = LiveDrift("RawBucket", "sales-raw", "AWS::S3::Bucket", deleted=False, differences=(), unread="Throttling")


@pytest.mark.parametrize(
    ("drifts", "unreadable"),
    [
        ([KEY], []),
        ([HALF, KEY], []),
        ([HALF], ["silo/sales/Storage"]),
        ([HALF, KEY, UNREAD], ["silo/sales/Storage", "silo/sales/Storage/RawBucket"]),
    ],
    ids=["a key", "a key, and so the stack", "the stack", "a key and a bucket"],
)
def test_what_tells_a_secret_is_withheld_and_hides_nothing_else(
    world: World, drifts: list[LiveDrift], unreadable: list[str]
) -> None:
    world.silos.drifts[SALES, STORAGE] = drifts
    report = world.look()
    assert list(report.unreadable) == unreadable
    assert report.withheld == (("silo/sales/Storage/Key",) if KEY in drifts else ())
    assert report.findings == () and report.compared["stacks"] == 4


def test_an_unreadable_index_is_said(world: World) -> None:
    world.bucket.broken = Unreadable("AccessDenied")
    assert "index" in world.look().unreadable


def test_asking_for_one_silo_reads_no_other_and_no_accounts(world: World) -> None:
    world.silos.cut_off.add(FINANCE)
    report = world.look("sales")
    assert report.unreadable == {} and "accounts" not in report.compared


def test_what_cloudformation_could_not_compare_is_unreadable_and_the_rest_is_told(world: World) -> None:
    whole = LiveDrift("", "", "AWS::CloudFormation::Stack", False, (), "drift detection failed: AccessDenied")
    one = LiveDrift("RawBucket", "sales-raw", "AWS::S3::Bucket", False, (), "no answer")
    gone = LiveDrift("Queue", "q", "AWS::SQS::Queue", True, ())
    world.silos.drifts[SALES, STORAGE] = (whole, one, gone)
    report = world.look("sales")
    assert set(report.unreadable.values()) == {"drift detection failed: AccessDenied", "no answer"}
    assert [finding.message for finding in report.findings] == ["was deleted by hand"]


def test_a_stack_that_was_deleted_says_what_stands_in_the_way_of_a_new_one(world: World) -> None:
    del world.silos.stacks[FINANCE, "lake-silo"]
    world.silos.pipelines[FINANCE, "lake-delivery"] = LivePipeline("InProgress", "v", "", "", "")
    assert world.look().findings == ()
    world.silos.pipelines[FINANCE, "lake-delivery"] = LivePipeline("Succeeded", "v", "", "", "")
    finding = only(world.look())
    assert "start-pipeline-execution" in finding.reassert and "imported first" in finding.reassert
    assert "retired" in finding.accept


@pytest.mark.parametrize(
    ("id", "address", "put_back"), [("FlowOrders", "flow/orders", "take it out"), ("Storage", "storage", "import")]
)
def test_a_nested_stack_that_was_deleted_is_told_as_a_whole(
    world: World, id: str, address: str, put_back: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Origin, "nested_address", lambda self, nested: address)
    gone = LiveStack("arn:gone", "gone", "DELETE_COMPLETE", "", "", {}, {})
    world.silos.stacks[SALES, "arn:gone"] = gone
    world.silos.refused["arn:gone"] = "Drift detection cannot be performed"
    world.silos.listed[SALES, "root"] = (LiveResource(id, "arn:gone", "AWS::CloudFormation::Stack", "CREATE_COMPLETE"),)
    finding = only(world.look())
    assert (finding.address, finding.message) == (f"silo/sales/{address}", "was deleted by hand as a whole")
    assert finding.reassert.startswith(put_back)


def test_a_deleted_resource_is_accepted_by_taking_it_out_and_a_changed_one_by_writing_it_down(world: World) -> None:
    world.silos.drifts[SALES, STORAGE] = (
        LiveDrift("Queue", "q", "AWS::SQS::Queue", True, ()),
        LiveDrift("RawBucket", "sales-raw", "AWS::S3::Bucket", False, (LiveDifference("/Tags", "a", "b"),)),
    )
    deleted, changed = world.look().findings
    assert "take what asks for it out" in deleted.accept and "write it as it is now" in changed.accept
    assert [word for word in deleted.reassert.split() if word.endswith(("-set", "-complete"))] == [
        "create-change-set",
        "change-set-create-complete",
        "execute-change-set",
        "stack-update-complete",
    ]


def test_what_was_vended_by_hand_is_told_beside_the_drift_and_is_none(world: World) -> None:
    said = {"prefix": "inbound/probe", "by": "ana@acme.example", "expires": "2026-02-01T00:00:00Z"}
    key = {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "ProbeUser"}, "Status": "Active"}}
    template = {"Metadata": {"lake:vended": {"probe": said}}, "Resources": {"ProbeUser": {}, "ProbeKey": key}}
    resources = (
        LiveResource("ProbeUser", "vended-probe", "AWS::IAM::User", "CREATE_COMPLETE"),
        LiveResource("ProbeKey", "AKIA1", "AWS::IAM::AccessKey", "CREATE_COMPLETE"),
    )
    world.vendings.stacks["sales"] = VendedStack(
        "UPDATE_COMPLETE", "", ("Bucket",), template, resources, (), frozenset()
    )
    world.users.there["vended-probe"] = LiveUser(
        "vended-probe", "/partners/sales/", {}, (LiveKey("AKIA1", True, date(2026, 1, 1), ""),)
    )
    report = world.look()
    assert (report.findings, report.unreadable) == ((), {})
    (told,) = report.vended
    assert (told.address, told.kind) == ("silo/sales/vended/probe", DriftClass.VENDED_BY_HAND)
    assert "partner adopt sales/probe" in told.accept and "inbound/probe" in told.manifest

    world.silos.drifts[SALES, "lake-vended"] = (
        LiveDrift("ProbeUser", "vended-probe", "AWS::IAM::User", False, (LiveDifference("/Policies", "a", "b"),)),
    )
    finding = only(world.look())
    assert "--stack-name lake-vended" in finding.reassert and "ParameterKey=Bucket" in finding.reassert


def test_before_the_first_apply_there_is_nothing_to_compare_and_nothing_wrong(world: World) -> None:
    world.bucket.publish(Index({}))
    world.silos.stacks.clear()
    del world.members[PLANT]
    world.silos.cut_off.add(SALES)
    report = world.look()
    assert (report.findings, report.unreadable) == ((), {})
    assert report.unpublished == ("silo/finance", "silo/plant", "silo/sales")
    assert "Nothing to compare yet." in drift_text(report)


def test_the_account_of_a_silo_whose_manifest_is_gone_is_not_just_moved_away(world: World) -> None:
    world.lake = replace(world.lake, silos={name: one for name, one in world.lake.silos.items() if name != "finance"})
    finding = only(world.look())
    assert finding.kind is DriftClass.UNMANAGED_ACCOUNT and "silo/finance, whose manifest is gone" in finding.message
    assert finding.reassert.startswith("write its manifest back with spec.lifecycle: retired")


def test_an_account_that_was_created_and_not_published_to_is_its_silos(world: World) -> None:
    silo = world.lake.silos["plant"]
    assert isinstance(silo.account, NewAccount)
    entries = {
        name: Entry(ACCOUNTS[name], "eu-west-1", "i", f"bundle-{name}", "e", "v", "c", "")
        for name in ("sales", "finance")
    }
    world.bucket.publish(Index(entries))
    world.members[PLANT] = replace(world.members[PLANT], email=silo.account.email.upper())
    report = world.look()
    assert report.findings == () and report.unpublished == ("silo/plant",)


ORDERS = {
    "Name": "orders",
    "PartitionKeys": [{"Name": "day", "Type": "string"}],
    "StorageDescriptor": {
        "Location": {"Fn::Sub": "s3://${RawBucket}/orders/"},
        "Columns": [{"Name": "Id", "Type": "bigint"}, {"Name": "total", "Type": "double"}],
    },
}
KEPT = LiveTable((("id", "bigint"), ("total", "double")), (("day", "string"),), "s3://sales-raw/orders/")


@pytest.fixture
def catalog(world: World) -> World:
    """A table, a link to another account's, and a crawler, beside what storage has."""
    table = {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "sales", "TableInput": ORDERS}}
    target = {"Name": "theirs", "TargetTable": {"CatalogId": FINANCE, "DatabaseName": "finance", "Name": "theirs"}}
    link = {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "sales", "TableInput": target}}
    crawler: dict[str, Any] = {"Type": "AWS::Glue::Crawler", "Properties": {}}
    more = {"Table": table, "Link": link, "Crawler": crawler}
    body = world.silos.templates[SALES, STORAGE]
    world.silos.templates[SALES, STORAGE] = {"Resources": {**body["Resources"], **more}}
    held = world.silos.listed[SALES, STORAGE]
    made = (LiveResource(name, name.lower(), one["Type"], "CREATE_COMPLETE") for name, one in more.items())
    world.silos.listed[SALES, STORAGE] = (*held, *made)
    world.silos.catalogs[SALES, "sales"] = {"orders": KEPT, "theirs": replace(KEPT, columns=())}
    world.silos.crawling.add((SALES, "crawler"))
    return world


def test_tables_and_crawlers_as_they_were_deployed_are_quiet(catalog: World) -> None:
    report = catalog.look()
    assert (report.findings, report.unreadable) == ((), {})
    assert (report.compared["tables"], report.compared["crawlers"]) == (2, 1)


@pytest.mark.parametrize(
    ("live", "details"),
    [
        (
            replace(KEPT, columns=(("id", "string"), ("note", "string"))),
            (
                Detail("Columns[id]", "bigint", "string"),
                Detail("Columns[total]", "double", None),
                Detail("Columns[note]", None, "string"),
            ),
        ),
        (
            replace(KEPT, columns=tuple(reversed(KEPT.columns))),
            (Detail("Columns", ["id", "total"], ["total", "id"]),),
        ),
        (replace(KEPT, partitions=()), (Detail("PartitionKeys[day]", "string", None),)),
        (
            replace(KEPT, location="s3://elsewhere/"),
            (Detail("Location", "s3://sales-raw/orders/", "s3://elsewhere/"),),
        ),
    ],
    ids=["columns", "order", "partitions", "place"],
)
def test_a_table_that_was_changed_is_told_column_by_column(
    catalog: World, live: LiveTable, details: tuple[Detail, ...]
) -> None:
    catalog.silos.catalogs[SALES, "sales"] = {"orders": live, "theirs": KEPT}
    finding = only(catalog.look())
    assert (finding.address, finding.message) == ("silo/sales/Storage/Table", "was changed by hand")
    assert finding.details == details
    assert finding.reassert.startswith("aws glue update-table --cli-input-json ")


def test_a_table_a_link_and_a_crawler_that_are_gone_are_told(catalog: World) -> None:
    catalog.silos.catalogs.clear()
    catalog.silos.crawling.clear()
    found = {finding.address.rpartition("/")[2]: finding for finding in catalog.look().findings}
    assert {name: finding.message for name, finding in found.items()} == dict.fromkeys(
        ("Crawler", "Link", "Table"), "was deleted by hand"
    )
    assert found["Link"].reassert.startswith("aws glue create-table ")
    assert "write it back" in found["Crawler"].reassert


def test_a_table_whose_place_cannot_be_told_is_unreadable_and_not_quiet(catalog: World) -> None:
    catalog.silos.listed[SALES, STORAGE] = tuple(
        one for one in catalog.silos.listed[SALES, STORAGE] if one.logical_id not in ("RawBucket", "RawPolicy")
    )
    assert list(catalog.look().unreadable) == ["silo/sales/Storage/Table"]
