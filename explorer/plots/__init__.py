"""Figures: each function takes a table and returns a plotly Figure. No streamlit, no torch, no files."""

from .attributions import attribution_figure
from .bands import band_figure
from .build import empty_figure
from .clouds import cloud_figure
from .curves import curve_figure, overlay_figure
from .differences import difference_figure, strip_figure
from .export import export_html
from .film import film_figure
from .heatmap import heatmap_figure
from .multiples import fits_small_multiples, small_multiples_figure
from .parameters import parameter_figure
from .randomisation import randomisation_figure
from .shared import shared_figure
from .site import site_figure
from .theme import LineStyle, group_styles
from .trajectories import trajectory_figure

__all__ = [
    "LineStyle",
    "attribution_figure",
    "band_figure",
    "cloud_figure",
    "curve_figure",
    "difference_figure",
    "empty_figure",
    "export_html",
    "film_figure",
    "fits_small_multiples",
    "group_styles",
    "heatmap_figure",
    "overlay_figure",
    "parameter_figure",
    "randomisation_figure",
    "shared_figure",
    "site_figure",
    "small_multiples_figure",
    "strip_figure",
    "trajectory_figure",
]
