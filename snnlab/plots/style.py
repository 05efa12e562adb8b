"""How every figure of snnlab looks before the page's theme colours it."""

from __future__ import annotations

from bokeh.models import BasicTicker, BasicTickFormatter, Range1d, Tool
from bokeh.models.tools import BoxZoomTool, PanTool, ResetTool, SaveTool, WheelZoomTool
from bokeh.plotting import figure

LEFT_BORDER = 74  # px; the same for all, so that figures under one another line up in time
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def blank_figure(
    *, height: int, x_range: Range1d, y_range: Range1d, y_label: str, name: str
) -> figure:
    """A figure with thin axes, no frame and its tools in a bar that shows on hover.

    ``height`` is that of the frame inside the axes in px.
    """
    wheel = WheelZoomTool(dimensions="width")
    tools: list[Tool] = [PanTool(), BoxZoomTool(), wheel, ResetTool(), SaveTool()]
    plot = figure(
        frame_height=height,
        sizing_mode="stretch_width",
        x_range=x_range,
        y_range=y_range,
        tools=tools,
        toolbar_location="right",
        output_backend="canvas",
        name=name,
    )
    plot.toolbar.logo = None
    plot.toolbar.autohide = True
    plot.toolbar.active_drag = None
    plot.toolbar.active_scroll = None
    plot.background_fill_color = None
    plot.border_fill_color = None
    plot.outline_line_color = None
    plot.min_border_left = LEFT_BORDER
    plot.min_border_right = 4
    plot.min_border_top = 8
    plot.yaxis.axis_label = y_label
    plot.yaxis.axis_label_standoff = 6
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_font_style = "normal"
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = "11px"
        axis.minor_tick_line_color = None
        axis.major_tick_in = 0
        axis.major_tick_out = 4
    # 112 000 ms is easier to read than 1.12e+5, and four such labels fit into a narrow figure.
    plot.xaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.xaxis.ticker = BasicTicker(desired_num_ticks=4)
    plot.xgrid.grid_line_alpha = 0.5
    plot.ygrid.grid_line_alpha = 0.5
    return plot


def thousands(count: int) -> str:
    """``count`` with thin spaces, as the page writes times."""
    return f"{count:,}".replace(",", "\u2009")


def share_time_axis(plots: list[figure], label: str) -> None:
    """Leave room for a time axis under the lowest figure only.

    The viewer writes its ticks and grid, which move with every frame, over the figures.
    """
    for plot in plots:
        plot.line([], [])  # Bokeh warns of figures in which nothing is drawn
        plot.xaxis.major_label_text_alpha = 0
        plot.xaxis.major_tick_line_alpha = 0
        plot.xgrid.grid_line_alpha = 0
        # Bokeh holds none of the data that moves: the menu of the figures saves them instead.
        plot.toolbar.tools = [tool for tool in plot.tools if not isinstance(tool, SaveTool)]
    for plot in plots[:-1]:
        plot.xaxis.major_label_text_font_size = "0px"
        plot.xaxis.major_tick_line_color = None
        plot.min_border_bottom = 7  # half of the lowest label of the vertical axis
    plots[-1].xaxis.axis_label = label
    plots[-1].xaxis.axis_label_standoff = 24  # below the ticks
