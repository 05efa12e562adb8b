"""What the benchmarks found, as one HTML page that needs nothing but a browser."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.embed import components
from bokeh.layouts import row as side_by_side
from bokeh.models import (
    BasicTickFormatter,
    ColumnDataSource,
    FactorRange,
    FixedTicker,
    HoverTool,
    Legend,
    LegendItem,
    LogTicker,
    Span,
    Whisker,
)
from bokeh.plotting import figure
from bokeh.resources import INLINE
from bokeh.transform import dodge

from benchmarks.contenders import Contender
from benchmarks.growth import Curve
from benchmarks.race import Race
from benchmarks.tables import HEAD, cells

# Okabe & Ito (2008), Color Universal Design.
COLOURS = {
    "snnlab": "#0072b2",
    "limit": "#000000",
    "brian2": "#c95500",
    "annarchy": "#00805d",
    "nest": "#a3407f",
}
MARKERS = {
    "snnlab": "circle",
    "limit": "square",
    "brian2": "triangle",
    "annarchy": "diamond",
    "nest": "inverted_triangle",
}
GOAL = 1.5  # times of the limit program
STYLE = """
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif;
       margin: 0 auto; max-width: 1100px; padding: 24px; color: #1c1c1c; background: #fff }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 19px; margin: 36px 0 4px }
p { margin: 4px 0 12px; max-width: 75ch; color: #444 }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px; white-space: nowrap }
th { text-align: left; font-weight: 600; border-bottom: 1px solid #999; padding: 3px 12px 3px 0 }
td { padding: 2px 12px 2px 0; border-bottom: 1px solid #eee; font-variant-numeric: tabular-nums }
tr.own td { font-weight: 600 } td.note { white-space: normal; color: #a00 }
"""


def page(
    title: str,
    races: Sequence[Race],
    first: Mapping[str, Sequence[Sequence[str]]],
    curves: Sequence[Curve],
) -> str:
    """The whole page; ``first`` holds further tables by their titles, the head of each first."""
    plots: dict[str, Any] = {}
    for dtype in dict.fromkeys(row.contender.dtype for one in races for row in one.rows):
        threads = {r.contender.threads for one in races for r in one.rows}
        for n in sorted(threads):
            name = f"Time over that of the hand-written program, {_threads(n)}, {dtype}"
            plots[name] = ratio_figure(races, n, dtype)
    if (known := _with_memory(races)) is not None:
        name = f"Peak memory of the process, {_threads(known.threads)}, {known.dtype}"
        plots[name] = memory_figure(races, known.threads, known.dtype)
    for axis in dict.fromkeys(curve.axis for curve in curves):
        own = [curve for curve in curves if curve.axis == axis]
        plots[f"Growth with {axis}: {own[0].network}"] = growth_figures(own)
    plots = {name: plot for name, plot in plots.items() if plot is not None}
    script, parts = components(plots) if plots else ("", {})
    sections = [f"<h2>{html.escape(name)}</h2>\n{parts[name]}" for name in parts]
    sections += [
        f"<h2>{html.escape(one.network.title)}</h2>\n{html_table(HEAD, cells(one))}"
        for one in races
    ]
    sections += [
        f"<h2>{html.escape(name)}</h2>\n{html_table(rows[0], rows[1:])}"
        for name, rows in first.items()
    ]
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>",
            INLINE.render(),
            "</head>\n<body>\n<h1>Benchmarks of snnlab</h1>",
            f"<p>{html.escape(title)}. Programs of one network took turns; a mark is the median of "
            "the rounds, a bar goes from the least to the largest. In ratios the line is "
            f"the hand-written program, the dashed one {GOAL:g} times its time.</p>",
            *sections,
            f"{script}\n</body>\n</html>\n",
        )
    )


def _threads(n: int) -> str:
    return f"{n} thread{'s' * (n > 1)}"


def ratio_figure(races: Sequence[Race], threads: int, dtype: str) -> Any | None:
    """Each network a column, each simulator a mark at its ratio to the limit program."""
    measured = [one for one in races if _times(one, "limit", threads, dtype)]
    if not measured:
        return None
    plot = _figure([one.network.name for one in measured], "time / limit program")
    for value, dash in ((1.0, "solid"), (GOAL, "dashed")):
        line = Span(location=value, dimension="width", line_color="#888", line_dash=dash)
        plot.add_layout(line)
    names = [n for n in COLOURS if n != "limit"]
    items, ends = [], [0.55, 2.0]  # both lines are seen, and all of every bar
    for place, name in enumerate(names):
        found = []
        for one in measured:
            row = one.row(name, threads, dtype)
            ratio = one.against(row, "limit") if row is not None else None
            if row is not None and ratio is not None:
                found.append((one.network.name, ratio.middle, ratio.least, ratio.most, str(ratio)))
        if found:
            items.append(_marks(plot, name, found, 0.16 * (place - (len(names) - 1) / 2)))
            ends += [end for _, _, least, most, _ in found for end in (least, most)]
    plot.y_range.start, plot.y_range.end = min(ends) / 1.1, max(ends) * 1.1
    return _with_legend(plot, items)


def _with_memory(races: Sequence[Race]) -> Contender | None:
    """Whose memory is drawn: that with the fewest threads, with float64 where there is any."""
    known = [row.contender for one in races for row in one.rows if row.megabytes is not None]
    return min(known, key=lambda c: (c.dtype != "float64", c.threads), default=None)


def memory_figure(races: Sequence[Race], threads: int, dtype: str) -> Any:
    """Each network a column, each simulator a mark at its peak (MB)."""
    plot = _figure([one.network.name for one in races], "MB")
    items = []
    for place, name in enumerate(COLOURS):
        found = []
        for one in races:
            row = one.row(name, threads, dtype)
            if row is not None and row.megabytes is not None:
                mb = row.megabytes
                found.append((one.network.name, mb, mb, mb, f"{mb:.4g} MB"))
        if found:
            items.append(_marks(plot, name, found, 0.14 * (place - (len(COLOURS) - 1) / 2)))
    return _with_legend(plot, items)


def _times(one: Race, simulator: str, threads: int, dtype: str) -> list[float]:
    row = one.row(simulator, threads, dtype)
    return [] if row is None else row.times


def _figure(networks: Sequence[str], label: str) -> Any:
    plot: Any = figure(
        x_range=FactorRange(factors=list(networks)),
        y_axis_type="log",
        height=340,
        sizing_mode="stretch_width",
        toolbar_location=None,
    )
    plot.yaxis.axis_label = label
    plot.yaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.yaxis.ticker = LogTicker(desired_num_ticks=6, mantissas=[1, 2, 5])
    plot.yaxis.axis_label_text_font_style = "normal"
    plot.xgrid.grid_line_color = None
    plot.xaxis.major_label_orientation = 0.5
    plot.outline_line_color = None
    return plot


def _marks(
    plot: Any, name: str, found: Sequence[tuple[str, float, float, float, str]], shift: float
) -> LegendItem:
    network, middle, least, most, text = (list(part) for part in zip(*found, strict=True))
    source = ColumnDataSource(
        {"network": network, "middle": middle, "least": least, "most": most, "text": text}
    )
    place = dodge("network", shift, range=plot.x_range)
    bar = Whisker(base=place, upper="most", lower="least", source=source, line_color=COLOURS[name])
    bar.upper_head = bar.lower_head = None
    plot.add_layout(bar)
    marks = plot.scatter(
        place, "middle", marker=MARKERS[name], size=10, color=COLOURS[name], source=source
    )
    plot.add_tools(
        HoverTool(renderers=[marks], tooltips=[("", f"@network, {name}"), ("", "@text")])
    )
    return LegendItem(label=name, renderers=[marks])


def _with_legend(plot: Any, items: list[LegendItem]) -> Any:
    legend = Legend(items=items, orientation="horizontal", border_line_color=None)
    plot.add_layout(legend, "above")
    return plot


def growth_figures(curves: Sequence[Curve]) -> Any:
    """Time and memory of every simulator along one axis."""
    plots = []
    for label, unit in (("wall s per s of biology", "s"), ("peak MB of the process", "MB")):
        kind = "linear" if curves[0].axis == "threads" else "log"
        plot: Any = figure(
            x_axis_type=kind,
            y_axis_type="log",
            height=260,
            sizing_mode="stretch_width",
            toolbar_location=None,
        )
        plot.xaxis.axis_label, plot.yaxis.axis_label = curves[0].axis, label
        for axis in (plot.xaxis, plot.yaxis):
            axis.axis_label_text_font_style = "normal"
        ticks = [x for x, _ in curves[0].points]
        plot.xaxis.ticker = FixedTicker(ticks=ticks, minor_ticks=[])
        plot.xaxis.major_label_overrides = {x: f"{x:,.0f}" for x in ticks}
        plot.yaxis.formatter = BasicTickFormatter(use_scientific=False)
        plot.yaxis.ticker = LogTicker(desired_num_ticks=4, mantissas=[1, 2, 5])
        plot.outline_line_color = None
        items = []
        for curve in curves:
            values = [(x, row.time if unit == "s" else row.megabytes) for x, row in curve.points]
            xs = [x for x, value in values if value is not None]
            ys = [value for _, value in values if value is not None]
            if not xs:
                continue
            colour = COLOURS[curve.simulator]
            line: Any = plot.line(xs, ys, color=colour, line_width=2)
            marks: Any = plot.scatter(xs, ys, marker=MARKERS[curve.simulator], size=9, color=colour)
            items.append(LegendItem(label=curve.simulator, renderers=[line, marks]))
        plots.append(_with_legend(plot, items))
    return side_by_side(*plots, sizing_mode="stretch_width")


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; rows of snnlab stand out."""

    def line(tag: str, row: Sequence[str], kind: str = "") -> str:
        inner = [f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row]
        if tag == "td" and head[-1] in ("", "note"):
            inner[-1] = f'<td class="note">{html.escape(row[-1])}</td>'
        return f"<tr{kind}>{''.join(inner)}</tr>"

    lines = [line("th", head)]
    lines += [line("td", row, ' class="own"' if "snnlab" in row else "") for row in rows]
    return '<div class="scroll"><table>\n' + "\n".join(lines) + "\n</table></div>"
