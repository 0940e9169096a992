"""The budget of API calls of a plan without change, held in every run of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench.plan import measure, put_published, read_lake, write_manifests

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("silos", [4, 100])
def test_a_plan_without_change_asks_what_the_fleet_needs_and_renders_no_silo(
    embedded: Any, tmp_path: Path, silos: int
) -> None:
    folder = tmp_path / "manifests"
    write_manifests(folder, silos)
    lake, catalogue = read_lake(folder)
    embedded.reset(lake)
    put_published(lake, catalogue)
    embedded.calls.clear()

    cost = measure(folder, 0)

    assert (cost.silos, cost.changes) == (silos, 0)
    assert cost.calls == len(embedded.calls) <= cost.budget
    assert not any(call.write for call in embedded.calls)
    assert set(cost.rendered) <= {"pipeline/master", "pipeline/silo-baseline"}
