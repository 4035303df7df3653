"""Figures: each function takes a table and returns a plotly Figure. No streamlit, no torch, no files."""

from .ablation import ablation_figure
from .attributions import attribution_figure
from .bands import band_figure
from .build import empty_figure
from .class_bars import class_accuracy_figure, confused_pairs_figure
from .clouds import cloud_figure
from .confusion import confusion_figure, fits_matrix
from .curves import curve_figure, overlay_figure
from .differences import difference_figure, strip_figure
from .export import export_html
from .feature_maps import feature_map_figure, maps_that_fit
from .film import film_figure
from .functions import function_figure
from .heatmap import heatmap_figure
from .life import life_figure
from .maximisation import maximisation_figure
from .multiples import fits_small_multiples, small_multiples_figure
from .noise_comparison import noise_comparison_figure
from .noise_depth import noise_depth_figure
from .noise_flips import flip_figure
from .noise_maps import noise_map_figure
from .parameters import parameter_figure
from .passage import passage_figure
from .path import path_figure
from .path_curves import path_curve_figure
from .points import point_figure
from .randomisation import randomisation_figure
from .shared import shared_figure
from .site import site_figure
from .slopes import parameter_slope_figure
from .surface import surface_figure
from .theme import LineStyle, group_styles
from .trajectories import trajectory_figure

__all__ = [
    "LineStyle",
    "ablation_figure",
    "attribution_figure",
    "band_figure",
    "class_accuracy_figure",
    "cloud_figure",
    "confused_pairs_figure",
    "confusion_figure",
    "curve_figure",
    "difference_figure",
    "empty_figure",
    "export_html",
    "feature_map_figure",
    "film_figure",
    "fits_matrix",
    "fits_small_multiples",
    "flip_figure",
    "function_figure",
    "group_styles",
    "heatmap_figure",
    "life_figure",
    "maps_that_fit",
    "maximisation_figure",
    "noise_comparison_figure",
    "noise_depth_figure",
    "noise_map_figure",
    "overlay_figure",
    "parameter_figure",
    "parameter_slope_figure",
    "passage_figure",
    "path_curve_figure",
    "path_figure",
    "point_figure",
    "randomisation_figure",
    "shared_figure",
    "site_figure",
    "small_multiples_figure",
    "strip_figure",
    "surface_figure",
    "trajectory_figure",
]
