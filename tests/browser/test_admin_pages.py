"""The admins' page: signing in, giving access, changing it, and what is said about it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.canned import ADMIN, FIRST, KEY_ID, OWN, SECRET, credential
from tests.browser.conftest import Scene

CODE = "123456"


def enter(scene: Scene, password: str = OWN) -> None:
    scene.page.goto("/admin/index.html")
    scene.page.fill("#user", ADMIN)
    scene.page.fill("#password", password)
    scene.page.keyboard.press("Enter")


def sign_in(scene: Scene) -> None:
    enter(scene)
    scene.page.fill("#code", CODE)
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator(".entry").first).to_be_visible()


def entry(scene: Scene, name: str) -> Locator:
    return scene.page.locator(".entry", has=scene.page.get_by_role("heading", name=name))


def asked(scene: Scene, what: str) -> list[Any]:
    return [body for said, body in scene.behind.bodies if said == what]


def test_the_first_time_takes_a_password_of_one_s_own_and_an_authenticator(scene: Scene) -> None:
    scene.behind.known = False
    enter(scene, FIRST)
    scene.page.fill("#new-password", OWN)
    scene.page.fill("#again", f"{OWN}!")
    scene.page.keyboard.press("Enter")
    expect(scene.page.get_by_role("alert")).to_have_text("The two passwords are not the same.")
    scene.page.fill("#again", OWN)
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator("#authenticator-secret")).to_have_value("JBSW Y3DP EHPK 3PXP " * 3 + "ABCD")
    address = scene.page.get_attribute("#authenticator-open", "href")
    secret = "JBSWY3DPEHPK3PXP" * 3 + "ABCD"
    assert address == f"otpauth://totp/acme%20sales%3A{ADMIN.replace('@', '%40')}?secret={secret}&issuer=acme%20sales"
    scene.page.fill("#authenticator-code", "000 000")
    scene.page.keyboard.press("Enter")
    expect(scene.page.get_by_role("alert")).to_contain_text("This code is not right")
    scene.page.fill("#authenticator-code", "123 456")
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator("#desk-title")).to_be_focused()
    assert asked(scene, "VerifySoftwareToken")[-1]["Session"] == "associated"
    assert asked(scene, "RespondToAuthChallenge")[-1]["Session"] == "verified"


def test_a_wrong_password_and_a_wrong_code_are_told(scene: Scene) -> None:
    enter(scene, "wrong")
    expect(scene.page.get_by_role("alert")).to_have_text("The e-mail address or the password is not right.")
    enter(scene)
    scene.page.fill("#code", "654321")
    scene.page.keyboard.press("Enter")
    expect(scene.page.get_by_role("alert")).to_contain_text("This code is not right")
    scene.page.fill("#code", "12345")
    scene.page.keyboard.press("Enter")
    expect(scene.page.get_by_role("alert")).to_contain_text("six digits")
    scene.page.get_by_role("button", name="Begin again").click()
    expect(scene.page.locator("#user")).to_be_focused()


def test_a_forgotten_password_is_replaced_by_mail(scene: Scene) -> None:
    scene.page.goto("/admin/index.html")
    scene.page.get_by_role("button", name="Forgotten the password?").click()
    scene.page.fill("#forgotten-user", ADMIN)
    scene.page.keyboard.press("Enter")
    scene.page.fill("#reset-code", "654321")
    scene.page.fill("#reset-password", OWN)
    scene.page.fill("#reset-again", OWN)
    scene.page.keyboard.press("Enter")
    expect(scene.page.get_by_role("alert")).to_contain_text("This code is not right")
    scene.page.fill("#reset-code", CODE)
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator("#password-told")).to_have_text("The new password is set. Sign in with it.")
    expect(scene.page.locator("#user")).to_be_focused()
    said = {"ClientId": "client", "Username": ADMIN}
    assert asked(scene, "ForgotPassword") == [said]
    assert asked(scene, "ConfirmForgotPassword")[-1] == {**said, "ConfirmationCode": CODE, "Password": OWN}


def test_a_reload_keeps_the_session_and_signing_out_ends_it(scene: Scene) -> None:
    sign_in(scene)
    scene.page.reload()
    expect(scene.page.locator(".entry").first).to_be_visible()
    scene.page.get_by_role("button", name="Sign out").click()
    expect(scene.page.locator("#user")).to_be_focused()
    scene.until(lambda: asked(scene, "RevokeToken") == [{"ClientId": "client", "Token": "refresh"}])
    assert scene.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])") == "[{},{}]"
    scene.page.reload()
    expect(scene.page.locator("#user")).to_be_visible()


def test_an_access_token_that_is_nearly_over_is_replaced(scene: Scene) -> None:
    sign_in(scene)
    scene.page.evaluate(
        """() => {
            const kept = JSON.parse(sessionStorage.getItem('lake.session'));
            kept.tokens.until = Date.now() + 30000;
            sessionStorage.setItem('lake.session', JSON.stringify(kept));
        }"""
    )
    scene.page.reload()
    expect(scene.page.locator(".entry").first).to_be_visible()
    (again,) = [body for body in asked(scene, "InitiateAuth") if body["AuthFlow"] == "REFRESH_TOKEN_AUTH"]
    assert again["AuthParameters"] == {"REFRESH_TOKEN": "refresh"}


def test_a_session_that_is_over_leads_back_to_the_sign_in(scene: Scene) -> None:
    sign_in(scene)
    scene.behind.token = "another"
    scene.page.get_by_role("button", name="Refresh").click()
    expect(scene.page.get_by_role("alert")).to_contain_text("You were signed out")
    expect(scene.page.locator("#user")).to_be_focused()
    expect(scene.page.locator("#desk")).to_be_hidden()


def test_credentials_are_told_with_state_end_and_last_use_and_can_be_filtered(scene: Scene) -> None:
    sign_in(scene)
    expect(scene.page.locator(".entry")).to_have_count(5)
    fastfreight = entry(scene, "fastfreight")
    expect(fastfreight).to_contain_text("declared in git")
    expect(fastfreight).to_contain_text("deliver and list in shipments/")
    expect(fastfreight).to_contain_text("by s3")
    expect(fastfreight.get_by_role("button")).to_have_count(0)
    expect(entry(scene, "harbour-returns")).to_contain_text("(in 30 hours)")
    scene.page.select_option("#filter-state", "expired")
    expect(scene.page.locator(".entry")).to_have_count(1)
    expect(scene.page.locator("#entries-told")).to_have_text("1 of 5 credentials")
    scene.page.select_option("#filter-origin", "git")
    expect(scene.page.locator("#entries-told")).to_have_text("Nothing here is like that.")
    scene.page.select_option("#filter-state", "")
    scene.page.fill("#filter-words", "PRICES")
    expect(scene.page.locator(".entry h3")).to_have_text(["marketpulse"])


def test_a_silo_without_anybody_says_what_to_do(scene: Scene) -> None:
    scene.behind.credentials.clear()
    enter(scene)
    scene.page.fill("#code", CODE)
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator("#empty")).to_contain_text("Nobody may deliver to this silo yet.")
    expect(scene.page.locator("#filters")).to_be_hidden()


def vend(scene: Scene) -> None:
    scene.page.get_by_role("button", name="Give access").first.click()
    scene.page.fill("#vend-name", "coastline-test")
    scene.page.fill("#vend-below", "/2026/returns/")
    scene.page.fill("#vend-length", "36")
    scene.page.select_option("#vend-unit", "hours")
    scene.page.get_by_label("SFTP").check()
    scene.page.get_by_label("list", exact=True).uncheck()
    scene.page.fill("#vend-cidrs", "203.0.113.0/24, 2001:db8::/48")
    scene.page.fill("#vend-limit", "512")
    scene.page.fill("#vend-note", "For the trial")
    scene.page.get_by_label("They are meant to share this folder").check()
    scene.page.locator("#vend-button").click()


def test_giving_access_asks_for_what_was_chosen(scene: Scene) -> None:
    sign_in(scene)
    vend(scene)
    expect(scene.page.locator("#pair")).to_be_visible()
    assert asked(scene, "POST /credentials") == [
        {
            "name": "coastline-test",
            "prefix": "erp/orders/2026/returns",
            "protocols": ["web", "sftp"],
            "permissions": ["upload"],
            "hours": 36,
            "cidrs": ["203.0.113.0/24", "2001:db8::/48"],
            "maxObjectMiB": 512,
            "note": "For the trial",
            "shared": True,
        }
    ]


def test_a_folder_that_others_have_is_given_only_to_who_says_that_it_is_meant(scene: Scene) -> None:
    sign_in(scene)
    pilot = entry(scene, "brightline-pilot")
    expect(pilot).to_contain_text("harbour-returns and oldtown-audit")
    expect(entry(scene, "fastfreight")).not_to_contain_text("Shares files with")
    scene.page.get_by_role("button", name="Give access").first.click()
    scene.page.fill("#vend-name", "coastline")
    scene.page.select_option("#vend-zone", "shipments")
    expect(scene.page.locator("#vend-shared")).to_contain_text("fastfreight (shipments/) has files in the same place.")
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#vend-problem")).to_contain_text("Confirm that the folder is meant to be shared")
    expect(scene.page.get_by_label("They are meant to share")).to_be_focused()
    assert asked(scene, "POST /credentials") == []
    scene.page.get_by_label("They are meant to share").check()
    scene.page.select_option("#vend-zone", "erp/orders")
    expect(scene.page.locator("#vend-shared")).to_contain_text("harbour-returns (erp/orders/)")
    expect(scene.page.get_by_label("They are meant to share")).not_to_be_checked()
    scene.page.get_by_label("They are meant to share").check()
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#pair")).to_be_visible()
    assert [body["shared"] for body in asked(scene, "POST /credentials")] == [True]


def test_a_folder_that_nobody_has_asks_nothing(scene: Scene) -> None:
    scene.behind.credentials[:] = [credential("quay", prefix="erp/orders-old/"), credential("gone", state="ending")]
    sign_in(scene)
    scene.page.get_by_role("button", name="Give access").first.click()
    scene.page.fill("#vend-name", "coastline")
    expect(scene.page.locator("#vend-shared")).to_be_hidden()
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#pair")).to_be_visible()
    assert "shared" not in asked(scene, "POST /credentials")[0]


def test_a_folder_that_somebody_got_meanwhile_is_asked_about(scene: Scene) -> None:
    scene.behind.credentials[:] = [credential("quay", prefix="shipments/")]
    scene.behind.taken = [credential("rival")]
    sign_in(scene)
    scene.page.get_by_role("button", name="Give access").first.click()
    scene.page.fill("#vend-name", "coastline")
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#vend-problem")).to_contain_text("rival has it")
    scene.page.get_by_label("They are meant to share").check()
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#pair")).to_be_visible()


def test_hundreds_are_shown_by_the_fifty_and_found_by_their_names(scene: Scene) -> None:
    scene.behind.credentials[:] = [credential(f"many-{n:03}", prefix=f"erp/orders/{n}/") for n in range(160)]
    sign_in(scene)
    expect(scene.page.locator(".entry")).to_have_count(50)
    expect(scene.page.locator("#entries-told")).to_have_text("160 credentials")
    scene.page.get_by_role("button", name="Show more").click()
    expect(scene.page.locator(".entry")).to_have_count(100)
    expect(scene.page.locator(".entry h3").nth(50)).to_be_focused()
    scene.page.fill("#filter-words", "many-15")
    expect(scene.page.locator(".entry")).to_have_count(10)
    expect(scene.page.get_by_role("button", name="Show more")).to_be_hidden()


def test_the_pair_is_waited_for_shown_once_and_then_nowhere(scene: Scene) -> None:
    scene.behind.making = 1
    sign_in(scene)
    vend(scene)
    expect(scene.page.locator("#handover-told")).to_contain_text("Making the access")
    expect(scene.page.locator("#pair-secret")).to_have_value(SECRET)
    expect(scene.page.locator("#pair-id")).to_have_value(KEY_ID)
    expect(scene.page.locator("#pair-mail")).to_have_value(re.compile("By SFTP"))
    message = scene.page.input_value("#pair-mail")
    assert KEY_ID in message
    assert SECRET not in message
    scene.page.get_by_role("button", name="I have kept it, close").click()
    expect(scene.page.locator("#pair-secret")).to_have_value("")
    kept = scene.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.body.outerHTML])")
    assert SECRET not in kept
    for request in scene.behind.asked:
        assert SECRET not in request.url + (request.post_data or "")


def test_a_reload_while_a_pair_is_made_loses_nothing(scene: Scene) -> None:
    scene.behind.making = 10_000
    sign_in(scene)
    vend(scene)
    expect(scene.page.locator("#handover-wait")).to_be_visible()
    scene.page.get_by_role("button", name="Go on in the background").click()
    expect(scene.page.get_by_role("button", name="Show the pair: coastline-test")).to_be_visible()
    scene.page.reload()
    scene.behind.making = 0
    expect(scene.page.locator("#pair-secret")).to_have_value(SECRET)


def test_a_pair_that_cannot_be_made_is_told_with_the_reason(scene: Scene) -> None:
    sign_in(scene)
    scene.behind.unmade = "coastline-test could not be made: the user exists already"
    vend(scene)
    expect(scene.page.locator("#handover-problem")).to_have_text(scene.behind.unmade)
    expect(scene.page.locator("#handover-wait")).to_be_hidden()


WRONG = {
    "vend-name": ("Coast Line", "A name has 2 to 41 small letters"),
    "vend-below": ("Returns 2026", "A folder has small letters"),
    "vend-length": ("31", "at most 30 days"),
}


@pytest.mark.parametrize("field", WRONG)
def test_a_wish_that_cannot_be_is_told_at_its_field_before_it_is_sent(scene: Scene, field: str) -> None:
    typed, words = WRONG[field]
    sign_in(scene)
    scene.page.get_by_role("button", name="Give access").first.click()
    scene.page.fill("#vend-name", "coastline")
    scene.page.fill(f"#{field}", typed)
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#vend-problem")).to_contain_text(words)
    expect(scene.page.locator(f"#{field}")).to_be_focused()
    expect(scene.page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    assert asked(scene, "POST /credentials") == []


def test_one_wish_sent_twice_is_one_wish_and_another_is_another(scene: Scene) -> None:
    scene.behind.down = 1
    sign_in(scene)
    vend(scene)
    expect(scene.page.locator("#vend-problem")).to_have_text("The service is busy. Try again in a minute.")
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#pair")).to_be_visible()
    scene.page.get_by_role("button", name="I have kept it, close").click()
    scene.page.get_by_role("button", name="Give access").first.click()
    scene.page.fill("#vend-name", "other")
    scene.page.get_by_label("They are meant to share this folder").check()
    scene.page.locator("#vend-button").click()
    expect(scene.page.locator("#handover-title")).to_have_text("Access for other")
    sent = [one for one in scene.behind.asked if one.method == "POST" and one.url.endswith("/credentials")]
    first, again, other = (one.headers["idempotency-key"] for one in sent)
    assert first == again != other


def test_more_time_and_a_new_key_are_given_after_a_question(scene: Scene) -> None:
    sign_in(scene)
    scene.page.get_by_role("button", name="Extend: harbour-returns").click()
    scene.page.fill("#extend-length", "3")
    scene.page.locator("#extend-form [type=submit]").click()
    expect(scene.page.locator("#extend")).to_be_hidden()
    expect(entry(scene, "harbour-returns")).to_contain_text("(in 3 days)")
    scene.page.get_by_role("button", name="New key: harbour-returns").click()
    scene.page.locator("#rotate-form [type=submit]").click()
    expect(scene.page.locator("#pair-secret")).to_have_value(SECRET)
    assert asked(scene, "POST /credentials/harbour-returns/extend") == [{"hours": 72}]
    assert asked(scene, "POST /credentials/harbour-returns/rotate") == [{}]


def test_revoking_takes_the_name_typed(scene: Scene) -> None:
    sign_in(scene)
    scene.page.get_by_role("button", name="Revoke: harbour-returns").click()
    scene.page.fill("#revoke-confirm", "harbour")
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator("#revoke-problem")).to_have_text("Type harbour-returns to revoke it.")
    assert len(scene.behind.credentials) == 5
    scene.page.fill("#revoke-confirm", "harbour-returns")
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator(".entry")).to_have_count(4)
    expect(scene.page.locator("#announcer")).to_have_text("harbour-returns is revoked")


def test_what_is_being_made_is_looked_at_again_until_it_is_there(scene: Scene) -> None:
    scene.behind.credentials[:] = [credential("quay", state="making", keys=[])]
    sign_in(scene)
    expect(scene.page.locator(".entry")).to_contain_text("Being made")
    expect(scene.page.locator(".entry").get_by_role("button")).to_have_count(0)
    scene.behind.credentials[:] = [credential("quay")]
    expect(scene.page.locator(".entry")).to_contain_text("Active")


def test_the_activity_says_who_did_what(scene: Scene) -> None:
    sign_in(scene)
    scene.page.click('.tabs a[href="#activity"]')
    expect(scene.page.locator("#activity-rows tr")).to_have_count(5)
    expect(scene.page.locator("#activity-rows tr").first).to_contain_text("was shown the pair of brightline-pilot")
    expect(scene.page.locator('.tabs a[href="#activity"]')).to_have_attribute("aria-current", "page")


def test_text_of_others_is_never_taken_for_markup(scene: Scene) -> None:
    hostile = "<img src=x onerror=alert(1)><b>bold</b>"
    scene.behind.credentials[:] = [credential("quay", note=hostile, vendedBy=hostile)]
    sign_in(scene)
    expect(scene.page.locator(".entry")).to_contain_text(hostile)
    assert scene.page.locator(".entry img, .entry b").count() == 0
    assert json.dumps(scene.page.evaluate("[...document.querySelectorAll('[style]')].length")) == "0"
