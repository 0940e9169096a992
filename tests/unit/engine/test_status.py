"""The two axes, and the way of a bundle, from every state that a silo can be found in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from controller.engine.residence import UNASKED, Residence, residence
from controller.engine.status import StatusReader
from controller.engine.waiting import wait_for
from controller.model.bundle import Rendered, Template
from controller.model.health import Delivery, Health, Part, SiloStatus, Sync
from controller.model.index import Entry, Index, Refused
from controller.model.live import FailedResource, LivePipeline, LiveStack
from controller.model.ownership import bundle_key
from controller.model.source import Source
from controller.publish.bundle import pack
from controller.report.status_json import status_json
from controller.report.status_text import status_text
from controller.resolve.lake import Lake
from tests.fakes.silos import FakeSilos
from tests.fakes.world import HeldObjects, SeenBaseline, reading_ports

ACCOUNT = "200000000001"
ENTRY = Entry(ACCOUNT, "eu-west-1", "inputs-1", "bundle-1", "etag", "version-1", "c0ffee", "2026-01-01T10:00:00+00:00")
PIPELINE = LivePipeline("Succeeded", "version-1", "2026-01-01T10:01:00Z", "", "")
STACK = LiveStack(
    "arn:lake-silo", "lake-silo", "UPDATE_COMPLETE", "", "", {}, {"BundleDigest": "bundle-1", "Commit": "c"}
)

BEFORE = {"BundleDigest": "bundle-0", "Commit": "b"}  # outputs of the release before


@pytest.fixture
def silos() -> FakeSilos:
    """Sales runs what was published."""
    return FakeSilos({(ACCOUNT, "lake-delivery"): PIPELINE}, {(ACCOUNT, "lake-silo"): STACK})


@pytest.fixture
def bucket() -> HeldObjects:
    return HeldObjects()


def read(
    lake: Lake,
    silos: FakeSilos,
    bucket: HeldObjects,
    entry: Entry | None = ENTRY,
    wanted: str = "inputs-1",
    name: str = "sales",
    unknown: str = "",
) -> SiloStatus:
    index = Index({name: entry} if entry else {})
    return StatusReader(lake, reading_ports(bucket), silos, index, unknown, {name: wanted}).read(name)


def test_a_silo_that_runs_what_is_wanted_is_synced_and_healthy(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    status = read(small_lake, silos, bucket)
    assert status.good and status.settled
    assert status.delivery == Delivery("inputs-1", "inputs-1", "bundle-1", "version-1", "version-1", "bundle-1", "c")


def test_edited_manifests_are_out_of_sync_but_healthy_and_no_wait_mends_that(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    status = read(small_lake, silos, bucket, wanted="inputs-2")
    assert (status.sync, status.health, status.settled) == (Sync.OUT_OF_SYNC, Health.HEALTHY, True)


def test_an_account_that_does_not_exist_is_missing(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    status = read(small_lake, silos, bucket, entry=None, name="plant")
    assert (status.sync, status.health, status.account) == (Sync.OUT_OF_SYNC, Health.MISSING, "")
    assert not status.settled


def test_an_unreachable_silo_is_unknown_and_says_why(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    silos.cut_off.add(ACCOUNT)
    status = read(small_lake, silos, bucket)
    assert (status.sync, status.health) == (Sync.UNKNOWN, Health.UNKNOWN)
    assert "AccessDenied" in status.sync_reason


def test_without_an_index_nothing_is_said_of_sync(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    status = read(small_lake, silos, bucket, entry=None, unknown="the index could not be read: AccessDenied")
    assert (status.sync, status.health) == (Sync.UNKNOWN, Health.UNKNOWN)


@pytest.mark.parametrize(
    ("unknown", "where"),
    [("the index could not be read: no", UNASKED), ("", Residence({}, None, "the accounts could not be read: no"))],
    ids=["index", "accounts"],
)
def test_an_account_that_nobody_could_look_for_is_unknown_and_not_missing(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects, unknown: str, where: Residence
) -> None:
    found = StatusReader(small_lake, reading_ports(bucket), silos, Index({}), unknown, {"plant": "i"}, where)
    status = found.read("plant")
    assert (status.health, status.account) == (Health.UNKNOWN, "")
    assert [(part.reason, part.advice) for part in status.parts] == [(unknown or where.unread, "")]


OLD = replace(PIPELINE, revision="version-0")


@pytest.mark.parametrize(
    ("pipeline", "health"),
    [
        (OLD, Health.PROGRESSING),
        (replace(PIPELINE, status="InProgress"), Health.PROGRESSING),
        (replace(PIPELINE, status="Failed", error="Deploy/Silo: no"), Health.DEGRADED),
        (replace(PIPELINE, status="Stopped"), Health.DEGRADED),
        (replace(PIPELINE, polling_disabled_at="2026-01-01T00:00:00Z"), Health.SUSPENDED),
        (LivePipeline("Failed", "", "2026-01-01T09:00:00Z", "Source/Bundle: no such key", ""), Health.PROGRESSING),
        (LivePipeline("Failed", "", "2026-01-01T10:01:00Z", "Source/Bundle: AccessDenied", ""), Health.DEGRADED),
        (LivePipeline("", "", "", "", ""), Health.PROGRESSING),
        (None, Health.MISSING),
    ],
    ids=["old", "running", "failed", "stopped", "deaf", "failed before", "failed since", "new", "none"],
)
def test_the_pipeline_decides(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects, pipeline: LivePipeline | None, health: Health
) -> None:
    silos.pipelines = {(ACCOUNT, "lake-delivery"): pipeline} if pipeline else {}
    assert read(small_lake, silos, bucket).health is health


def test_a_failed_resource_is_told_at_the_line_that_asked_for_it(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    root = Template("", {"Resources": {"FlowOrders": {}}}, {})
    nested = Template("flow/orders", {"Resources": {"Stream": {}}}, {"Stream": Source("flows/orders.yaml", 12, 5)})
    bucket.contents[bundle_key(ACCOUNT)] = pack(Rendered("sales", root, (nested,), (), {}, {}), "c").content
    silos.stacks[ACCOUNT, "lake-silo"] = replace(STACK, status="UPDATE_ROLLBACK_COMPLETE", outputs=BEFORE)
    silos.failures[ACCOUNT, STACK.id] = FailedResource("FlowOrders", "Stream", "AWS::X::Y", "buffer too small")
    status = read(small_lake, silos, bucket)
    part = status.worst_part
    assert (status.health, part.source) == (Health.DEGRADED, Source("organizations/flows/orders.yaml", 12, 5))
    assert "silo/sales/flow/orders/Stream: buffer too small" in part.reason
    assert "(organizations/flows/orders.yaml:12)" in status_text([status])


def test_what_is_in_the_way_of_an_update_is_taken_away_and_the_pipeline_started(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    """An apply would not start it: what is published is as the manifests want it."""
    silos.stacks[ACCOUNT, "lake-silo"] = replace(STACK, status="UPDATE_ROLLBACK_COMPLETE", outputs=BEFORE)
    silos.failures[ACCOUNT, STACK.id] = FailedResource(
        "Storage", "Log", "AWS::Logs::LogGroup", "/lake/a already exists"
    )
    advice = read(small_lake, silos, bucket).worst_part.advice
    start = "aws codepipeline start-pipeline-execution --name lake-delivery --region eu-west-1"
    assert advice.startswith("take away ")
    assert advice.endswith(f"; then {start}  # in account {ACCOUNT}")


def test_a_pipeline_that_nothing_was_published_for_is_not_told_to_start_again(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    silos.stacks.clear()
    silos.pipelines[ACCOUNT, "lake-delivery"] = LivePipeline("Failed", "", "2026-01-01T09:00:00Z", "no such key", "")
    status = read(small_lake, silos, bucket, None)
    assert status.health is Health.MISSING
    assert [part.advice for part in status.parts if part.advice] == ["siloctl apply"]


def test_a_stack_that_is_back_at_what_is_published_again_runs_it(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    """As after a rollback of its wave: to CloudFormation the bundle before is no update."""
    silos.stacks[ACCOUNT, "lake-silo"] = replace(STACK, status="UPDATE_ROLLBACK_COMPLETE")
    assert read(small_lake, silos, bucket).good


def test_what_was_rolled_back_is_told_until_the_manifests_want_something_else(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    entry = replace(ENTRY, refused=Refused("inputs-2", "bundle-2", "2026-01-01T10:30:00+00:00", "its key is gone"))
    wanted = {inputs: read(small_lake, silos, bucket, entry, inputs) for inputs in ("inputs-2", "inputs-3")}
    assert wanted["inputs-2"].sync is Sync.OUT_OF_SYNC
    assert wanted["inputs-2"].sync_reason == (
        "what the manifests want was rolled back at 2026-01-01T10:30:00+00:00: its key is gone; "
        "siloctl plan tells the ways out"
    )
    assert "rolled back" not in wanted["inputs-3"].sync_reason


def test_a_first_deployment_that_rolled_back_says_that_the_stack_must_go(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    silos.stacks[ACCOUNT, "lake-silo"] = replace(STACK, status="ROLLBACK_COMPLETE", outputs={}, reason="it failed")
    part = read(small_lake, silos, bucket).worst_part
    assert (
        "aws cloudformation delete-stack --stack-name lake-silo --region eu-west-1" in part.advice
        and "it failed" in part.reason
    )


def test_json_holds_what_the_text_says(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    document = json.loads(status_json([read(small_lake, silos, bucket)]))
    assert document["good"] is True
    assert document["silos"][0]["delivery"]["deployed"] == "bundle-1"


def state(silo: str, health: Health, sync: Sync = Sync.SYNCED) -> SiloStatus:
    return SiloStatus(silo, ACCOUNT, "eu-west-1", sync, "", Delivery(), (Part("p", health, health),))


class Film:
    """Answers each silo's next picture; the clock moves only by sleeping."""

    def __init__(self, **pictures: list[Health]) -> None:
        self.pictures = pictures
        self.now = 0.0
        self.asked: list[tuple[str, ...]] = []

    def read(self, names: Sequence[str]) -> tuple[SiloStatus, ...]:
        self.asked.append(tuple(names))
        return tuple(state(n, p.pop(0) if len(p := self.pictures[n]) > 1 else p[0]) for n in names)

    def wait(self, timeout: float) -> tuple[list[str], tuple[SiloStatus, ...]]:
        told: list[str] = []
        end = wait_for(
            self.read,
            tuple(self.pictures),
            lambda status: told.append(f"{status.silo} {status.health}"),
            timeout,
            lambda: self.now,
            self.sleep,
        )
        return told, end

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_waiting_tells_each_turn_once_and_asks_only_those_that_are_not_settled() -> None:
    film = Film(a=[Health.HEALTHY], b=[Health.PROGRESSING, Health.PROGRESSING, Health.HEALTHY])
    told, end = film.wait(60)
    assert told == ["b Progressing", "b Healthy"]
    assert film.asked == [("a", "b"), ("b",), ("b",)]
    assert all(status.good for status in end)


def test_waiting_ends_at_a_failure_and_at_the_timeout() -> None:
    assert Film(a=[Health.PROGRESSING, Health.DEGRADED]).wait(60)[1][0].health is Health.DEGRADED
    film = Film(a=[Health.PROGRESSING])
    assert film.wait(7)[1][0].health is Health.PROGRESSING
    assert film.now == 7


WITH_SITE = replace(ENTRY, site="etag-of-pages", site_version="pages-1")
PAGES = replace(PIPELINE, revision="pages-1")


@pytest.mark.parametrize(
    ("pages", "health"),
    [
        (PAGES, Health.HEALTHY),
        (replace(PAGES, revision="pages-0"), Health.PROGRESSING),
        (replace(PAGES, status="Failed", error="Deploy/Files: no"), Health.DEGRADED),
        (replace(PAGES, polling_disabled_at="2026-01-01T00:00:00Z"), Health.SUSPENDED),
        (None, Health.MISSING),
    ],
    ids=["taken", "old", "failed", "deaf", "none"],
)
def test_the_pages_of_a_web_app_have_a_pipeline_of_their_own(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects, pages: LivePipeline | None, health: Health
) -> None:
    if pages is not None:
        silos.pipelines[ACCOUNT, "lake-site"] = pages
    status = read(small_lake, silos, bucket, WITH_SITE)
    (part,) = (part for part in status.parts if part.address == "silo/sales/site")
    assert (part.health, status.health) == (health, health)
    assert "lake-delivery" not in part.advice


def test_pages_are_not_looked_for_before_the_stack_that_makes_their_pipeline(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    silos.stacks[ACCOUNT, "lake-silo"] = replace(STACK, status="UPDATE_IN_PROGRESS")
    status = read(small_lake, silos, bucket, WITH_SITE)
    assert status.health is Health.PROGRESSING
    assert "silo/sales/site" not in [part.address for part in status.parts]


def test_a_stack_that_was_deleted_by_hand_is_no_wait_for_nothing(
    small_lake: Lake, silos: FakeSilos, bucket: HeldObjects
) -> None:
    del silos.stacks[ACCOUNT, "lake-silo"]
    status = read(small_lake, silos, bucket)
    assert (status.health, status.settled) == (Health.DEGRADED, True)
    assert "deleted by hand" in status.worst_part.reason and "start-pipeline-execution" in status.worst_part.advice


def reader(lake: Lake, silos: FakeSilos, index: Index, where: Residence = UNASKED) -> StatusReader:
    return StatusReader(lake, reading_ports(HeldObjects()), silos, index, "", dict.fromkeys(lake.members, "i"), where)


def test_an_account_without_a_baseline_is_not_enrolled_yet_and_not_unreadable(
    small_lake: Lake, silos: FakeSilos
) -> None:
    silos.cut_off.add(ACCOUNT)
    status = reader(small_lake, silos, Index({}), Residence({}, frozenset())).read("sales")
    assert (status.sync, status.health, status.account) == (Sync.OUT_OF_SYNC, Health.MISSING, ACCOUNT)
    assert "not enrolled yet" in status.worst_part.reason and status.worst_part.advice == "siloctl apply"


def test_an_account_that_was_created_is_there_before_anything_is_published(small_lake: Lake, silos: FakeSilos) -> None:
    where = Residence({"plant": "300000000001"}, frozenset())
    status = reader(small_lake, silos, Index({}), where).read("plant")
    assert status.account == "300000000001" and "not enrolled" in status.worst_part.reason


@pytest.mark.parametrize(("retired", "advice"), [(False, "write it back"), (True, "siloctl apply")])
def test_a_silo_whose_manifest_is_gone_is_told_as_long_as_it_was_published(
    small_lake: Lake, silos: FakeSilos, retired: bool, advice: str
) -> None:
    entry = replace(ENTRY, account="200000000099", retired=retired)
    status = reader(small_lake, silos, Index({"gone": entry})).departed("gone")
    assert (status.sync, status.good, status.account) == (Sync.OUT_OF_SYNC, False, "200000000099")
    assert status.parts[0].advice.startswith(advice)
    assert f"      do: {status.parts[0].advice}\n" in status_text([status])


def test_a_silo_that_was_renamed_is_not_told_to_be_retired(small_lake: Lake, silos: FakeSilos) -> None:
    status = reader(small_lake, silos, Index({"shop": ENTRY})).departed("shop")
    assert status.sync_reason == f"account {ACCOUNT} is silo/sales now"
    assert status.parts[0].advice == "siloctl apply, which forgets it"


def test_residence_asks_only_for_what_was_never_published(small_lake: Lake) -> None:
    entries = dict.fromkeys(small_lake.members, ENTRY)
    assert residence(small_lake, reading_ports(HeldObjects()), entries, small_lake.members) == UNASKED
    ports = reading_ports(HeldObjects(), None, SeenBaseline([ACCOUNT]))
    found = residence(small_lake, ports, {}, ["sales"])
    assert found.enrolled == frozenset({ACCOUNT})
