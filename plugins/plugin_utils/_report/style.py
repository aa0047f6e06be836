# Copyright (c) 2026, The proftpd.fxp contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

"""
The style of C(report.html).

Colours are from Okabe and Ito's set and Matplotlib's viridis, darkened or lightened until text on them has a contrast of 4.5 to 1
(WCAG 2.1 AA; the unit tests compute it). No state is told by its colour alone: each has a sign, or a shape where room is short.
"""

from __future__ import annotations

# Name of a pair of colours: text and ground in light and in dark surroundings.
PAIRS: dict[str, tuple[str, str, str, str]] = {
    "page": ("#1b1f24", "#ffffff", "#e6e9ed", "#14171c"),
    "soft": ("#4a525c", "#f3f5f8", "#b3bcc7", "#1e232a"),
    "link": ("#00558a", "#ffffff", "#8cc8f5", "#14171c"),
    "proven": ("#004a78", "#dcedf9", "#a9d8fa", "#16344b"),
    "repeated": ("#4a3800", "#fdf0bf", "#ffe48a", "#403510"),
    "refused": ("#3c3552", "#e6e3f1", "#d4ccf0", "#332f47"),
    "uncertain": ("#2b1d00", "#f5bd41", "#231700", "#ffc95c"),
    "failed": ("#ffffff", "#a83a00", "#1d0a00", "#ff9468"),
    "source": ("#00467a", "#eef6fc", "#9fd2f8", "#172736"),
    "destination": ("#7a3b00", "#fdf4ea", "#ffc58a", "#33261a"),
}
# Shapes of the drawing, on the page's ground. For shapes 3 to 1 is enough; what is well stays in the background.
MARKS = {
    "proven": ("#a9cdea", "#35597a"),
    "repeated": ("#a67c00", "#e3c34a"),
    "refused": ("#7d6fb0", "#a99bdb"),
    "uncertain": ("#d07f00", "#ffb52e"),
    "failed": ("#a83a00", "#ff8a5c"),
}
# From slow to fast; text and ground, whatever surrounds them.
HEAT = (
    ("#ffffff", "#440154"),
    ("#ffffff", "#443983"),
    ("#ffffff", "#31688e"),
    ("#000000", "#21918c"),
    ("#000000", "#35b779"),
    ("#000000", "#90d743"),
    ("#000000", "#fde725"),
)


def _variables(dark: bool) -> str:
    first = 2 if dark else 0
    pairs = "".join(f"--{name}:{pair[first]};--{name}-bg:{pair[first + 1]};" for name, pair in PAIRS.items())
    return pairs + "".join(f"--{name}-mark:{mark[int(dark)]};" for name, mark in MARKS.items())


_STATES = "".join(
    f".{name}{{color:var(--{name});background:var(--{name}-bg)}}svg .{name}{{fill:var(--{name}-mark);background:none}}"
    for name in MARKS
)
_HEAT = "".join(
    f".h{step}{{color:{text};background:{ground}}}svg .h{step}{{fill:{ground};background:none}}"
    for step, (text, ground) in enumerate(HEAT)
)

STYLE = (
    (
        ":root{color-scheme:light dark;" + _variables(dark=False) + "--line:#c5ccd5}"
        "@media (prefers-color-scheme:dark){:root{" + _variables(dark=True) + "--line:#414a55}}"
    )
    + """
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0 auto;padding:1rem clamp(.75rem,3vw,2.5rem) 4rem;max-width:100rem;color:var(--page);background:var(--page-bg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.15rem;font-weight:600;color:var(--soft);margin:.25rem 0 .5rem}
h2{font-size:1.3rem;margin:2.2rem 0 .6rem}
a{color:var(--link)}
p{margin:.4rem 0}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible,input:focus-visible+label,input:focus-visible,select:focus-visible,
button:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.headline{display:flex;gap:.8rem;align-items:center;font-size:clamp(1.25rem,4.5vw,1.9rem);font-weight:700;line-height:1.25;
padding:.8rem 1rem;border-radius:.6rem}
.headline .sign{font-size:1.3em}
.facts{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:.9rem 0 0;padding:0}
.facts div{min-width:0}
.facts dt{font-size:.8rem;color:var(--soft)}
.facts dd{margin:0;font-weight:600}
.sign{font-family:"DejaVu Sans","Segoe UI Symbol","Noto Sans Symbols 2",system-ui,sans-serif;font-variant-emoji:text}
.soft{color:var(--soft)}
.cure{border-left:4px solid var(--link);padding:.1rem 0 .1rem .8rem;margin:.6rem 0}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0}
summary{cursor:pointer;padding:.5rem .8rem;list-style-position:inside}
.leg .badge,.group>summary .count{margin-right:.5em}
details>:not(summary){margin-left:.8rem;margin-right:.8rem}
details[open]>:last-child{margin-bottom:.8rem}
.group>summary{font-weight:600;background:var(--soft-bg);border-radius:.5rem}
.count{display:inline-block;min-width:2.2em;text-align:center;border-radius:.4rem;padding:0 .5em;margin-right:.3em}
.badge{display:inline-block;border-radius:.35rem;padding:0 .45em;font-weight:600;white-space:nowrap}
:target,.now{outline:3px solid var(--link);outline-offset:3px}
.scroll{overflow:auto;max-width:100%;border:1px solid var(--line);border-radius:.5rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:normal}
th{white-space:nowrap}
td{overflow-wrap:break-word}
thead th{background:var(--soft-bg);color:var(--soft);font-size:.85rem}
tbody tr+tr>*{border-top:1px solid var(--line)}
.number{text-align:right;white-space:nowrap}
.wide{width:100%}
.wide .badge{white-space:nowrap}
[id^=leg-]{scroll-margin-top:6.5rem}
[id^=group-]{scroll-margin-top:4rem}
.wide td:last-child{min-width:16rem}
.tall{max-height:80vh}
.tall thead th{position:sticky;top:0;z-index:1}
.said{width:100%;font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.said td{padding:.05rem .5rem;border:0!important;white-space:nowrap}
.said td:last-child{white-space:pre-wrap;width:100%}
.said .source td{color:var(--source);background:var(--source-bg)}
.said .destination td{color:var(--destination);background:var(--destination-bg)}
.said tr.source td:first-child{border-left:4px solid var(--source)!important}
.said tr.destination td:first-child{border-left:4px double var(--destination)!important}
.evidence{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.1rem 1rem;font-size:.9rem;margin-top:.4rem}
.evidence dt{color:var(--soft)}
.evidence dd{margin:0}
.names{columns:16rem;margin:.5rem 0;padding-left:1.2rem}
.views>input{position:absolute;opacity:0}
.views>label{display:inline-block;padding:.35rem .9rem;border:1px solid var(--line);cursor:pointer;margin-bottom:.7rem}
.views>label:first-of-type{border-radius:.5rem 0 0 .5rem}
.views>label:last-of-type{border-radius:0 .5rem .5rem 0;border-left:0}
.views>input:checked+label{color:var(--page-bg);background:var(--link);font-weight:600}
.views>section{display:none}
#view-outcome:checked~.outcome,#view-rate:checked~.rate{display:block}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;margin:.6rem 0;padding:0;font-size:.9rem}
.legend .key{display:inline-block;min-width:1.7em;text-align:center;border-radius:.25rem;margin-right:.35em;padding:0 .3em}
.legend svg{vertical-align:-.25em;margin-right:.35em}
.matrix{max-height:85vh;width:fit-content}
.matrix th{position:sticky;left:0;z-index:1;background:var(--soft-bg);color:var(--soft);font-size:.8rem;font-weight:600;
padding:.2rem .5rem}
.matrix thead th{left:auto;top:0;z-index:2;vertical-align:bottom;text-align:center}
.matrix thead th:first-child{left:0;z-index:3;text-align:left}
.matrix.many thead th:not(:first-child)>span{writing-mode:vertical-rl;transform:rotate(180deg)}
.matrix td{padding:1px;text-align:center;vertical-align:middle}
.matrix td.self{background:var(--soft-bg)}
.matrix td a,.matrix td>span{display:inline-block;min-width:1.55em;padding:.12em .2em;text-decoration:none;
border-radius:.2rem;line-height:1.35}
.matrix td a+a{margin-left:1px}
.matrix td a:hover,.matrix td a:focus{outline:3px solid var(--link);outline-offset:0;position:relative}
.rate .matrix td>a{min-width:3.4em;font-size:.85rem}
.big{display:grid;grid-template-columns:max-content max-content;overflow:auto;max-height:88vh;max-width:100%;width:fit-content;
border:1px solid var(--line);border-radius:.5rem;background:var(--page-bg)}
.big>svg{display:block}
.big text{font:10px system-ui,"DejaVu Sans",sans-serif;fill:var(--soft)}
.big .corner{position:sticky;left:0;top:0;z-index:3;background:var(--soft-bg);font-size:.75rem;color:var(--soft);padding:.3rem}
.big .top{position:sticky;top:0;z-index:2;background:var(--soft-bg)}
.big .left{justify-self:end;position:sticky;left:0;z-index:1;background:var(--soft-bg)}
.big .grid{stroke:var(--line);stroke-width:.6}
svg .self{fill:var(--soft-bg)}
.big .cells{cursor:crosshair}
.big .cursor{fill:none;stroke:var(--page);stroke-width:1.5}
.tip{position:fixed;z-index:9;pointer-events:none;max-width:26rem;padding:.35rem .6rem;border-radius:.4rem;font-size:.9rem;
color:var(--page-bg);background:var(--page);white-space:pre-line}
.panel{border:2px solid var(--link);border-radius:.5rem;padding:.5rem .9rem;margin:.7rem 0}
.panel p{margin:.25rem 0}
.controls{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center;margin:.6rem 0}
.controls input,.controls select,.controls button{font:inherit;padding:.3rem .6rem;border:1px solid var(--line);
border-radius:.4rem;color:var(--page);background:var(--page-bg)}
[hidden]{display:none!important}
.paper{display:none}
@media (max-width:40rem){
body{font-size:15px}
.evidence{grid-template-columns:1fr}
.evidence dd{margin:0 0 .4rem}
.said td:first-child,.said td:nth-child(3){display:none}
.said tr.source td:nth-child(2){border-left:4px solid var(--source)!important}
.said tr.destination td:nth-child(2){border-left:4px double var(--destination)!important}
details>:not(summary){margin-left:.5rem;margin-right:.5rem}
.matrix,.big{max-height:75vh}
.wide td{overflow-wrap:anywhere}
.wide td:last-child{min-width:9rem}
}
@media print{
@page{margin:12mm}
:root{color-scheme:light;"""
    + _variables(dark=False)
    + """--line:#999}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:10.5pt;padding:0;max-width:none}
.group::details-content,.leg:first-of-type::details-content{content-visibility:visible;block-size:auto}
.paper{display:block!important}
.leg,tr,.cure{break-inside:avoid}
h2,summary{break-after:avoid}
.scroll,.big,.tall,.matrix{max-height:none;overflow:visible;border:0}
.matrix th,.big>*{position:static!important}
.shrink{zoom:.55}
.views>label,.controls,.panel,.tip{display:none!important}
.views>section{display:block}
a{color:inherit;text-decoration:none}
}
"""
    + _STATES
    + _HEAT
)
