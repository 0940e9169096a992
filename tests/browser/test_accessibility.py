"""Each page for people who do not use a mouse, do not see colours well, listen, or hold a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, FileChooser, Page, expect

from tests.browser.canned import KEY_ID, SECRET
from tests.browser.conftest import Scene
from tests.browser.screenshots import PAGES, PHONE, shown

# All texts that can be seen, and the colours that they and what lies under them have.
CONTRAST = """() => {
    const channels = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b]
        .map((one) => one / 255)
        .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
        .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = (node) => {
        for (let at = node; at; at = at.parentElement) {
            const [r, g, b, a = 1] = channels(getComputedStyle(at).backgroundColor);
            if (a === 1) return [r, g, b];
        }
        return [255, 255, 255];
    };
    const found = [];
    const open = document.querySelector('dialog[open]');
    for (const node of (open ?? document.body).querySelectorAll('*')) {
        const text = [...node.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data.trim()).join('');
        const told = text || node.value || node.placeholder;
        if (!told || !node.checkVisibility() || node.closest('.unseen, .skip, progress, option, :disabled')) continue;
        const [over, under] = [channels(getComputedStyle(node).color), ground(node)].map(light);
        const ratio = (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05);
        if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${String(told).slice(0, 40)}`);
    }
    return found;
}"""

# What can be used but has no name, or two ids that are one.
NAMELESS = """() => {
    const found = [];
    const used = 'input, select, textarea, button, a[href], progress, dialog, section';
    for (const node of document.querySelectorAll(used)) {
        const label = node.labels?.length ? [...node.labels].map((one) => one.textContent).join('') : '';
        const by = node.getAttribute('aria-labelledby');
        const name = label || node.getAttribute('aria-label') || (by && document.getElementById(by)?.textContent);
        const own = ['BUTTON', 'A'].includes(node.tagName) ? node.textContent : '';
        if (!(name || own || '').trim()) found.push(node.outerHTML.slice(0, 80));
    }
    const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
    return [...found, ...ids.filter((id, at) => ids.indexOf(id) !== at)];
}"""

SMALL = """() => [...document.querySelectorAll('button, select, input:not([type=file])')]
    .filter((one) => one.checkVisibility() && !one.closest('label'))
    .map((one) => [one.outerHTML.slice(0, 60), one.getBoundingClientRect()])
    .filter(([, box]) => box.height < 32 || box.width < 32)
    .map(([html]) => html)"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable_usable_and_as_wide_as_a_phone(browser: Browser, site: str, name: str) -> None:
    with shown(browser, site, name, "light", PHONE) as page:
        assert page.evaluate(CONTRAST) == []
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate(SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert page.locator("h1:visible").count() == 1
        assert page.evaluate("document.documentElement.lang") == "en"


def test_a_partner_needs_no_mouse(scene: Scene) -> None:
    page = scene.page
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type(KEY_ID)
    page.keyboard.press("Tab")
    page.keyboard.type(SECRET)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Hide")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#deliver-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose files")).to_be_focused()
    page.keyboard.press("Enter")
    scene.until(lambda: choosers)
    choosers[0].set_files(scene.file("a.csv", b"1"))
    expect(page.locator("#announcer")).to_have_text("a.csv delivered")


def test_a_focus_can_be_seen(scene: Scene) -> None:
    scene.page.goto("/")
    for _ in range(4):
        scene.page.keyboard.press("Tab")
        assert outline(scene.page) == ("solid", "3px")


def outline(page: Page) -> tuple[str, str]:
    style, width = page.evaluate(
        "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
    )
    return style, width


def test_who_asked_for_less_motion_gets_none(browser: Browser, site: str) -> None:
    with shown(browser, site, "partner-delivering", "light", PHONE) as page:
        moving = "[...document.querySelectorAll('*')].filter((one) => getComputedStyle(one).animationName !== 'none')"
        assert page.evaluate(f"{moving}.length") == 0
