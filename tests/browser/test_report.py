# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The report in a real Chromium: for 2, 20 and 200 servers, with none, some and all transfers failing, on a desk, a phone and paper.

With FXP_PICTURES=DIRECTORY what was seen is kept there for people to look at.
"""

from __future__ import annotations

import os
import pathlib
import re
import time
import typing as t

import pytest

from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import html as _report_html
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import report as _report
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report import results as _results
from ansible_collections.proftpd.fxp.plugins.plugin_utils._report.contents import contents_of
from ansible_collections.proftpd.fxp.tests import report_samples
from ansible_collections.proftpd.fxp.tests.browser.chromium import Chromium
from ansible_collections.proftpd.fxp.tests.integration.checking import check
from ansible_collections.proftpd.fxp.tests.integration.conftest import DESTINATION, SOURCE, started
from ansible_collections.proftpd.fxp.tests.integration.daemons import DIGEST

Pages = t.Dict[t.Tuple[int, str], pathlib.Path]
FAILING: tuple[report_samples.Failing, ...] = ("none", "some", "all")
SIZES = (2, 20, 200)
# A page of 79 600 transfers must stay something that can be sent and opened. Seconds are for a machine that has much else to do.
MEGABYTES, SECONDS = 5, 20


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Chromium]:
    browser = Chromium(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    directory = tmp_path_factory.mktemp("pages")
    found = {}
    for servers in SIZES:
        for failing in FAILING:
            found[servers, failing] = directory / f"{servers}-{failing}.html"
            found[servers, failing].write_text(_report_html.as_html(report_samples.contents(servers, failing)), encoding="utf-8")
    return found


def keep(chromium: Chromium, name: str) -> None:
    """Keep a picture of what is seen, if somebody wants it."""
    if os.environ.get("FXP_PICTURES"):
        chromium.picture(pathlib.Path(os.environ["FXP_PICTURES"]) / f"{name}.png")


@pytest.mark.parametrize("servers", SIZES)
@pytest.mark.parametrize("failing", FAILING)
@pytest.mark.parametrize(
    ("width", "height", "dark"), [(1280, 900, False), (390, 844, False), (1280, 900, True)], ids=["desk", "phone", "dark"]
)
def test_it_opens_whole_and_asks_nobody(
    chromium: Chromium, pages: Pages, servers: int, failing: report_samples.Failing, width: int, height: int, dark: bool
) -> None:
    path = pages[servers, failing]
    assert path.stat().st_size < MEGABYTES << 20
    began = time.monotonic()
    chromium.open(path.as_uri(), width, height, phone=width < 500, dark=dark)
    assert time.monotonic() - began < SECONDS
    keep(chromium, f"{servers}-{failing}-{width}{'-dark' if dark else ''}")
    contents = report_samples.contents(servers, failing)
    assert chromium.value("document.querySelector('.headline').innerText").split("\n")[-1].endswith(contents.verdict)
    # Only what has a container of its own scrolls sideways.
    assert chromium.value("document.documentElement.scrollWidth") <= width
    chromium.value("document.getElementById('matrix').scrollIntoView()")
    keep(chromium, f"{servers}-{failing}-{width}{'-dark' if dark else ''}-matrix")
    assert chromium.complaints() == []
    ground = chromium.value("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 23, 28)" if dark else "rgb(255, 255, 255)")


def visible(chromium: Chromium, selector: str) -> bool:
    """Whether an element is drawn within the window."""
    return t.cast(
        "bool",
        chromium.value(
            f"(() => {{ const box = document.querySelector('{selector}').getBoundingClientRect();"
            " return box.height > 0 && box.top < innerHeight && box.bottom > 0; })()"
        ),
    )


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_click_on_a_cell_opens_the_transfer(chromium: Chromium, pages: Pages, script: bool) -> None:
    chromium.open(pages[20, "some"].as_uri(), script=script)
    cell = ".outcome td a.uncertain[title^='ftp13 \u2192 ftp12']"
    target = chromium.value(f"document.querySelector(\"{cell}\").getAttribute('href')")
    assert not visible(chromium, target)
    title = chromium.value(f'document.querySelector("{cell}").title')
    assert "data_connection_blocked, look at ftp12 first" in title
    chromium.point(*chromium.middle(cell), click=True)
    assert visible(chromium, target)
    assert "ftp13" in chromium.value(f"document.querySelector('{target}').innerText")
    assert "PASV" in chromium.value(f"document.querySelector('{target}').innerText")
    keep(chromium, f"20-some-clicked-{script}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_address_with_a_fragment_opens_the_transfer(chromium: Chromium, pages: Pages, script: bool) -> None:
    chromium.open(pages[2, "all"].as_uri() + "#leg-3", script=script)
    assert visible(chromium, "#leg-3")


def test_the_matrix_of_rates_is_a_click_away(chromium: Chromium, pages: Pages) -> None:
    for script in (True, False):
        chromium.open(pages[20, "some"].as_uri(), script=script)
        assert not visible(chromium, ".rate .matrix")
        chromium.point(*chromium.middle("label[for=view-rate]"), click=True)
        chromium.middle(".rate .matrix")
        assert visible(chromium, ".rate .matrix")
    keep(chromium, "20-some-rate")


def test_pointing_at_a_large_matrix_tells_and_a_click_leads(chromium: Chromium, pages: Pages) -> None:
    chromium.open(pages[200, "some"].as_uri())
    chromium.value("document.querySelector('.big').scrollIntoView()")
    x, y = chromium.value("(box => [box.x, box.y])(document.querySelector('.cells').getBoundingClientRect())")
    size = chromium.value("Number(document.querySelector('.cells').dataset.cell)")
    # From ftp31 to ftp12, the 31st row and the 12th column.
    place = (x + 11.5 * size, y + 30.5 * size)
    chromium.point(*place)
    tip = chromium.value("document.querySelector('.tip').innerText")
    assert tip.startswith("ftp31 \u2192 ftp12\n")
    assert "? ftp12 listens: fell short, place not certain; data_connection_blocked, look at ftp12 first" in tip
    assert visible(chromium, ".tip")
    keep(chromium, "200-some-pointed")
    chromium.point(*place, click=True)
    assert visible(chromium, "#panel")
    keep(chromium, "200-some-clicked")
    target = chromium.value("document.querySelector('#panel a').getAttribute('href')")
    chromium.point(*chromium.middle("#panel a"), click=True)
    assert visible(chromium, target)
    assert "ftp12" in chromium.value(f"document.querySelector('{target}').parentElement.innerText")


def test_a_large_matrix_can_be_read_with_the_keyboard(chromium: Chromium, pages: Pages) -> None:
    chromium.open(pages[200, "some"].as_uri())
    chromium.value("document.querySelector('.cells').focus()")
    for name in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        chromium.key(name)
    assert chromium.value("document.getElementById('spoken').textContent").startswith("ftp1 \u2192 ftp4\n")
    chromium.key("Enter")
    assert chromium.value("document.getElementById('panel').innerText").startswith("ftp1 \u2192 ftp4")


def test_the_table_of_many_transfers_is_searched(chromium: Chromium, pages: Pages) -> None:
    chromium.open(pages[200, "some"].as_uri())
    assert chromium.value("document.querySelectorAll('#rows tr').length") == 100
    assert chromium.value("document.getElementById('where').textContent") == "1\u2013100 of 79600"
    chromium.value(
        "(() => { const find = document.getElementById('find'); find.value = 'out_of_range';"
        " find.dispatchEvent(new Event('input')); })()"
    )
    shown = chromium.value("[...document.querySelectorAll('#rows tr')].map(row => row.textContent)")
    assert shown
    assert all("passive_port_out_of_range" in row for row in shown)


def test_it_prints(chromium: Chromium, pages: Pages) -> None:
    lengths = []
    for servers in SIZES:
        chromium.open(pages[servers, "some"].as_uri())
        paper = chromium.paper()
        assert paper.startswith(b"%PDF")
        lengths.append(len(re.findall(rb"/Type\s*/Page\b", paper)))
        # Afterwards the screen is as it was.
        assert chromium.value("document.querySelectorAll('.group[open]').length") == 1
    assert lengths[0] <= 4
    assert all(pages <= 40 for pages in lengths), lengths
    chromium.open(pages[2, "some"].as_uri())
    chromium.call("Emulation.setEmulatedMedia", media="print")
    assert visible(chromium, "#leg-1")
    keep(chromium, "2-some-paper")


@pytest.mark.parametrize("servers", [3, 40])
def test_both_families_of_a_pair_are_told_apart(chromium: Chromium, tmp_path: pathlib.Path, servers: int) -> None:
    legs = [{**leg, "family": family} for family in ("ipv4", "ipv6") for leg in report_samples.legs(servers, "some", sample=None)]
    path = tmp_path / "page.html"
    contents = contents_of("Both", report_samples.GENERATED, None, _report.listed(legs))
    path.write_text(_report_html.as_html(contents), encoding="utf-8")
    chromium.open(path.as_uri())
    shown = chromium.value("[...document.querySelectorAll('tbody tr')].map(row => row.textContent).join('\\n')")
    assert "ftp1 (IPv4)" in shown
    assert "ftp1 (IPv6)" in shown
    assert "over IPv4 and then over IPv6" in chromium.value("document.querySelector('#matrix').textContent")
    assert chromium.complaints() == []


def test_no_text_of_a_server_is_run(chromium: Chromium, tmp_path: pathlib.Path) -> None:
    text = "</script></style></title><script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">"
    for servers in (2, 32):
        legs = report_samples.legs(servers, "some", sample=1)
        for leg in legs:
            leg.update(source=leg["source"] + text, remedy=text)
            leg["transcript"] = [{**entry, "line": text} for entry in leg["transcript"]]
        path = tmp_path / f"{servers}.html"
        contents = contents_of(text, report_samples.GENERATED, text, _report.listed(legs))
        path.write_text(_report_html.as_html(contents), encoding="utf-8")
        chromium.open(path.as_uri())
        assert chromium.value("document.title") != "taken"
        assert chromium.value("document.images.length") == 0
        assert chromium.complaints() == []


def test_real_results_are_shown(chromium: Chromium, tmp_path: pathlib.Path) -> None:
    """Two daemons, one of which refuses strangers: a leg that is proven and one that names its cause."""
    for start in started():
        source, destination = start(SOURCE), start(DESTINATION, "AllowForeignAddress off\n" + DIGEST)
        ways = [check(source.options(), destination.options()), check(destination.options(), source.options())]
    legs = [leg for names, way in zip((("one", "two"), ("two", "one")), ways) for leg in _results.legs_of(*names, way.result)]
    contents = contents_of("Real", report_samples.GENERATED, "both ways", _report.listed(legs))
    assert contents.failed == 4
    path = tmp_path / "real.html"
    path.write_text(_report_html.as_html(contents), encoding="utf-8")
    chromium.open(path.as_uri() + "#leg-0", height=1600)
    text = chromium.value("document.body.innerText")
    assert "4 of 4 transfers fell short" in text
    assert "passive_refuses_foreign_address, look at two first" in text
    assert "PASV" in chromium.value("document.getElementById('leg-0').innerText")
    assert chromium.complaints() == []
    keep(chromium, "real")
