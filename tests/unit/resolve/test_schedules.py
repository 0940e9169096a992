from __future__ import annotations

import pytest

from controller.resolve.schedules import wrong


@pytest.mark.parametrize(
    "schedule",
    [
        "on-arrival",
        "rate(1 minute)",
        "rate(15 minutes)",
        "rate(1 hour)",
        "rate(7 days)",
        "cron(15 * * * ? *)",
        "cron(0 3 * * ? *)",
        "cron(0/5 8-17 ? * MON-FRI *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 LW * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(0 0 ? JAN,jul 6#3 2026-2030)",
        "cron(0 0 ? * 5L *)",
        "cron(0,30 */2 1 1-12/3 ? 2199)",
    ],
)
def test_eventbridge_takes_it(schedule: str) -> None:
    assert wrong(schedule) is None


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "hourly",
        "rate(1 hours)",
        "rate(2 hour)",
        "rate(0 minutes)",
        "rate(1.5 hours)",
        "rate(1 week)",
        "rate (1 hour)",
        "cron(0 3 * * *)",
        "cron(0 3 * * * * *)",
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 3 32 * ? *)",
        "cron(0 3 0 * ? *)",
        "cron(0 3 * 13 ? *)",
        "cron(0 3 ? * 8 *)",
        "cron(0 3 ? * 2#6 *)",
        "cron(0 3 * * ? 1969)",
        "cron(30-10 3 * * ? *)",
        "cron(*/0 3 * * ? *)",
        "cron(? 3 * * ? *)",
        "cron(L 3 * * ? *)",
        "cron(0 3 ? * FRY *)",
        "cron(0, 3 * * ? *)",
        "cron(٣ 3 * * ? *)",
    ],
)
def test_eventbridge_refuses_it(schedule: str) -> None:
    found = wrong(schedule)
    assert found is not None
    assert all(found), "what is wrong, and what to write"
