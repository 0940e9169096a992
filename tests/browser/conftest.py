"""One browser for each module of these tests, a context of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.canned import BUCKET, KEY_ID, POOL, SECRET, Canned
from tests.browser.chromium import chromium, served
from tests.browser.storage import Bucket, bucket

PATIENCE = 45_000  # milliseconds: two cores, which other tests share
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """No longer than a module: Playwright holds this thread's event loop while it is there."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The site's files, with its policy: its pages may talk to a bucket on this machine and to the user pool."""
    with served(f"http://127.0.0.1:* {POOL}") as address:
        yield address


@dataclass
class Scene:
    page: Page
    behind: Canned
    drop: Bucket
    folder: Path

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def sign_in(self) -> None:
        self.try_pair(KEY_ID, SECRET)
        expect(self.page.locator("#desk")).to_be_visible()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait for what is seen outside of the page. Its own policy forbids to wait for an expression in it."""
        for _ in range(PATIENCE // 50):
            if holds():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not happen in time")

    def try_pair(self, key: str, secret: str) -> None:
        self.page.goto("/")
        self.page.fill("#key-id", key)
        self.page.fill("#secret", secret)
        self.page.keyboard.press("Enter")


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=site, viewport={"width": 360, "height": 760}, locale="en-GB")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def scene(context: BrowserContext, tmp_path: Path) -> Iterator[Scene]:
    """A page on a phone, with canned answers behind it. Whatever the console says against it fails the test."""
    with bucket(BUCKET) as drop:
        behind = Canned(drop.address)
        behind.stand_behind(context)
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if told_against(said.text) else None)
        yield Scene(page, behind, drop, tmp_path)
    assert wrong == []


def told_against(text: str) -> bool:
    """A refusal of the site's own policy; that a request failed is what many of these tests are about."""
    return "Content Security Policy" in text or "Uncaught" in text
