"""A release in waves: what comes first, what is waited for, and what becomes of a wave that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.cli.commands.apply import exit_of
from controller.cli.exit import Exit
from controller.diff.change import Verb
from controller.engine.apply import Outcome, apply
from controller.engine.events import Event, StepProgressed, StepStarted
from controller.engine.plan import Options, Prepared, make_plan
from controller.kinds.organization import Rollout, Wave
from controller.model.live import Place
from controller.model.observed import Present
from controller.model.ownership import INDEX_KEY, LOCK_KEY, bundle_key
from controller.plan.plan import Turn
from controller.publish.bundle import open_bundle
from controller.resolve.lake import Lake
from tests.conftest import NOTHING
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import STORAGE, catalogue
from tests.fakes.lakes import FINANCE, SALES, finance, flow, lake, plant, sales
from tests.fakes.living import LivingSilos

TWIN = "200000000002"
BAKE = 600


def waves(*names: str, on_failure: str = "halt", bake: int = BAKE) -> Rollout:
    """Each of the silos in a wave of its own, then everyone."""
    said = [Wave(name, {"name": name}, None) for name in names]
    return Rollout((*said, Wave("everyone", NOTHING, None)), bake, on_failure)


ROLLOUT = waves("sales", "finance")


def three(rollout: Rollout = ROLLOUT, hours: int = 1, **changed: int) -> Lake:
    """Sales, then finance, then twin, each with a flow that runs every so many hours; `changed` are some silo's."""
    silos = [sales(), finance(), sales(name="twin", account=TWIN)]
    labelled = [replace(one, labels={"name": one.name}) for one in silos]
    flows = [flow(f"{one.name}-orders", one.name, schedule=every(changed.get(one.name, hours))) for one in silos]
    return lake(*labelled, flows=flows, rollout=rollout)


def every(hours: int) -> str:
    return f"rate({hours} hours)" if hours > 1 else "rate(1 hour)"


def edited(rollout: Rollout = ROLLOUT, **mended: int) -> Lake:
    return three(rollout, 2, **mended)


def released(rollout: Rollout = ROLLOUT) -> tuple[FakeAws, LivingSilos]:
    """All three run their first release."""
    aws = FakeAws(three(rollout))
    aws.silos = living = LivingSilos(aws=aws)
    assert run(aws, three(rollout)).complete
    settle(aws)
    aws.writes.clear()
    return aws, living


def settle(aws: FakeAws) -> None:
    """Let the silos deploy what lies there."""
    living = aws.silos
    assert isinstance(living, LivingSilos)
    for account, region in ((SALES, "eu-west-1"), (TWIN, "eu-west-1"), (FINANCE, "eu-central-1")):
        living.pipeline(Place(account, region), "")
    aws.later(seconds=living.seconds)
    living.looks.clear()


def plan(aws: FakeAws, wanted: Lake, *allowed: str, **options: Any) -> Prepared:
    return make_plan(wanted, catalogue(), aws.ports, Options(allowed=frozenset(allowed), **options))


def run(aws: FakeAws, wanted: Lake, *allowed: str, heard: Recorder | None = None, **options: Any) -> Outcome:
    return apply(plan(aws, wanted, *allowed, **options), aws.ports, heard or Recorder())


def published(aws: FakeAws, account: str) -> str:
    """The digest of the bundle that lies there."""
    region = "eu-central-1" if account == FINANCE else "eu-west-1"
    match aws.bucket(region).get(bundle_key(account)):
        case Present(stored):
            return open_bundle(stored.content).digest
    raise AssertionError(account)


def releases(aws: FakeAws) -> list[str]:
    """Whose bundle was written, in that order."""
    names = {bundle_key(SALES): "sales", bundle_key(TWIN): "twin", bundle_key(FINANCE): "finance"}
    return [names[key] for write in aws.writes if (key := write.partition("/")[2]) in names]


def entry(aws: FakeAws, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aws.home.objects()[INDEX_KEY])["silos"][name]
    return found


def said(heard: Recorder, address: str) -> list[str]:
    return [event.message for event in heard.events if isinstance(event, StepProgressed) and event.address == address]


def blocked(prepared: Prepared) -> dict[str, str]:
    return {c.address: c.reason for c in prepared.plan.changes if c.verb is Verb.BLOCKED}


class On(Recorder):
    """Does something when it hears of `address` first."""

    def __init__(self, address: str, act: Callable[[], object]) -> None:
        super().__init__()
        self.address = address
        self.act = act

    def send(self, event: Event) -> None:
        if event.address == self.address and self.address not in {one.address for one in self.events}:
            self.act()
        super().send(event)


class Clocked(Recorder):
    """Remembers when it heard what."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__()
        self.aws = aws
        self.at: dict[tuple[str, str], float] = {}

    def send(self, event: Event) -> None:
        self.at[type(event).__name__, event.address] = self.aws.clock.timestamp()
        super().send(event)


def test_a_first_release_has_no_waves() -> None:
    aws = FakeAws(three())
    made = plan(aws, three())
    assert made.plan.order is None
    assert [step.address for step in made.steps if step.address.startswith("wave/")] == []


def test_each_wave_begins_when_the_one_before_was_healthy_for_the_bake() -> None:
    aws, living = released()
    heard = Clocked(aws)
    begun = aws.clock.timestamp()
    outcome = run(aws, edited(), heard=heard)
    assert outcome.complete
    assert releases(aws) == ["sales", "finance", "twin"]
    began = [heard.at["StepStarted", f"silo/{name}/bundle"] - begun for name in ("sales", "finance", "twin")]
    wave = living.seconds + BAKE
    assert began[0] == 0 and wave <= began[1] <= wave + 15 and 2 * wave <= began[2] <= 2 * wave + 30
    assert living.looks.count(TWIN) == 0  # nobody comes after it


def test_what_was_proved_is_not_asked_again() -> None:
    aws, living = released()
    run(aws, edited())
    assert ["awaited" in entry(aws, name) for name in ("sales", "finance", "twin")] == [False, False, True]
    settle(aws)
    living.breaks[SALES] = 0  # and is Degraded since
    aws.writes.clear()
    assert run(aws, edited(twin=3)).complete
    assert (SALES in living.looks, releases(aws)) == (False, ["twin"])


def test_one_wave_asks_no_silo_and_leaves_no_mark() -> None:
    alone = Rollout((Wave("everyone", NOTHING, None),), BAKE, "rollback")
    aws, living = released(alone)
    assert run(aws, edited(alone)).complete
    assert sorted(releases(aws)) == ["finance", "sales", "twin"]
    assert living.looks == []
    assert "awaited" not in entry(aws, "sales")


def test_who_runs_nothing_yet_waits_for_nobody() -> None:
    aws, _ = released()
    new = "200000000007"
    aws.organizations.add_account(new, "Lake/Silos", "new")
    wanted = edited()
    made = plan(aws, replace(wanted, silos={**wanted.silos, "new": sales(name="new", account=new)}))
    heard = Recorder()
    assert apply(made, aws.ports, heard).complete
    began = [event.address for event in heard.events if isinstance(event, StepStarted)]
    assert began.index("silo/new/bundle") < began.index("wave/sales") < began.index("silo/twin/bundle")
    assert "awaited" not in entry(aws, "new")
    assert made.plan.order is not None
    assert [turn.publishes for turn in made.plan.order.turns] == [("sales",), ("finance",), ("twin",)]


def test_the_log_says_who_is_waited_for_and_until_when_it_bakes_in_few_lines() -> None:
    aws, _ = released()
    heard = Recorder()
    run(aws, edited(), heard=heard)
    told = said(heard, "wave/sales")
    assert told[0] == "0 of 1 run it; waits for sales"
    assert told[1].startswith("all run it; bakes until ") and told[1].endswith(" UTC")
    assert len(told) == 2


class TestHalt:
    def test_a_failed_wave_stops_those_behind_it_and_the_next_run_says_the_same(self) -> None:
        aws, living = released()
        living.fails.add(SALES)
        before = published(aws, TWIN)
        outcome = run(aws, edited())
        ((address, why),) = outcome.failed
        assert (address, "silo/sales is OutOfSync, Degraded" in why) == ("wave/sales", True)
        assert dict(outcome.not_tried) == {
            "wave/finance": "wave/sales",
            "silo/finance/bundle": "wave/sales",
            "silo/twin/bundle": "wave/sales",
        }
        assert exit_of(outcome) is Exit.PARTLY
        assert (releases(aws), published(aws, TWIN)) == (["sales"], before)

        aws.writes.clear()
        again = run(aws, edited())
        assert (again.failed, again.done) == (outcome.failed, ())
        assert exit_of(again) is Exit.PARTLY
        assert releases(aws) == []

    def test_what_was_mended_goes_first_and_then_the_others(self) -> None:
        aws, living = released()
        living.fails.add(SALES)
        run(aws, edited())
        living.fails.clear()
        aws.writes.clear()
        assert run(aws, edited(sales=3)).complete
        assert releases(aws) == ["sales", "finance", "twin"]

    def test_one_that_turns_bad_during_the_bake_ends_it(self) -> None:
        aws, living = released()
        living.breaks[SALES] = 100
        begun = aws.clock
        outcome = run(aws, edited())
        assert "UPDATE_ROLLBACK_FAILED" in dict(outcome.failed)["wave/sales"]
        assert (aws.clock - begun).total_seconds() < BAKE

    def test_one_that_turns_bad_at_the_very_end_of_the_bake_is_seen(self) -> None:
        aws, living = released()
        living.breaks[SALES] = BAKE
        assert "wave/sales" in dict(run(aws, edited()).failed)

    def test_one_that_takes_too_long_fails_the_wave(self) -> None:
        aws, living = released()
        living.seconds = 10_000
        outcome = run(aws, edited(), patience=900)
        assert "silo/sales is OutOfSync, Progressing" in dict(outcome.failed)["wave/sales"]

    def test_a_bundle_that_somebody_else_published_stops_its_wave_and_rolls_nothing_back(self) -> None:
        aws, _ = released(waves("sales", on_failure="rollback"))
        aws.home.races[bundle_key(SALES)] = lambda: aws.home.write(bundle_key(SALES), b"theirs")
        outcome = run(aws, edited(waves("sales", on_failure="rollback")))
        assert [address for address, _ in outcome.failed] == ["silo/sales/bundle"]
        assert dict(outcome.not_tried) == {
            "wave/sales": "silo/sales/bundle",
            "silo/finance/bundle": "wave/sales",
            "silo/twin/bundle": "wave/sales",
        }
        assert aws.home.objects()[bundle_key(SALES)] == b"theirs"

    def test_nothing_goes_round_a_wave_that_is_blocked_as_a_whole(self) -> None:
        aws, _ = released()
        aws.home.unreadable["list"] = "AccessDenied"
        told = blocked(plan(aws, edited()))
        assert told["silo/finance/bundle"].endswith("for silo/sales/bundle, which comes first and is blocked")
        assert "silo/finance/bundle" not in blocked(plan(aws, edited(), "wave=finance"))

    def test_an_index_that_was_written_late_is_no_failure(self) -> None:
        aws, _ = released()
        whole = aws.home.objects()[INDEX_KEY]
        broken = On("wave/sales", lambda: aws.home.write(INDEX_KEY, b"{"))
        mending = On("silo/finance/bundle", lambda: aws.home.write(INDEX_KEY, whole))

        class Both(Recorder):
            def send(self, event: Event) -> None:
                broken.send(event)
                mending.send(event)

        assert run(aws, edited(), heard=Both()).complete
        assert "awaited" not in entry(aws, "sales")

    def test_leave_for_a_wave_lets_it_begin_without_those_before_it(self) -> None:
        aws, living = released()
        living.fails.add(SALES)
        outcome = run(aws, edited(), "wave=finance")
        assert sorted(releases(aws)) == ["finance", "sales"]
        assert dict(outcome.not_tried) == {"silo/twin/bundle": "wave/sales"}
        told = [guard.message for guard in plan(aws, edited(), "wave=nobody").plan.guards]
        assert told == ["--allow wave=nobody meets no change of this plan"]


class TestRollback:
    BACK = waves("sales", "finance", on_failure="rollback")

    def failed(self) -> tuple[FakeAws, LivingSilos, Outcome, str]:
        aws, living = released(self.BACK)
        former = published(aws, SALES)
        living.fails.add(SALES)
        outcome = run(aws, edited(self.BACK))
        settle(aws)
        aws.writes.clear()
        return aws, living, outcome, former

    def test_the_wave_gets_what_it_ran_before(self) -> None:
        aws, _, outcome, former = self.failed()
        assert published(aws, SALES) == former
        assert outcome.done == ("silo/sales/bundle", "silo/sales/rollback")
        assert "wave/sales" in dict(outcome.failed)
        assert exit_of(outcome) is Exit.PARTLY
        assert LOCK_KEY not in aws.home.objects()

    def test_it_is_not_published_again_and_says_why_and_what_to_do(self) -> None:
        aws, _, _, former = self.failed()
        made = plan(aws, edited(self.BACK))
        told = blocked(made)
        assert "rolled back at 2026-01-31T" in told["silo/sales/bundle"]
        assert "silo/sales is OutOfSync, Degraded" in told["silo/sales/bundle"]
        assert "--allow retry=silo/sales" in told["silo/sales/bundle"]
        assert "waits for silo/sales/bundle" in told["silo/twin/bundle"]
        assert (made.steps, made.plan.order) == ((), None)
        assert exit_of(apply(made, aws.ports, Recorder())) is Exit.BLOCKED
        assert published(aws, SALES) == former

    def test_another_content_lifts_it(self) -> None:
        aws, living, _, _ = self.failed()
        living.fails.clear()
        assert run(aws, edited(self.BACK, sales=3)).complete
        assert releases(aws) == ["sales", "finance", "twin"]
        assert "refused" not in entry(aws, "sales")

    def test_so_does_leave_for_it(self) -> None:
        aws, living, _, _ = self.failed()
        living.fails.clear()
        assert run(aws, edited(self.BACK), "retry=silo/sales").complete
        assert releases(aws) == ["sales", "finance", "twin"]

    def test_leave_for_a_later_wave_lets_it_go_without(self) -> None:
        aws, _, _, _ = self.failed()
        made = plan(aws, edited(self.BACK), "wave=everyone")
        assert set(blocked(made)) == {"silo/sales/bundle", "silo/finance/bundle"}
        assert [step.address for step in made.steps] == ["silo/twin/bundle"]
        assert [guard.message for guard in made.plan.guards if "wave=" in guard.message] == []

    def test_after_a_second_failure_it_is_the_release_that_ran_well(self) -> None:
        aws, living = released(waves("sales"))
        former = published(aws, SALES)
        living.fails.add(SALES)
        run(aws, edited(waves("sales")))
        assert published(aws, SALES) != former  # it only halts
        run(aws, edited(waves("sales", on_failure="rollback"), sales=3))
        assert published(aws, SALES) == former

    def test_those_of_its_wave_go_back_with_it_and_come_again_with_it(self) -> None:
        both = Rollout((Wave("both", {}, 60), Wave("everyone", NOTHING, None)), BAKE, "rollback")
        aws, living = released(both)
        made = plan(aws, edited(both))
        assert made.plan.order is not None
        first, second = made.plan.order.turns[0].publishes
        accounts = {"sales": SALES, "twin": TWIN, "finance": FINANCE}
        before = {name: published(aws, account) for name, account in accounts.items()}
        living.fails.add(accounts[first])
        run(aws, edited(both))
        assert {name: published(aws, account) for name, account in accounts.items()} == before

        settle(aws)
        told = blocked(plan(aws, edited(both)))
        assert "rolled back" in told[f"silo/{first}/bundle"]
        assert f"waits for silo/{first}/bundle" in told[f"silo/{second}/bundle"]
        assert len(told) == 3

        living.fails.clear()
        assert run(aws, edited(both, **{first: 3})).complete
        assert all(published(aws, accounts[name]) != before[name] for name in before)

    def test_one_with_another_name_goes_back_to_what_its_account_ran(self) -> None:
        aws, living = released(self.BACK)
        former = published(aws, SALES)
        living.fails.add(SALES)
        wanted = edited(self.BACK)
        shop = sales(name="shop", labels={"name": "sales"})
        renamed = replace(wanted, silos={**{k: v for k, v in wanted.silos.items() if k != "sales"}, "shop": shop})
        leave = [guard.allow for guard in plan(aws, renamed).plan.guards if guard.blocks]
        outcome = run(aws, renamed, *leave)
        assert "silo/shop/rollback" in outcome.done
        assert published(aws, SALES) == former

    def test_a_silo_that_nobody_can_look_at_is_not_rolled_back(self) -> None:
        aws, living = released(self.BACK)
        former = published(aws, SALES)
        living.cut_off.add(SALES)
        outcome = run(aws, edited(self.BACK), patience=60)
        assert "AccessDenied" in dict(outcome.failed)["wave/sales"]
        assert published(aws, SALES) != former
        living.cut_off.clear()
        assert run(aws, edited(self.BACK)).complete

    def test_a_version_that_is_not_kept_any_more_is_told(self) -> None:
        aws, living = released(self.BACK)
        living.fails.add(SALES)
        kept = aws.home.get(bundle_key(SALES))
        assert isinstance(kept, Present)
        heard = On("wave/sales", lambda: aws.home.expire(bundle_key(SALES), kept.value.version))
        outcome = run(aws, edited(self.BACK), heard=heard)
        assert "is not kept any more" in dict(outcome.failed)["silo/sales/rollback"]

    def test_a_run_that_died_between_the_bundle_and_the_index_is_put_right(self) -> None:
        aws, living = released(self.BACK)
        former = published(aws, SALES)
        living.fails.add(SALES)
        kept: list[bytes] = []
        heard = On("silo/sales/rollback", lambda: kept.append(aws.home.objects()[INDEX_KEY]))
        run(aws, edited(self.BACK), heard=heard)
        aws.home.write(INDEX_KEY, kept[0])  # as it was before the end of the run

        next_run = plan(aws, edited(self.BACK))
        assert "rolled back" in blocked(next_run)["silo/sales/bundle"]
        apply(next_run, aws.ports, Recorder())
        assert published(aws, SALES) == former
        assert entry(aws, "sales")["bundle"] == former
        assert "awaited" not in entry(aws, "sales")


class TestHaste:
    """A change that would be faster in reaching all does not hurry itself."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (waves("sales", "finance"), waves()),
            (waves("sales", "finance"), waves("sales")),
            (waves("sales"), waves("finance")),
            (waves("sales"), waves("nobody")),
            (waves("sales", "finance"), waves("finance", "sales")),
        ],
    )
    def test_waves_that_wait_less_count_from_the_next_apply_on(self, before: Rollout, after: Rollout) -> None:
        aws, living = released(before)
        living.fails.add(SALES)
        made = plan(aws, edited(after))
        assert [note for note in made.plan.notes if note.startswith("guards: the waves are sales")]
        assert "wave/sales" in dict(apply(made, aws.ports, Recorder()).failed)
        assert releases(aws) == ["sales"]

    def test_alone_they_are_taken_at_once(self) -> None:
        aws, _ = released()
        assert run(aws, three(waves())).complete
        assert not [note for note in plan(aws, edited(waves())).plan.notes if "waves" in note]
        assert run(aws, edited(waves())).complete
        assert sorted(releases(aws)) == ["finance", "sales", "twin"]

    def test_waves_that_wait_more_count_at_once(self) -> None:
        aws, _ = released(waves())
        assert run(aws, edited(waves("sales", "finance"))).complete
        assert releases(aws) == ["sales", "finance", "twin"]

    def test_a_shorter_bake_counts_from_the_next_apply_on(self) -> None:
        aws, _ = released(waves("sales"))
        begun = aws.clock
        made = plan(aws, edited(waves("sales", bake=0)))
        assert "guards: the bake is 600 s and counts as 0 s from the next apply on" in made.plan.notes
        assert apply(made, aws.ports, Recorder()).complete
        assert (aws.clock - begun).total_seconds() >= BAKE

    def test_an_index_that_says_nothing_of_waves_leaves_it_to_the_manifests(self) -> None:
        aws, _ = released()
        said = json.loads(aws.home.objects()[INDEX_KEY])
        said["guards"] = {key: said["guards"][key] for key in ("max_silos_changed", "protect_data", "allow_destroy")}
        aws.home.write(INDEX_KEY, json.dumps(said).encode())
        assert plan(aws, edited(waves())).plan.order is None


class TestTheWayBack:
    """It leads no further than to what a silo runs well, and never to access that was taken away since."""

    BACK = waves("sales", on_failure="rollback")

    def test_it_leads_to_what_it_ran_well_though_nobody_waited_for_that(self) -> None:
        aws, living = released(self.BACK)
        first = published(aws, SALES)
        run(aws, three(self.BACK, sales=5))  # nobody comes after it
        settle(aws)
        second = published(aws, SALES)
        assert (second != first, entry(aws, "sales")["awaited"]) == (True, True)
        living.fails.add(SALES)
        run(aws, edited(self.BACK))
        assert published(aws, SALES) == second

    def test_it_leads_nowhere_where_nobody_can_tell_how_that_ran(self) -> None:
        aws, living = released(self.BACK)
        run(aws, three(self.BACK, sales=5))
        settle(aws)
        living.cut_off.add(SALES)
        living.fails.add(SALES)
        outcome = run(aws, edited(self.BACK), patience=60, heard=On("wave/sales", living.cut_off.clear))
        assert "nobody knows what it ran before" in dict(outcome.failed)["silo/sales/rollback"]

    def test_access_that_was_taken_away_does_not_come_back_by_itself(self) -> None:
        aws, living = self.open_to_partners()
        living.fails.add(SALES)
        made = closing(aws, three(self.BACK))
        assert "not rolled back if it fails, for it takes access away: sales" in made.plan.notes
        outcome = apply(made, aws.ports, Recorder())
        assert releases(aws) == ["sales"]
        assert "takes access away" in dict(outcome.failed)["silo/sales/rollback"]
        assert "refused" not in entry(aws, "sales")
        aws.writes.clear()
        again = apply(closing(aws, three(self.BACK)), aws.ports, Recorder())
        assert ("wave/sales" in dict(again.failed), releases(aws)) == (True, [])

    def test_nor_behind_a_release_that_took_it_and_failed_for_something_else(self) -> None:
        aws, living = self.open_to_partners()
        living.fails.add(SALES)
        apply(closing(aws, three(self.BACK)), aws.ports, Recorder())
        aws.writes.clear()
        outcome = apply(closing(aws, edited(self.BACK)), aws.ports, Recorder())
        assert releases(aws) == ["sales"]
        assert "takes access away" in dict(outcome.failed)["silo/sales/rollback"]

    def test_of_a_wave_one_that_runs_well_stays_when_it_took_access_away(self) -> None:
        both = Rollout((Wave("both", {}, 60), Wave("everyone", NOTHING, None)), BAKE, "rollback")
        first, second = plan(released(both)[0], edited(both)).plan.order.turns[0].publishes  # type: ignore[union-attr]
        accounts = {"sales": SALES, "twin": TWIN, "finance": FINANCE}
        aws, living = self.open_to_partners(both, second)
        living.fails.add(accounts[first])
        before = {name: published(aws, accounts[name]) for name in (first, second)}
        heard = Recorder()
        apply(closing(aws, edited(both)), aws.ports, heard)
        assert published(aws, accounts[first]) == before[first]
        assert published(aws, accounts[second]) != before[second]
        assert said(heard, f"silo/{second}/rollback")[0].startswith("it runs well, and stays")

    def open_to_partners(self, rollout: Rollout = BACK, whose: str = "") -> tuple[FakeAws, LivingSilos]:
        """All three run a release that lets somebody in, or `whose` alone does."""
        wanted = three(rollout)
        aws = FakeAws(wanted)
        aws.silos = living = LivingSilos(aws=aws)
        only = f"{{% if silo == '{whose}' %}}{OPEN}{{% endif %}}\n" if whose else OPEN
        opened = catalogue(storage=STORAGE.replace("Outputs:", f"{POLICY}{only}Outputs:"))
        assert apply(make_plan(wanted, opened, aws.ports, Options()), aws.ports, Recorder()).complete
        settle(aws)
        aws.writes.clear()
        return aws, living


POLICY = """\
  Doors:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref RawBucket
      PolicyDocument:
        Statement:
          - {Sid: Own, Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: '*'}
"""
OPEN = """\
          - {Sid: Partner, Effect: Allow, Principal: {AWS: '999999999999'}, Action: 's3:GetObject', Resource: '*'}
"""


def closing(aws: FakeAws, wanted: Lake) -> Prepared:
    """The plan of a release that lets nobody in any more."""
    closed = catalogue(storage=STORAGE.replace("Outputs:", f"{POLICY}Outputs:"))
    return make_plan(wanted, closed, aws.ports, Options())


class TestToTheEnd:
    """With --wait the last wave is waited for too; nobody comes after it, so it does not bake."""

    BACK = waves("sales", on_failure="rollback")

    def test_the_last_wave_is_proved_without_a_bake(self) -> None:
        aws, living = released()
        begun = aws.clock
        assert run(aws, three(twin=3), to_the_end=True).complete
        assert "awaited" not in entry(aws, "twin")
        assert (aws.clock - begun).total_seconds() < living.seconds + 10

    def test_it_is_rolled_back_where_it_fails(self) -> None:
        aws, living = released(self.BACK)
        former = published(aws, TWIN)
        living.fails.add(TWIN)
        outcome = run(aws, edited(self.BACK), to_the_end=True)
        assert [address for address, _ in outcome.failed] == ["wave/everyone"]
        assert published(aws, TWIN) == former
        assert published(aws, SALES) != former

    def test_it_is_not_tried_where_one_before_it_failed(self) -> None:
        aws, living = released(self.BACK)
        living.fails.add(SALES)
        outcome = run(aws, edited(self.BACK), to_the_end=True)
        assert [address for address, _ in outcome.failed] == ["wave/sales"]
        assert dict(outcome.not_tried)["wave/everyone"] == "wave/sales"


class TestResumed:
    def test_a_run_that_died_in_the_bake_goes_on_where_it_was(self) -> None:
        aws, living = released()

        class Died(Exception):
            pass

        def die(seconds: float) -> None:
            if seconds == 60.0:
                raise Died
            aws.later(seconds=seconds)

        with pytest.raises(Died):
            apply(plan(aws, edited()), replace(aws.ports, sleep=die), Recorder())
        baked_from = aws.clock
        aws.later(seconds=BAKE)
        assert run(aws, edited()).complete
        assert releases(aws) == ["sales", "finance", "twin"]
        assert (aws.clock - baked_from).total_seconds() < 2 * BAKE + 4 * living.seconds  # one bake more, not two

    def test_a_run_that_died_before_it_wrote_the_index_goes_on_there_too(self) -> None:
        aws, living = released()
        before = aws.home.objects()[INDEX_KEY]
        run(aws, three(sales=2))
        aws.home.write(INDEX_KEY, before)
        aws.writes.clear()
        heard = Clocked(aws)
        begun = aws.clock.timestamp()
        assert run(aws, edited(), heard=heard).complete
        assert releases(aws) == ["finance", "twin"]
        assert heard.at["StepStarted", "silo/finance/bundle"] - begun >= living.seconds + BAKE

    def test_who_runs_nothing_yet_is_not_kept_from_it_by_a_wait_for_an_earlier_run(self) -> None:
        aws, _ = released()
        run(aws, three(sales=3))
        wanted = three(sales=3, twin=3)
        heard = Recorder()
        made = plan(aws, replace(wanted, silos=dict(sorted({**wanted.silos, "plant": plant()}.items()))))
        assert apply(made, aws.ports, heard).complete
        began = [event.address for event in heard.events if isinstance(event, StepStarted)]
        assert began.index("silo/plant/bundle") < began.index("wave/sales")

    def test_a_later_run_waits_for_what_an_earlier_one_published(self) -> None:
        aws, living = released()
        assert run(aws, three(sales=3)).complete  # no later wave: nobody waits
        assert living.looks == []
        made = plan(aws, three(sales=3, twin=3))
        assert made.plan.order is not None
        assert made.plan.order.turns == (Turn("sales", (), ("sales",)), Turn("everyone", ("twin",)))
        assert apply(made, aws.ports, Recorder()).complete
        assert SALES in living.looks

    def test_an_index_that_is_lost_costs_another_look(self) -> None:
        aws, living = released()
        run(aws, three(sales=3))
        aws.home.forget(INDEX_KEY)
        assert run(aws, three(sales=3)).complete
        assert run(aws, three(sales=3, twin=3)).complete
        assert SALES in living.looks
