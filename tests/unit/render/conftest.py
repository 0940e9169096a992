"""The project's own lake and blueprints, which the tests of this room change in small ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from controller.engine.validate import load_lake
from controller.kinds.flow import Flow
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake

MANIFESTS = Path(__file__).parents[2] / "lakes" / "plain"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.read()


@pytest.fixture(scope="session")
def lake(catalogue: Catalogue) -> Lake:
    found, _ = load_lake(MANIFESTS, catalogue.available, date(2026, 1, 1))
    return found


@pytest.fixture
def with_flow(lake: Lake) -> Callable[..., Lake]:
    """`with_flow("orders", schedule="rate(2 hours)")`: the lake with this flow changed."""

    def changed(name: str, **fields: Any) -> Lake:
        flow = replace(lake.flows[name], **fields)
        return with_flows(lake, {**lake.flows, name: flow})

    return changed


def with_flows(lake: Lake, flows: dict[str, Flow]) -> Lake:
    by_silo: dict[str, tuple[Flow, ...]] = {}
    for flow in flows.values():
        by_silo[flow.silo] = (*by_silo.get(flow.silo, ()), flow)
    return replace(lake, flows=flows, flows_by_silo=by_silo)
