"""The pages of a web app: published beside their bundle, told as a line of their own, put back when they are lost."""

from __future__ import annotations

import io
import zipfile

import pytest

from controller.diff.change import Change, Verb
from controller.engine.apply import Outcome, apply
from controller.engine.plan import Options, Prepared, make_plan
from controller.kinds.silo import Silo
from controller.model.errors import ControllerError
from controller.model.ownership import INDEX_KEY, bundle_key, site_key
from controller.plan.step import Publish, Record
from controller.resolve.lake import Lake
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import catalogue
from tests.fakes.lakes import SALES, finance, lake, sales

SITE, BUNDLE = site_key(SALES), bundle_key(SALES)
WEBAPP = {"signIn": {"type": "cognito", "admins": ["lake-admin@sales.acme.example"]}}


def open_silo(**changed: object) -> Silo:
    return sales(webapp=WEBAPP, **changed)


WITH, WITHOUT = lake(open_silo(), finance()), lake(sales(), finance())


def plan(aws: FakeAws, wanted: Lake, **blueprints: str) -> Prepared:
    return make_plan(wanted, catalogue(**blueprints), aws.ports, Options())


def run(aws: FakeAws, wanted: Lake, **blueprints: str) -> Outcome:
    return apply(plan(aws, wanted, **blueprints), aws.ports, Recorder())


def applied(wanted: Lake = WITH) -> FakeAws:
    aws = FakeAws(wanted)
    assert run(aws, wanted).complete
    forget(aws)
    return aws


def forget(aws: FakeAws) -> None:
    aws.writes.clear()
    aws.home.reads.clear()


def of_site(prepared: Prepared) -> list[Change]:
    return [change for change in prepared.plan.changes if change.type == "site"]


def written(aws: FakeAws) -> list[str]:
    return [write.split("/", 1)[1] for write in aws.writes if "/releases/" in write]


def pages(aws: FakeAws) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(aws.home.objects()[SITE])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_pages_are_there_before_the_bundle_whose_pipeline_takes_them() -> None:
    aws = FakeAws(WITH)
    run(aws, WITH)
    assert [one for one in written(aws) if one in (SITE, BUNDLE)] == [SITE, BUNDLE]  # other silos write at once
    assert pages(aws) == {"index.html": b"<!doctype html>"}


def test_only_silos_with_a_web_app_get_pages() -> None:
    aws = FakeAws(WITHOUT)
    run(aws, WITHOUT)
    assert [key for key in aws.home.objects() if key.endswith("site.zip")] == []
    assert '"site": ""' in aws.home.objects()[INDEX_KEY].decode()


def test_a_second_plan_finds_nothing_and_reads_neither_pages_nor_bundle() -> None:
    aws = applied()
    second = plan(aws, WITH)
    assert (second.plan.changes, second.steps) == ((), ())
    assert not any("/site.zip" in read or "/bundle.zip" in read for read in aws.home.reads)


def test_another_page_is_one_line_of_the_plan_at_the_manifests_line() -> None:
    aws = applied()
    second = plan(aws, WITH, page="<!doctype html><p>new")
    (change,) = second.plan.changes
    assert (change.address, change.verb, change.reason) == ("silo/sales/site", Verb.UPDATE, "its pages differ")
    assert change.source == WITH.silos["sales"].manifest.at("spec.webapp")
    apply(second, aws.ports, Recorder())
    assert pages(aws) == {"index.html": b"<!doctype html><p>new"}
    assert plan(aws, WITH, page="<!doctype html><p>new").plan.changes == ()


def test_pages_that_do_not_change_are_not_written_with_their_silos_other_changes() -> None:
    aws = applied()
    wanted = lake(open_silo(encryption="s3"), finance())
    second = plan(aws, wanted)
    assert of_site(second) == []
    apply(second, aws.ports, Recorder())
    assert written(aws) == [BUNDLE]
    assert plan(aws, wanted).plan.changes == ()


@pytest.mark.parametrize("found", [None, b"something else"], ids=["lost", "written over"])
def test_pages_that_are_no_more_what_was_published_are_put_back(found: bytes | None) -> None:
    aws = applied()
    if found is None:
        aws.home.remove(SITE)
    else:
        aws.home.write(SITE, found)
    second = plan(aws, WITH)
    (change,) = second.plan.changes
    assert (change.address, change.verb) == ("silo/sales/site", Verb.CREATE if found is None else Verb.UPDATE)
    assert "code bucket" in change.reason
    assert apply(second, aws.ports, Recorder()).complete
    assert pages(aws) == {"index.html": b"<!doctype html>"}
    assert plan(aws, WITH).plan.changes == ()


def test_pages_that_cannot_be_read_block_and_nothing_is_guessed() -> None:
    aws = applied()
    aws.home.write(SITE, b"something else")
    aws.home.unreadable[SITE] = "AccessDenied"
    second = plan(aws, WITH)
    assert [(change.address, change.verb) for change in second.plan.changes] == [("silo/sales/site", Verb.BLOCKED)]
    assert second.steps == ()


def test_a_lost_index_is_made_again_from_the_pages_themselves() -> None:
    aws = applied()
    before = aws.home.objects()[INDEX_KEY]
    aws.home.remove(INDEX_KEY)
    second = plan(aws, WITH)
    assert second.plan.changes == ()
    assert {type(step) for step in second.steps} >= {Record}
    assert not any(isinstance(step, Publish) for step in second.steps)
    apply(second, aws.ports, Recorder())
    assert b'"site": ""' not in aws.home.objects()[INDEX_KEY].split(b'"sales"')[1]
    assert len(before.split(b'"site"')) == len(aws.home.objects()[INDEX_KEY].split(b'"site"'))
    assert plan(aws, WITH).steps == ()


def test_a_web_app_that_is_switched_off_is_told_and_leaves_no_claim() -> None:
    aws = applied()
    second = plan(aws, WITHOUT)
    assert [change.verb for change in of_site(second)] == [Verb.DELETE]
    (note,) = second.plan.notes
    assert note.startswith("silo/sales/site: ") and "site.zip stays in the code bucket" in note
    apply(second, aws.ports, Recorder())
    assert written(aws) == [BUNDLE]
    assert SITE in aws.home.objects(), "a rollback of the bundle finds its pages"
    assert plan(aws, WITHOUT).plan.notes == (), "told once"
    aws.home.remove(SITE)
    assert plan(aws, WITHOUT).steps == (), "nobody asks what became of pages that no silo has"
    assert [change.verb for change in of_site(plan(aws, WITH))] == [Verb.CREATE]


def test_a_retired_silo_has_no_pages() -> None:
    aws = applied()
    retired = lake(open_silo(lifecycle="retired"), finance())
    assert [change.verb for change in of_site(plan(aws, retired))] == [Verb.DELETE]


def test_a_run_that_died_between_pages_and_bundle_is_finished_by_the_next() -> None:
    aws = applied(WITHOUT)
    first = plan(aws, WITH)
    aws.home.races[BUNDLE] = lambda: aws.home.write(BUNDLE, aws.home.objects()[BUNDLE])
    assert not apply(first, aws.ports, Recorder()).complete
    assert SITE in aws.home.objects()
    forget(aws)
    assert run(aws, WITH).complete
    assert written(aws) == [BUNDLE], "the pages lie there already"
    assert plan(aws, WITH).plan.changes == ()


def test_pages_that_somebody_else_publishes_meanwhile_are_not_written_over() -> None:
    aws = applied(WITHOUT)
    first = plan(aws, WITH)
    aws.home.races[SITE] = lambda: aws.home.write(SITE, b"theirs")
    outcome = apply(first, aws.ports, Recorder())
    assert [address for address, _ in outcome.failed] == ["silo/sales/bundle"]
    assert aws.home.objects()[SITE] == b"theirs"


def test_a_plan_says_which_pages_it_was_made_from() -> None:
    aws = applied()
    first = plan(aws, WITH).plan.fingerprints
    aws.home.write(SITE, b"something else")
    assert plan(aws, WITH).plan.fingerprints != first


def test_a_library_that_is_missing_ends_an_apply_before_anything_is_written() -> None:
    aws = FakeAws(WITH)
    pinned = '[{"name": "sign.js", "package": "sign", "version": "1.0.0", "source": "sign.js", "sha256": "0"}]'
    with pytest.raises(ControllerError, match=r"sign\.js of sign 1\.0\.0.* is not there") as refused:
        run(aws, WITH, pins=pinned)
    assert "make setup" in refused.value.hint
    assert aws.writes == []
