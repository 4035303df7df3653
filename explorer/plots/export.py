"""A figure as one HTML file: it needs no network, keeps hover and zoom, and saves itself as SVG or PNG."""

import html

import plotly.graph_objects as go

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font: 15px/1.45 "Source Sans 3", "Source Sans Pro", Helvetica, Arial, sans-serif; color: #262730; background: #fff;
        max-width: 1000px; margin: 24px auto; padding: 0 16px; }}
h1 {{ font-size: 20px; font-weight: 600; margin: 0 0 2px; }}
.subtitle, .caption {{ margin: 0 0 10px; color: #55585f; font-size: 13.5px; }}
button {{ font: inherit; padding: 3px 12px; margin-right: 8px; background: #fff;
          border: 1px solid #9a9da3; border-radius: 4px; }}
@media print {{ button {{ display: none; }} }}
</style></head><body>
<h1>{title}</h1>
{subtitle}<p><button type="button" id="save-svg">Save SVG</button><button type="button" id="save-png">Save PNG</button></p>
<div role="figure" aria-label="{alt}">{figure}</div>
<p class="caption">{caption}</p>
{source}</body></html>
"""

#: Runs after the figure stands; plotly fills in the id of its element.
_BUTTONS = """
const figure = document.getElementById('{plot_id}');
for (const [id, format, scale] of [['save-svg', 'svg', 1], ['save-png', 'png', 3]]) {
  document.getElementById(id).addEventListener('click', () => Plotly.downloadImage(figure, {
    format, scale, width: figure.clientWidth, height: figure.clientHeight, filename: document.title || 'figure',
  }));
}
"""


def export_html(fig: go.Figure, title: str, caption: str, *, subtitle: str = "", source: str = "") -> str:
    """Return a page with the figure in the paper style, plotly.js (4.8 MB) inside, and buttons that save SVG and PNG.

    `source` is a line below the buttons, such as the link to the view. All texts are plain texts; they are escaped.
    """
    figure = fig.to_html(
        include_plotlyjs=True,
        full_html=False,
        default_width="100%",
        default_height=f"{fig.layout.height or 430}px",
        auto_play=False,
        config={"responsive": True, "displaylogo": False},
        post_script=_BUTTONS,
    )
    meta = fig.layout.meta or {}
    return _PAGE.format(
        title=html.escape(title),
        subtitle=f'<p class="subtitle">{html.escape(subtitle)}</p>\n' if subtitle else "",
        alt=html.escape(meta.get("alt", title), quote=True),
        figure=figure,
        caption=html.escape(caption),
        source=f'<p class="caption">{html.escape(source)}</p>\n' if source else "",
    )
