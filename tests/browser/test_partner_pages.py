"""The partners' page: who gets in, what becomes of files, and what is said about it."""

from __future__ import annotations

import io
import json
import os
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from controller.local.server.signature import signed_with
from tests.browser.canned import KEY_ID, SECRET, granted, refusal
from tests.browser.conftest import Scene
from tests.browser.storage import CUT, HOLD, Asked

MIB = 1024 * 1024
BIG = os.urandom(MIB) * 40  # five parts


def test_files_are_delivered_and_listed(scene: Scene) -> None:
    scene.drop.objects["erp/orders/earlier.csv"] = b"earlier"
    scene.drop.objects["elsewhere/others.csv"] = b"others"
    scene.sign_in()
    scene.page.set_input_files("#files", [scene.file("a.csv", b"a,b\n1,2\n"), scene.file("empty.csv", b"")])
    expect(scene.page.locator("#objects tr")).to_have_count(3)
    expect(scene.page.locator("#summary")).to_have_text("2 of 2 delivered")
    assert scene.drop.objects["erp/orders/a.csv"] == b"a,b\n1,2\n"
    assert scene.drop.objects["erp/orders/empty.csv"] == b""


def test_a_folder_keeps_its_shape_and_leaves_out_what_systems_put_in(scene: Scene) -> None:
    scene.file("march/week 1/sales+returns & more.csv", b"1")
    scene.file("march/ümlaut.csv", b"2")
    scene.file("march/.DS_Store", b"3")
    scene.sign_in()
    scene.page.set_input_files("#folder", scene.folder / "march")
    expect(scene.page.locator("#summary")).to_have_text("2 of 2 delivered")
    assert scene.drop.objects == {
        "erp/orders/march/week 1/sales+returns & more.csv": b"1",
        "erp/orders/march/ümlaut.csv": b"2",
    }


def test_a_folder_of_many_files_is_delivered_whole(scene: Scene) -> None:
    for number in range(300):
        scene.file(f"many/{number:03}.csv", b"%d" % number)
    scene.sign_in()
    scene.page.set_input_files("#folder", scene.folder / "many")
    expect(scene.page.locator("#summary")).to_have_text("300 of 300 delivered")
    expect(scene.page.locator("#delivered-told")).to_have_text("300 files")
    assert scene.drop.objects == {f"erp/orders/many/{number:03}.csv": b"%d" % number for number in range(300)}


def test_a_paused_file_lets_the_others_pass(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 2 else None
    scene.sign_in()
    scene.page.set_input_files("#files", [scene.file(f"big-{number}.bin", BIG[: 17 * MIB]) for number in range(4)])
    for number in range(4):
        scene.page.get_by_role("button", name=f"Pause big-{number}.bin").click()
    scene.page.set_input_files("#files", scene.file("a.csv", b"1"))
    expect(scene.page.locator(".transfer", has_text="a.csv")).to_contain_text("Delivered")
    scene.drop.release.set()
    for number in range(4):
        scene.page.get_by_role("button", name=f"Resume big-{number}.bin").click()
    expect(scene.page.locator("#summary")).to_have_text("5 of 5 delivered")


def test_a_file_that_is_delivered_again_replaces_the_first(scene: Scene) -> None:
    scene.sign_in()
    for content in (b"first", b"second"):
        scene.page.set_input_files("#files", scene.file("a.csv", content))
        scene.until(lambda content=content: scene.drop.objects.get("erp/orders/a.csv") == content)
    expect(scene.page.locator(".transfer")).to_have_count(1)
    expect(scene.page.locator("#objects tr")).to_have_count(1)


def test_the_secret_is_in_no_request_and_in_no_store(scene: Scene) -> None:
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("a.csv", b"1"))
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")
    for request in scene.behind.asked:
        assert SECRET not in request.url
        assert SECRET not in json.dumps(request.headers)
        assert SECRET not in (request.post_data or "")
    kept = scene.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert SECRET not in kept
    assert scene.page.input_value("#secret") == ""


def test_a_lost_connection_goes_on_by_itself_where_it_was(scene: Scene) -> None:
    cut: list[Asked] = []

    def fault(asked: Asked) -> Any:
        if asked.part == 3 and len(cut) < 5:  # the first time, and all that is tried at once after it
            cut.append(asked)
            return CUT
        return None

    scene.drop.fault = fault
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("big.bin", BIG))
    expect(scene.page.locator(".transfer")).to_contain_text("it goes on by itself")
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")
    assert scene.drop.objects["erp/orders/big.bin"] == BIG
    assert scene.drop.sent("big.bin") == [1, 2, 3, 4, 5]


def test_being_offline_is_waited_for(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 2 else None
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("big.bin", BIG))
    expect(scene.page.locator('[data-state="sending"]')).to_be_visible()
    scene.until(lambda: 1 in scene.drop.sent("big.bin"))
    scene.page.context.set_offline(True)
    expect(scene.page.locator('[data-state="interrupted"]')).to_contain_text("No connection")
    scene.drop.release.set()
    scene.page.context.set_offline(False)
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")
    assert scene.drop.objects["erp/orders/big.bin"] == BIG


def test_after_a_reload_the_same_file_goes_on_where_it_was(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 4 else None
    scene.sign_in()
    path = scene.file("big.bin", BIG)
    scene.page.set_input_files("#files", path)
    scene.until(lambda: 3 in scene.drop.sent("big.bin"))
    scene.page.on("dialog", lambda dialog: dialog.accept())
    scene.page.reload()
    scene.drop.fault = lambda _: None
    scene.drop.asked.clear()
    scene.sign_in()
    expect(scene.page.locator("#unfinished")).to_contain_text("big.bin")
    scene.page.set_input_files("#files", path)
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")
    expect(scene.page.locator("#unfinished")).to_be_hidden()
    assert not {1, 2, 3} & set(scene.drop.sent("big.bin"))
    assert scene.drop.objects["erp/orders/big.bin"] == BIG


def test_what_the_storage_has_thrown_away_is_sent_again_from_the_start(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 3 else None
    scene.sign_in()
    path = scene.file("big.bin", BIG)
    scene.page.set_input_files("#files", path)
    scene.until(lambda: 2 in scene.drop.sent("big.bin"))
    scene.page.on("dialog", lambda dialog: dialog.accept())
    scene.page.reload()
    scene.drop.fault = lambda _: None
    scene.drop.uploads.clear()
    scene.sign_in()
    scene.page.set_input_files("#files", path)
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")
    assert scene.drop.objects["erp/orders/big.bin"] == BIG


def test_a_file_can_be_paused_and_goes_on(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 2 else None
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("big.bin", BIG))
    scene.page.get_by_role("button", name="Pause big.bin").click()
    expect(scene.page.locator('[data-state="paused"]')).to_be_visible()
    expect(scene.page.get_by_role("button", name="Resume big.bin")).to_be_focused()
    scene.drop.release.set()
    scene.page.keyboard.press("Enter")
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")
    assert scene.drop.objects["erp/orders/big.bin"] == BIG


def test_what_is_cancelled_leaves_nothing_in_the_storage(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 2 else None
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("big.bin", BIG))
    expect(scene.page.get_by_role("button", name="Pause big.bin")).to_be_visible()
    with scene.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        scene.page.get_by_role("button", name="Cancel big.bin").click()
    expect(scene.page.locator("#transfers")).to_be_hidden()
    assert scene.drop.uploads == {}
    assert scene.drop.objects == {}


def test_what_was_cut_off_earlier_can_be_discarded(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 2 else None
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("big.bin", BIG))
    scene.until(lambda: scene.page.evaluate("localStorage.getItem('lake.unfinished')"))
    scene.page.on("dialog", lambda dialog: dialog.accept())
    scene.page.reload()
    scene.sign_in()
    with scene.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        scene.page.get_by_role("button", name="Discard big.bin").click()
    expect(scene.page.locator("#unfinished")).to_be_hidden()
    assert scene.drop.uploads == {}


def test_a_busy_storage_is_asked_again(scene: Scene) -> None:
    tries: list[Asked] = []

    def fault(asked: Asked) -> Any:
        tries.append(asked)
        return (503, "SlowDown") if asked.method == "PUT" and len(tries) < 8 else None

    scene.drop.fault = fault
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("a.csv", b"1"))
    expect(scene.page.locator(".transfer")).to_contain_text("The storage is busy")
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")


def test_a_refusal_of_the_storage_is_told_in_the_service_s_words_and_can_be_tried_again(scene: Scene) -> None:
    scene.sign_in()
    scene.drop.fault = lambda asked: (403, "AccessDenied") if asked.method == "PUT" else None
    scene.behind.session = refusal(403, "expired", "This access ended at 2026-03-01T00:00:00Z.")
    scene.page.set_input_files("#files", scene.file("a.csv", b"1"))
    expect(scene.page.locator('[data-state="failed"]')).to_contain_text("This access ended at 1 Mar 2026")
    scene.drop.fault = lambda _: None
    scene.page.get_by_role("button", name="Try again a.csv").click()
    expect(scene.page.locator("#summary")).to_have_text("1 of 1 delivered")


def test_what_cannot_be_taken_is_told_before_a_byte_is_sent(scene: Scene) -> None:
    scene.behind.session = 200, granted(maxObjectMiB=1)
    scene.sign_in()
    expect(scene.page.locator("#limit")).to_contain_text("At most 1 MiB a file")
    long = "x" * 250
    scene.file(f"top/{long}/{long}/{long}/{long}/{long}.csv", b"1")
    scene.page.set_input_files("#folder", scene.folder / "top")
    expect(scene.page.locator("#refused")).to_contain_text("has a name that, with its folders, is too long")
    scene.page.set_input_files("#files", scene.file("large.bin", b"0" * (MIB + 1)))
    expect(scene.page.locator("#refused")).to_have_text("large.bin is larger than the 1 MiB that you may send.")
    assert [asked for asked in scene.drop.asked if asked.method != "GET"] == []


def test_who_may_not_list_sees_what_this_visit_delivered(scene: Scene) -> None:
    scene.behind.session = 200, granted(permissions=["upload"])
    scene.sign_in()
    expect(scene.page.locator("#delivered-title")).to_have_text("Delivered in this visit")
    scene.page.set_input_files("#files", scene.file("a.csv", b"1"))
    expect(scene.page.locator("#objects tr")).to_have_count(1)
    assert [asked.method for asked in scene.drop.asked] == ["PUT"]


def test_who_may_not_deliver_is_told_and_sees_the_list(scene: Scene) -> None:
    scene.drop.objects["erp/orders/report.csv"] = 7
    scene.behind.session = 200, granted(permissions=["list", "download"])
    scene.sign_in()
    expect(scene.page.locator("#no-upload")).to_be_visible()
    expect(scene.page.locator("#drop")).to_be_hidden()
    expect(scene.page.locator("#objects")).to_contain_text("report.csv")


def test_a_name_of_others_is_never_taken_for_markup_and_hides_no_other(scene: Scene) -> None:
    names = [
        "<img src=x onerror=alert(1)>.csv",
        "a&amp;<b>b</b> 100%25+1.csv",
        "control\x01.csv",
        "gr\u00fc\u00dfe.csv",
    ]
    scene.drop.objects |= {f"erp/orders/{name}": 1 for name in names}
    scene.sign_in()
    expect(scene.page.locator("#objects tr")).to_have_count(4)
    told = scene.page.locator("#objects .path").all_text_contents()
    assert sorted(told) == sorted(names)
    assert scene.page.locator("#objects img, #objects b").count() == 0


def test_a_long_list_is_searched_and_shown_in_portions(scene: Scene) -> None:
    scene.drop.objects |= {f"erp/orders/day-{number:03}.csv": number for number in range(120)}
    scene.sign_in()
    expect(scene.page.locator("#objects tr")).to_have_count(50)
    scene.page.click("#more")
    expect(scene.page.locator("#objects tr")).to_have_count(100)
    scene.page.fill("#search", "DAY-11")
    expect(scene.page.locator("#objects tr")).to_have_count(10)
    expect(scene.page.locator("#delivered-told")).to_have_text("10 files found")


REFUSALS = {
    "expired": "This access ended at",
    "disabled": "This access has been disabled.",
    "not-for-browsers": "This access is not for browsers",
    "address-not-granted": "This access is not for your address",
    "wrong-pair": "The secret access key does not belong",
    "clock": "The clock of this device is",
}


@pytest.mark.parametrize(("code", "words"), REFUSALS.items())
def test_a_refused_sign_in_says_why_and_keeps_what_was_typed(scene: Scene, code: str, words: str) -> None:
    scene.behind.session = refusal(401 if code == "wrong-pair" else 403, code, f"{words} …")
    scene.try_pair(KEY_ID, SECRET)
    expect(scene.page.get_by_role("alert")).to_contain_text(words)
    expect(scene.page.locator("#key-id")).to_be_focused()
    assert scene.page.input_value("#secret") == SECRET


@pytest.mark.parametrize(("key", "secret"), [(KEY_ID, ""), ("", SECRET), (SECRET, KEY_ID)])
def test_a_pair_that_cannot_be_one_is_not_sent(scene: Scene, key: str, secret: str) -> None:
    scene.try_pair(key, secret)
    expect(scene.page.get_by_role("alert")).to_be_visible()
    assert scene.behind.bodies == []


def test_signing_out_forgets_the_pair_and_stops_what_is_sent(scene: Scene) -> None:
    scene.drop.fault = lambda asked: HOLD if asked.part == 2 else None
    scene.sign_in()
    scene.page.set_input_files("#files", scene.file("big.bin", BIG))
    expect(scene.page.get_by_role("button", name="Pause big.bin")).to_be_visible()
    asked: list[str] = []
    scene.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    with scene.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        scene.page.get_by_role("button", name="Sign out").click()
    expect(scene.page.locator("#key-id")).to_be_focused()
    assert "still on their way" in asked[0]
    assert scene.drop.uploads == {}


NAMES = ("a.csv", "week 1/sales+returns & more=1?#%.csv", "ümlaut é/(1) it's *~!.csv", "日本/…;,:@$.csv")


@pytest.mark.parametrize("name", NAMES)
def test_an_address_is_signed_as_aws_signs_it(scene: Scene, name: str) -> None:
    scene.page.goto("/")
    address = scene.page.evaluate(
        """async ([id, secret, key]) => {
            const { Keys } = await import('/scripts/keys.js');
            const { Dropzone } = await import('/scripts/dropzone.js');
            const endpoint = 'https://s3.eu-west-1.amazonaws.com';
            const said = { endpoint, bucket: 'b', region: 'eu-west-1', prefix: 'p/' };
            const dropzone = new Dropzone(await Keys.of(id, secret), said);
            return (await dropzone.signed({ method: 'PUT', key, uploadId: 'a+b/c=', partNumber: 2 })).url;
        }""",
        [KEY_ID, SECRET, f"p/{name}"],
    )
    parts = urlsplit(address)
    assert parts.netloc == "b.s3.eu-west-1.amazonaws.com"
    environ = {"REQUEST_METHOD": "PUT", "RAW_URI": address, "QUERY_STRING": parts.query, "HTTP_HOST": parts.netloc}
    assert signed_with(environ, SECRET)
    assert not signed_with({**environ, "REQUEST_METHOD": "GET"}, SECRET)


def test_the_proof_of_who_signs_in_is_signed_for_this_site_and_as_aws_signs_it(scene: Scene) -> None:
    scene.sign_in()
    ((path, body),) = scene.behind.bodies
    assert path == "POST /partner/session"
    headers = {name.lower(): value for name, value in body["headers"].items()}
    assert headers["x-lake-site"] == "d111111abcdef8.cloudfront.net"
    assert "SignedHeaders=host;x-amz-date;x-lake-site," in headers["authorization"]
    said = b"Action=GetCallerIdentity&Version=2011-06-15"
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ |= {"REQUEST_METHOD": "POST", "RAW_URI": "/", "HTTP_HOST": "sts.eu-west-1.amazonaws.com"}
    assert signed_with({**environ, **request_body(said)}, SECRET)
    assert not signed_with({**environ, **request_body(said), "HTTP_X_LAKE_SITE": "other.example"}, SECRET)


def request_body(content: bytes) -> dict[str, Any]:
    return {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}


def test_the_secret_cannot_be_read_from_the_page_s_keys(scene: Scene) -> None:
    scene.page.goto("/")
    refused = scene.page.evaluate(
        """async () => {
            const encoder = new TextEncoder();
            const kept = [];
            const importKey = crypto.subtle.importKey.bind(crypto.subtle);
            crypto.subtle.importKey = async (...said) => {
                kept.push(await importKey(...said));
                return kept.at(-1);
            };
            const { Keys } = await import('/scripts/keys.js');
            const keys = await Keys.of('AKIA', 'secret');
            const texts = JSON.stringify(keys) + Object.values(keys).join();
            return [kept.length, kept.every((key) => !key.extractable), texts.includes('secret')];
        }"""
    )
    assert refused == [1, True, False]
