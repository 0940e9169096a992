"""Pictures of each page of the upload site in light and dark: `python -m tests.browser.screenshots [folder]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.canned import ADMIN, BUCKET, FIRST, KEY_ID, OWN, POOL, SECRET, Canned, granted, refusal
from tests.browser.chromium import chromium, served
from tests.browser.storage import CUT, HOLD, Bucket, bucket

DOCS = Path(__file__).resolve().parents[2] / "docs" / "site"
WIDE, PHONE = (960, 760), (360, 760)
ON_A_PHONE = {"partner-delivering", "admin-access"}  # one of each face is enough to look at
MB = 1_000_000
ANYWHERE = f"http://127.0.0.1:* {POOL}"  # what the pages may talk to here: a bucket on a port of its own


def sign_in(page: Page) -> None:
    page.fill("#key-id", KEY_ID)
    page.fill("#secret", SECRET)
    page.click("#sign-in-button")


def refused(page: Page, behind: Canned, drop: Bucket) -> None:
    behind.session = refusal(403, "expired", "This access ended at 2026-03-01T00:00:00Z.")
    page.goto("/")
    sign_in(page)
    page.wait_for_selector("#sign-in-problem:visible")


def delivering(page: Page, behind: Canned, drop: Bucket) -> None:
    """One file delivered, one on its way, one that waits for the connection."""
    behind.session = 200, granted(maxObjectMiB=2048)
    drop.objects |= {
        "erp/orders/2026-02/orders-2026-02-27.csv": 4_812_003,
        "erp/orders/2026-02/orders-2026-02-28.csv": 5_020_114,
        "erp/orders/stock/stock-levels.parquet": 88_400_230,
    }
    drop.fault = lambda asked: CUT if "returns" in asked.key else HOLD if asked.part == 4 else None
    page.goto("/")
    sign_in(page)
    page.wait_for_selector("#objects tr")
    with tempfile.TemporaryDirectory() as folder:
        files = {"stores.csv": 2 * MB, "orders-2026-03-02.csv": 60 * MB, "returns.csv": 9 * MB}
        for name, size in files.items():
            Path(folder, name).write_bytes(b"0" * size)
        page.set_input_files("#files", [Path(folder, name) for name in files])
        for state in ("done", "interrupted", "sending"):
            page.wait_for_selector(f'[data-state="{state}"]')
        page.wait_for_selector('[data-state="sending"] .told:has-text("/s")')


def admin(page: Page, behind: Canned, drop: Bucket) -> None:
    page.goto("/admin/index.html")
    page.fill("#user", ADMIN)
    page.fill("#password", OWN)
    page.click("#password-form button.main")
    page.fill("#code", "123456")
    page.click("#code-form button.main")
    page.wait_for_selector(".entry")


def authenticator(page: Page, behind: Canned, drop: Bucket) -> None:
    behind.known = False
    page.goto("/admin/index.html")
    page.fill("#user", ADMIN)
    page.fill("#password", FIRST)
    page.click("#password-form button.main")
    page.fill("#new-password", OWN)
    page.fill("#again", OWN)
    page.click("#new-password-form button.main")
    page.wait_for_selector("#authenticator-form:visible")


def forgotten(page: Page, behind: Canned, drop: Bucket) -> None:
    page.goto("/admin/index.html")
    page.click("#forgotten")
    page.fill("#forgotten-user", ADMIN)
    page.click("#forgotten-form button.main")
    page.wait_for_selector("#reset-form:visible")


def vending(page: Page, behind: Canned, drop: Bucket) -> None:
    admin(page, behind, drop)
    page.click("#credentials [data-vend]")
    page.fill("#vend-name", "coastline-test")
    page.fill("#vend-below", "2026/returns")


def pair(page: Page, behind: Canned, drop: Bucket) -> None:
    vending(page, behind, drop)
    page.check("[name=shared]")
    page.click("#vend-button")
    page.wait_for_selector("#pair:visible")


def revoking(page: Page, behind: Canned, drop: Bucket) -> None:
    admin(page, behind, drop)
    page.click('[data-act="revoke:harbour-returns"]')


def activity(page: Page, behind: Canned, drop: Bucket) -> None:
    admin(page, behind, drop)
    page.click('.tabs a[href="#activity"]')
    page.wait_for_selector("#activity-rows tr")


PAGES: dict[str, Callable[[Page, Canned, Bucket], object]] = {
    "partner-sign-in": lambda page, behind, drop: page.goto("/"),
    "partner-refused": refused,
    "partner-delivering": delivering,
    "admin-sign-in": lambda page, behind, drop: page.goto("/admin/index.html"),
    "admin-authenticator": authenticator,
    "admin-forgotten": forgotten,
    "admin-access": admin,
    "admin-give": vending,
    "admin-pair": pair,
    "admin-revoke": revoking,
    "admin-activity": activity,
}


@contextmanager
def shown(browser: Browser, site: str, name: str, theme: str, size: tuple[int, int]) -> Iterator[Page]:
    """The page as `PAGES` leads to it."""
    with bucket(BUCKET) as drop:
        context = browser.new_context(
            base_url=site,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
        )
        behind = Canned(drop.address)
        behind.stand_behind(context)
        page = context.new_page()
        PAGES[name](page, behind, drop)
        page.wait_for_timeout(150)  # what is announced, and a focus that moves
        yield page
        context.close()


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else DOCS
    target.mkdir(parents=True, exist_ok=True)
    with served(ANYWHERE) as site, chromium() as browser:
        for name in PAGES:
            for theme in ("light", "dark"):
                for suffix, size in {"": WIDE, **({"-phone": PHONE} if name in ON_A_PHONE else {})}.items():
                    with shown(browser, site, name, theme, size) as page:
                        page.screenshot(path=target / f"{name}{suffix}-{theme}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
