"""The HTML report as a reader meets it: by eye, keyboard and ear, on paper and on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("selenium", reason="NO BROWSER: selenium is not installed")

from sample_reports import TRAINING_MAP
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pytest_modelparity.report.run import RunReport

PHONE = 360
MAP = """
    const map = document.querySelector("svg.map"), frame = map.querySelector(".frame");
    const section = map.closest("section section").parentElement.closest("section");
    const inside = frame.getBoundingClientRect();
    const marks = [...map.querySelectorAll("g.own, g.repair")];
    return {
      after: section.previousElementSibling.querySelector("h3").textContent,
      before: section.nextElementSibling.querySelector("h3").textContent,
      outside: [...map.querySelectorAll("path.contour, g.own, g.repair")].filter(e => {
        const box = e.getBoundingClientRect();
        return box.left < inside.left - 6 || box.right > inside.right + 6
          || box.top < inside.top - 6 || box.bottom > inside.bottom + 6;
      }).map(e => e.outerHTML.slice(0, 80)),
      colours: [...map.querySelectorAll("path[class^=m]")].map(e => getComputedStyle(e).fill),
      marks: marks.map(e => e.nextElementSibling.textContent),
    };"""
VISIBLE = "e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})"


def count(page: Any, selector: str) -> int:
    """Return how many elements can be seen."""
    script = f"return [...document.querySelectorAll(arguments[0])].filter({VISIBLE}).length"
    return page.execute_script(script, selector)


def find(page: Any, selector: str) -> Any:
    return page.find_element(By.CSS_SELECTOR, selector)


def press(page: Any, *keys: str) -> None:
    """Press keys where the focus is."""
    page.switch_to.active_element.send_keys(*keys)


def focused(page: Any) -> dict[str, Any]:
    """Return what has the focus, and whether that shows."""
    return page.execute_script("""
        const e = document.activeElement, style = getComputedStyle(e);
        const box = e.getBoundingClientRect();
        return {
          tag: e.tagName.toLowerCase(), id: e.id, text: e.textContent.trim(), type: e.type || "",
          ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
          seen: box.bottom > 0 && box.width > 0,
        };""")


def open_all(page: Any) -> None:
    page.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true; })")


def requests(page: Any) -> set[str]:
    """Return every address that was asked for."""
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    return {
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }


def sideways(page: Any) -> tuple[int, list[str]]:
    """Return by how much the page is wider than the window, and what sticks out."""
    return tuple(
        page.execute_script("""
        const width = document.documentElement.clientWidth;
        const scrolls = e => e && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)
          || scrolls(e.parentElement));
        const out = [...document.querySelectorAll("body *")].filter(
          e => e.getBoundingClientRect().right > width + 1 && !e.closest("svg, .unseen")
            && !scrolls(e.parentElement));
        return [document.scrollingElement.scrollWidth - width,
          out.slice(0, 5).map(e => e.outerHTML.slice(0, 100))];""")
    )


# --- filters


def test_all_checks_are_there_at_first_and_counted(page: Any) -> None:
    assert find(page, "#matches").text == "4 of 4 checks"
    assert find(page, "#matches").get_attribute("role") == "status"
    assert count(page, "tr[data-check]") == count(page, "article") == 4


@pytest.mark.parametrize(
    "words,left",
    [
        ("TWIN", 1),
        ("saturated", 1),
        ("penalty", 1),
        ("test_port no-finite", 1),
        ("test_port.py", 3),
        ("nowhere", 0),
    ],
)
def test_words_filter_by_test_cause_and_finding(page: Any, words: str, left: int) -> None:
    find(page, "#find").send_keys(words)
    assert find(page, "#matches").text == f"{left} of 4 checks"
    assert count(page, "tr[data-check]") == count(page, "article") == left
    assert count(page, "#none") == (left == 0)
    find(page, "#find").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    assert count(page, "article") == 4


def test_a_verdict_filters_together_with_words(page: Any) -> None:
    find(page, "input[value=diverged]").click()
    assert count(page, "article") == 3
    find(page, "#find").send_keys("twin", Keys.ENTER)
    assert find(page, "#matches").text == "0 of 4 checks"
    find(page, "input[value=equivalent]").click()
    assert count(page, "article") == 1


def test_without_scripts_everything_is_there_but_the_controls(
    page: Any, emulate: Callable[..., None]
) -> None:
    emulate(script=False)
    page.refresh()
    assert count(page, "article") == 4
    assert count(page, "#filters, button") == 0
    assert count(page, "pre") > 0


# --- copying


def test_the_button_copies_the_program_word_for_word(page: Any) -> None:
    page.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    button = find(page, "button.copy")
    button.click()
    told = page.execute_async_script("""
        const done = arguments[0];
        navigator.clipboard.readText().then(done, error => done(String(error)));""")
    assert told == find(page, "pre").get_attribute("textContent")
    assert "keras.Sequential()\nmodel.add" in told
    assert button.text == "Copied"
    assert find(page, "#said").get_attribute("textContent") == "The program is copied"


def test_without_a_clipboard_the_program_is_selected(page: Any) -> None:
    page.execute_script("""
        Object.defineProperty(navigator, "clipboard", {value: undefined});
        document.execCommand = () => false;""")
    find(page, "button.copy").click()
    assert find(page, "button.copy").text == "Selected"
    selected = page.execute_script("return String(getSelection())")
    assert "keras.Sequential()" in selected


# --- keyboard


def test_the_first_key_leads_past_the_head(page: Any) -> None:
    press(page, Keys.TAB)
    first = focused(page)
    assert first["text"] == "Skip to the overview"
    assert first["ring"]
    assert first["seen"]
    press(page, Keys.ENTER)
    assert focused(page)["id"] == "overview"


def test_every_control_is_reached_in_the_order_of_the_page_and_shows_it(page: Any) -> None:
    seen = []
    for _ in range(60):
        press(page, Keys.TAB)
        now = focused(page)
        if now["tag"] == "body":
            break
        assert now["ring"], now
        seen.append(now)
    kinds = [item["type"] or item["tag"] for item in seen]
    # Between them the matrix of a port suite: a region that scrolls, a link for each check.
    assert kinds[:8] == ["a", "button", "div", "a", "a", "summary", "radio", "search"]
    assert kinds[8:12] == ["a"] * 4
    assert kinds.index("summary", 8) > 12
    assert {"pre", "summary", "button"} <= set(kinds)
    places = page.execute_script(
        "return [...document.querySelectorAll('a, button, input, pre')].map(e => e.tabIndex)"
    )
    assert set(places) == {0}


@pytest.mark.parametrize("key", [Keys.ENTER, Keys.SPACE])
def test_a_key_opens_and_closes_details(page: Any, key: str) -> None:
    details = find(page, "article details")
    page.execute_script("arguments[0].querySelector('summary').focus()", details)
    press(page, key)
    assert details.get_attribute("open") is not None
    press(page, key)
    assert details.get_attribute("open") is None


def test_a_check_in_the_overview_leads_to_its_section(page: Any) -> None:
    link = find(page, "tr[data-check] a")
    link.send_keys(Keys.ENTER)
    assert focused(page)["id"] == link.get_attribute("href").partition("#")[2] == "check-1"


# --- theme


def dark(page: Any) -> bool:
    """Whether the page's text is light."""
    return page.execute_script("""
        const light = name => getComputedStyle(document.body)[name].match(/[\\d.]+/g)
          .slice(0, 3).reduce((sum, value) => sum + Number(value), 0);
        return light("color") > 1.5 * 255;""")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_system_s_until_someone_chooses_and_is_then_kept(
    page: Any, emulate: Callable[..., None], scheme: str
) -> None:
    page.execute_script("localStorage.clear()")
    emulate(scheme=scheme)
    page.refresh()
    assert dark(page) is (scheme == "dark")
    button = find(page, "#theme")
    assert button.get_attribute("aria-pressed") == str(scheme == "dark").lower()
    button.click()
    assert dark(page) is (scheme != "dark")
    page.refresh()
    assert dark(page) is (scheme != "dark")
    assert find(page, "#theme").get_attribute("aria-pressed") == str(scheme != "dark").lower()
    page.execute_script("localStorage.clear()")


def test_without_storage_the_theme_changes_all_the_same(page: Any) -> None:
    added = page.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument",
        {
            "source": "Object.defineProperty(window, 'localStorage', "
            "{get() { throw new Error('denied'); }});"
        },
    )
    page.refresh()
    page.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    find(page, "#theme").click()
    assert dark(page)


# --- paper and phone


def test_on_paper_all_details_are_open_and_controls_are_gone(
    page: Any, emulate: Callable[..., None]
) -> None:
    closed = count(page, "details table")
    emulate(media="print", scheme="dark")
    tables = page.execute_script("return document.querySelectorAll('details table').length")
    assert closed < tables == count(page, "details table")
    assert count(page, "button, form, .skip, .back") == 0
    assert not dark(page)
    heights = page.execute_script(
        "return [...document.querySelectorAll('details')].map(e => e.scrollHeight - e.clientHeight)"
    )
    assert max(heights) <= 1
    assert page.execute_cdp_cmd("Page.printToPDF", {})["data"]


def test_details_that_were_closed_before_printing_are_closed_after_it(page: Any) -> None:
    find(page, "article summary").click()
    for event, left in (("beforeprint", 0), ("afterprint", 1)):
        page.execute_script("window.dispatchEvent(new Event(arguments[0]))", event)
        assert bool(count(page, "details:not([open])")) is bool(left)
    assert count(page, "details[open]") == 1


@pytest.mark.parametrize("width", [320, PHONE, 700, 1200])
@pytest.mark.parametrize("kind", ["every kind", "hostile"])
def test_no_width_makes_the_page_scroll_sideways(
    open_page: Callable[..., Any],
    page: Any,
    hostile_run: RunReport,
    emulate: Callable[..., None],
    width: int,
    kind: str,
) -> None:
    emulate(width=width)
    if kind == "hostile":
        open_page(hostile_run)
    else:
        page.refresh()
    open_all(page)
    assert sideways(page) == (0, [])


@pytest.mark.parametrize("width", [720, 900, 1200])
def test_no_name_of_a_setting_is_broken(
    page: Any, emulate: Callable[..., None], width: int
) -> None:
    emulate(width=width)
    broken = page.execute_script("""
        const lines = e => {
          const range = document.createRange();
          range.selectNodeContents(e);
          return new Set([...range.getClientRects()].map(box => box.top)).size;
        };
        const names = [...document.querySelectorAll(".answer tbody th")];
        return [names.length, names.filter(e => lines(e) > 1 && !/\\s/.test(e.textContent.trim()))
          .map(e => e.textContent)];""")
    assert broken[0] > 5
    assert broken[1] == []


# --- the map of the training


@pytest.mark.parametrize("width", [PHONE, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_is_seen_before_the_details_and_its_marks_stand_out(
    page: Any, emulate: Callable[..., None], width: int, scheme: str
) -> None:
    emulate(width=width, scheme=scheme)
    page.refresh()
    assert count(page, "svg.map") == 2
    found = page.execute_script(MAP)
    assert found["after"] == "The answer"
    assert found["before"] == "Step by step"
    # Inside its frame, and no two colours of the legend alike.
    assert found["outside"] == []
    assert len(set(found["colours"])) == len(found["colours"]) > 4
    assert found["marks"] == ["yours", "repair, batch_size=569"]
    # Lighter and lighter away from the goal, or darker and darker on a dark page.
    light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in found["colours"][:-1]]
    assert light == sorted(light, reverse=scheme == "dark")


def test_the_numbers_of_the_map_are_reached_by_keyboard(page: Any) -> None:
    summary = find(page, "section:has(> figure > svg.map) summary")
    page.execute_script("arguments[0].focus()", summary)
    press(page, Keys.ENTER)
    table = "section:has(> figure > svg.map) table"
    assert count(page, f"{table} tbody tr") == len(TRAINING_MAP.epochs)
    cells = len(TRAINING_MAP.epochs) * len(TRAINING_MAP.learning_rates)
    assert count(page, f"{table} td") == cells


# --- harm


def test_nothing_is_asked_for_but_the_page_itself(page: Any) -> None:
    assert {url.partition(":")[0] for url in requests(page)} <= {"file", "data"}
    assert len([url for url in requests(page) if url.startswith("file")]) <= 1
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_the_policy_stops_what_is_not_of_the_page(page: Any) -> None:
    page.execute_script("""
        const added = document.createElement("script");
        added.textContent = "window.hacked = 1";
        document.body.append(added);
        const picture = document.createElement("img");
        picture.setAttribute("onerror", "window.hacked = 2");
        picture.src = "nothing.png";
        document.body.append(picture);""")
    assert page.execute_script("return window.hacked") is None
    stopped = [entry["message"] for entry in page.get_log("browser")]
    assert stopped
    assert all("Content Security Policy" in message for message in stopped)


def test_hostile_words_run_nothing_and_stay_words(
    open_page: Callable[..., Any], hostile_run: RunReport
) -> None:
    page = open_page(hostile_run)
    open_all(page)
    find(page, "#find").send_keys("<script>")
    # An alert would make this fail.
    found = page.execute_script(
        "return [window.hacked, document.scripts.length, document.images.length,"
        " document.querySelectorAll('[onmouseover]').length]"
    )
    assert found == [None, 1, 0, 0]
    assert find(page, "#matches").text == "1 of 1 checks"
    assert "<script>window.hacked = 1; alert(1)</script>" in find(page, "article h2").text


# --- everyone


@pytest.mark.parametrize(
    "device",
    [{}, {"scheme": "dark", "width": PHONE}],
    ids=["light", "dark phone"],
)
def test_axe_finds_nothing_serious(
    page: Any, axe: str, emulate: Callable[..., None], device: dict[str, Any]
) -> None:
    emulate(**device)
    page.refresh()
    open_all(page)
    page.execute_script(axe)
    found = page.execute_async_script("""
        const done = arguments[0];
        axe.run(document, {resultTypes: ["violations"]})
          .then(done, error => done(String(error)));""")
    grave = [
        (item["id"], item["impact"], item["nodes"][0]["html"][:200])
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]
    assert grave == []
    assert found["testEngine"]["name"] == "axe-core"
