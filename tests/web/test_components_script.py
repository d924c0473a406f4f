"""What the script adds: the proof verifier, keys, the combobox, numbers that hide again."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from jichitai.infra.transparency import merkle
from jichitai.infra.transparency.checkpoint import Checkpoint, sign
from jichitai.infra.transparency.proof import canonical, encode, make_proof
from tests.browser.support import browser, page_of, served
from tests.web import gallery_pages

__all__ = ["browser"]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with served(gallery_pages.answer) as origin:
        yield origin


def proof_file(index: int, size: int) -> dict[str, Any]:
    records = [{"number": n, "organ": f"organ-{n}", "fields": ["address"]} for n in range(size)]
    node = merkle.memory_node([merkle.leaf_hash(canonical(record)) for record in records])
    checkpoint = Checkpoint(gallery_pages.LOG, size, merkle.root(size, node))
    signed = sign(checkpoint, gallery_pages.LOG_KEY)
    path = merkle.inclusion_path(index, size, node)
    found: dict[str, Any] = json.loads(
        encode(make_proof(records[index], index, path, checkpoint, signed))
    )
    return found


def choose(page: Page, content: bytes) -> None:
    page.locator("#f-proof").set_input_files(
        {"name": "proof.json", "mimeType": "application/json", "buffer": content}
    )


def test_every_place_of_logs_of_many_sizes_is_proved_in_the_page(
    browser: Browser, gallery: str
) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/proof?density=public")
        for size in (1, 2, 3, 5, 8, 13):
            for index in range(size):
                choose(page, json.dumps(proof_file(index, size), indent=1).encode())
                result = page.locator("[data-proof-result=holds]")
                expect(result).to_be_visible()
                expect(result).to_contain_text(f"{index}番の記録は、{size}件の")
                choose(page, b"{}")
                expect(page.locator("[data-refusal=proof-format]")).to_be_visible()


def change(**values: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda proof: proof | values


def change_record(proof: dict[str, Any]) -> dict[str, Any]:
    return proof | {"record": proof["record"] | {"organ": "organ-x"}}


def change_size_of_checkpoint(proof: dict[str, Any]) -> dict[str, Any]:
    return proof | {"checkpoint": proof["checkpoint"].replace("\n7\n", "\n8\n"), "size": 8}


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (change(version=2), "proof-format"),
        (change(index=-1), "proof-format"),
        (change(more="x"), "proof-format"),
        (change(checkpoint="x"), "checkpoint-format"),
        (change_size_of_checkpoint, "checkpoint-signature"),
        (change_record, "record-mismatch"),
        (change(index=7), "index-out-of-range"),
        (change(index=2), "root-mismatch"),
        (change(path=[]), "path-length"),
        (lambda proof: proof | {"path": [*proof["path"], proof["leaf_hash"]]}, "path-length"),
        (
            lambda proof: proof | {"checkpoint": proof["checkpoint"].replace("nation", "nowhere")},
            "unknown-log",
        ),
    ],
)
def test_a_changed_proof_names_the_check_that_failed(
    browser: Browser,
    gallery: str,
    tamper: Callable[[dict[str, Any]], dict[str, Any]],
    check: str,
) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/proof?density=public")
        choose(page, json.dumps(tamper(proof_file(3, 7))).encode())
        expect(page.locator(f"[data-refusal={check}]")).to_be_visible()
        expect(page.locator("[data-proof-result=holds]")).to_be_hidden()


def test_a_name_given_twice_is_refused(browser: Browser, gallery: str) -> None:
    text = json.dumps(proof_file(3, 7))
    doubled = text.replace('"index": 3', '"index": 2, "index": 3')
    with page_of(browser) as page:
        page.goto(f"{gallery}/proof?density=public")
        choose(page, doubled.encode())
        expect(page.locator("[data-refusal=proof-format]")).to_be_visible()


def test_the_chosen_file_is_sent_nowhere(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/proof?density=public")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        choose(page, json.dumps(proof_file(3, 7)).encode())
        expect(page.locator("[data-proof-result=holds]")).to_be_visible()
        assert asked == []


def test_a_shown_number_hides_again_after_thirty_seconds(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.clock.install()
        page.goto(f"{gallery}/person?density=work")
        expect(page.locator("[data-rehide]")).to_have_text("1234 5678 903")
        page.clock.fast_forward(31_000)
        expect(page.locator("[data-rehide]")).to_have_text("••••")
        assert "1234 5678" not in page.content()


def test_a_still_screen_warns_and_locks(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.clock.install()
        page.goto(f"{gallery}/nav?density=work")
        page.clock.run_for(271_000)
        expect(page.locator("#jc-lock")).to_be_visible()
        page.keyboard.press("a")
        expect(page.locator("#jc-lock")).to_be_hidden()
        page.clock.run_for(302_000)
        page.wait_for_url("**/nav?locked=1")


def test_letters_act_outside_fields_only_and_can_be_switched_off(
    browser: Browser, gallery: str
) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/table?density=work")
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.get_by_role("link", name="R8-11-0232")).to_be_focused()
        page.keyboard.press("k")
        expect(page.get_by_role("link", name="R8-11-0231")).to_be_focused()
        page.keyboard.press("?")
        page.get_by_label("1文字のキーを使う").uncheck()
        page.keyboard.press("j")
        expect(page.get_by_label("1文字のキーを使う")).to_be_focused()
        page.get_by_label("1文字のキーを使う").check()
        page.keyboard.press("g")
        page.keyboard.press("t")
        page.wait_for_url("**/nav")


def test_keys_of_an_input_method_are_left_alone(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/table?density=work")
        page.evaluate(
            "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', isComposing: true}))"
        )
        expect(page.get_by_role("link", name="R8-11-0231")).not_to_be_focused()


def test_a_staff_form_starts_at_its_first_empty_field(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/form?density=work")
        expect(page.get_by_label("整理番号")).to_be_focused()


def test_errors_come_first_and_lead_to_their_fields(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/form?density=work&state=error")
        expect(page.locator(".jc-errors")).to_be_focused()
        assert page.title().startswith("エラー：")
        page.get_by_role("link", name="転入日が未来の日付です").click()
        expect(page.locator("#f-moved_on")).to_be_focused()


def test_the_combobox_filters_chooses_and_keeps_the_select(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/form?density=work")
        box = page.get_by_role("combobox", name="利用機関")
        box.fill("だい12")
        expect(page.locator("[role=option]")).to_have_count(1)
        box.press("ArrowDown")
        box.press("Enter")
        expect(box).to_have_value("第12機関")
        assert page.locator("#f-organ").input_value() == "012"
        box.fill("045")
        box.press("Tab")
        assert page.locator("#f-organ").input_value() == "045"


def test_a_whole_date_in_the_year_is_spread(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/form?density=work")
        year = page.get_by_label("生年月日の年")
        year.fill("Ｓ55/1/2")
        year.press("Tab")
        expect(page.get_by_label("生年月日の月")).to_have_value("1")
        expect(page.get_by_label("生年月日の元号")).to_have_value("S")


def test_progress_is_fetched_until_it_is_done(browser: Browser, gallery: str) -> None:
    with page_of(browser) as page:
        page.clock.install()
        page.goto(f"{gallery}/messages?density=work")
        page.clock.run_for(2500)
        expect(page.locator("[data-poll-done]")).to_be_visible()


def test_a_dangerous_deed_asks_in_a_dialog_and_gives_the_focus_back(
    browser: Browser, gallery: str
) -> None:
    with page_of(browser) as page:
        page.goto(f"{gallery}/messages?density=work")
        opener = page.get_by_role("link", name="例示市を切断する…")
        opener.click()
        expect(page.locator("#cut")).to_be_visible()
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()


@pytest.mark.parametrize("name", ["form", "messages", "proof"])
def test_a_sheet_works_without_script(browser: Browser, gallery: str, name: str) -> None:
    with page_of(browser, script=False) as page:
        page.goto(f"{gallery}/{name}?density=work")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if name == "form":
            expect(page.locator("select#f-organ")).to_be_visible()
        if name == "proof":
            expect(page.locator("[data-proof]")).to_be_hidden()
