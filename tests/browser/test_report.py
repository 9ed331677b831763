"""A report opened from the disk: the page, without a server and without a network."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request

from tb_stability import cli
from tests.browser.page import GRADIENT_NORM, NEXT_FRAME, PATIENCE
from tests.browser.runs import FAULTY, FIXED, HOSTILE_ROWS, SCRIPT_END, SPIKE

pytestmark = pytest.mark.browser

SETTLED = "() => window.tbStability && !tbStability.state().busy && tbStability.state().full"

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def report(logdir: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report of all runs, and of one threshold changed."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    changed = ("--threshold", "gradient_factor=2.5")
    assert cli.main(["report", str(logdir), "-o", str(path), *changed]) == 0
    assert path.stat().st_size < 2_000_000
    return path.as_uri()


@pytest.fixture
def open_report(browser: Browser, report: str) -> Iterator[Open]:
    """Opens the report; it may ask for nothing, complain of nothing and throw nothing."""
    noticed: list[str] = []

    def note_dialog(dialog: Dialog) -> None:
        noticed.append(dialog.message)
        dialog.dismiss()

    def note_request(request: Request) -> None:
        if not request.url.startswith((report, "blob:", "data:")):
            noticed.append(request.url)

    def open_report(hash: str = "", theme: str = "light") -> Page:
        page = browser.new_page(
            viewport={"width": 1440, "height": 1000}, color_scheme=theme, accept_downloads=True
        )
        page.context.set_offline(True)
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: noticed.append(str(error)))
        page.on("console", lambda message: noticed.append(message.text))
        page.on("dialog", note_dialog)
        page.on("request", note_request)
        page.goto(report + hash)
        page.wait_for_function(SETTLED)
        page.evaluate(NEXT_FRAME)
        return page

    yield open_report
    for context in browser.contexts:
        context.close()
    assert noticed == []


def of_run(run: str) -> str:
    return f"#p.stability.runs={run}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_shows_the_page_without_a_server(open_report: Open, theme: str) -> None:
    page = open_report(of_run(FAULTY), theme)
    assert page.locator("html").get_attribute("data-theme") == theme
    ground = page.evaluate("getComputedStyle(document.querySelector('.stability')).backgroundColor")
    assert (int(ground.strip("rgba()").split(",")[0]) > 128) == (theme == "light")
    heatmap = page.locator(f'[data-kind="heatmap"][data-tag="{GRADIENT_NORM}"] .stage canvas').first
    assert heatmap.is_visible()
    markers = page.evaluate("tbStability.markers()")
    assert {"exploding_gradient", "nonfinite_loss"} <= {marker["kind"] for marker in markers}
    findings = page.get_by_test_id("findings").inner_text()
    assert "Exploding gradient" in findings
    assert "global_clipnorm=" in findings
    cell = page.evaluate(f"tbStability.cell('{FAULTY}', '{GRADIENT_NORM}', 'lstm', 17)")
    assert cell["class"] == "nan"
    page.mouse.move(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    assert "lstm" in page.get_by_test_id("tooltip").inner_text()


def test_what_it_cannot_do_is_absent_or_said(open_report: Open, logdir: pathlib.Path) -> None:
    page = open_report(of_run(SPIKE) + "&p.stability.thresholds=spreads:9")
    assert page.get_by_test_id("thresholds").is_hidden()
    # What a link asks for cannot be had: the thresholds are those that it was made with.
    judged = page.get_by_test_id("judged-by").first.inner_text()
    assert "gradient factor 2.5 instead of" in judged
    assert "spreads" not in judged
    head = page.get_by_test_id("report-head").inner_text()
    assert head.startswith(f"Report of {logdir.name}, made 20")
    assert "It shows the runs as they were then." in head


def test_choices_are_kept_in_the_link(open_report: Open) -> None:
    page = open_report(of_run(FAULTY))
    page.locator(f'.run-item[data-run="{FIXED}"]').get_by_role("checkbox").click()
    page.wait_for_url(f"**{FAULTY}*{FIXED}*")
    page.reload()
    page.wait_for_function(SETTLED)
    assert page.evaluate("tbStability.state().runs") == [FAULTY, FIXED]
    assert page.get_by_test_id("run").count() == 2


def test_hostile_names_are_text(open_report: Open) -> None:
    page = open_report()
    item = page.locator(".run-item", has_text="alert(2)")
    item.hover()
    item.get_by_role("button", name="Show only").click()
    page.wait_for_function(SETTLED)
    page.evaluate(NEXT_FRAME)
    assert page.evaluate("tbStability.state().runs") == [SCRIPT_END]
    labels = page.get_by_test_id("row-label").filter(visible=True).all()
    assert [label.text_content() for label in labels] == list(HOSTILE_ROWS)
    assert page.locator("img, iframe, base").count() == 0
    assert page.locator("script").count() == 2, "the data and the page"


@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_a_panel_can_be_saved(open_report: Open, kind: str) -> None:
    page = open_report(of_run(FAULTY))
    panel = page.locator(f'[data-kind="heatmap"][data-tag="{GRADIENT_NORM}"]').first
    panel.locator(".save-menu summary, .save-menu button").first.click()
    with page.expect_download() as download:
        panel.get_by_test_id(f"save-{kind}").click()
    assert pathlib.Path(download.value.path()).stat().st_size > 200


def test_without_scripts_the_findings_are_text(browser: Browser, report: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report)
    text = page.locator("body").inner_text()
    page.context.close()
    assert "critical exploding_gradient: " in text
    assert "global_clipnorm=" in text


def test_a_damaged_file_says_so(browser: Browser, report: str, tmp_path: pathlib.Path) -> None:
    source = pathlib.Path(report.removeprefix("file://")).read_text(encoding="utf-8")
    damaged = tmp_path / "damaged.html"
    damaged.write_text(source.replace('id="report-data">', 'id="report-data">AAAA'), "utf-8")
    page = browser.new_page()
    page.goto(damaged.as_uri())
    fault = page.get_by_test_id("report-fault")
    fault.wait_for()
    assert fault.inner_text().startswith("This report cannot be shown.")
    page.context.close()
