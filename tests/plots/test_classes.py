"""Figures of classes: what is drawn, by value."""

import numpy as np
import pytest

from core.analysis.confusion import class_table, confused_pairs, confusion_table
from explorer import plots
from explorer.plots.confusion import confusion_record

from . import tables as t

TABLE = t.prediction_table()
MATRIX = confusion_table(TABLE, t.class_names())


def test_the_record_holds_the_matrix_whatever_the_order_of_the_rows():
    record = confusion_record(MATRIX.sample(frac=1, random_state=0))
    assert record.names == list(t.FASHION)
    assert record.counts[4, 5] == ((TABLE["label"] == 4) & (TABLE["predicted"] == 5)).sum() > 0
    np.testing.assert_allclose(record.shares.sum(1), 1)


def test_only_wrong_predictions_are_coloured_and_what_does_not_occur_is_empty():
    right, dark, light, _ = plots.confusion_figure(MATRIX).data
    record = confusion_record(MATRIX)
    dark_z, light_z = (np.array(part.z, dtype=float) for part in (dark, light))
    drawn = np.isfinite(dark_z) | np.isfinite(light_z)
    assert not drawn.diagonal().any()
    assert (drawn == ((record.counts > 0) & ~np.eye(10, dtype=bool))).all()
    assert dark.zmax == light.zmax == np.nanmax(light_z) > np.nanmax(dark_z)
    assert (dark.textfont.color, light.textfont.color) == ("#F5F7FA", "#10161E")
    assert np.isfinite(np.array(right.z, dtype=float)).sum() == 10


def test_every_cell_is_a_point_that_names_its_pair():
    cells = plots.confusion_figure(MATRIX).data[-1]
    assert len(cells.customdata) == 100
    at = list(cells.customdata).index([4, 5])
    assert (cells.x[at], cells.y[at]) == (5, 4)
    record = confusion_record(MATRIX)
    assert cells.text[at].startswith(f"Coat → Sandal<br>{record.counts[4, 5]} of 100 images (")


def test_the_marked_cell_is_framed():
    (frame,) = plots.confusion_figure(MATRIX, marked=(4, 5)).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (4.5, 5.5, 3.5, 4.5)
    assert not plots.confusion_figure(MATRIX, marked=(4, 99)).layout.shapes


def test_too_many_classes_for_a_matrix_are_refused():
    assert plots.fits_matrix(25) and not plots.fits_matrix(26)
    with pytest.raises(ValueError, match=r"^a confusion matrix shows 1 to 25 classes; received 26\.$"):
        plots.confusion_figure(confusion_table(t.prediction_table(26), t.class_names(26)))


def test_classes_stand_with_the_lowest_accuracy_first():
    table = class_table(TABLE, t.class_names())
    bars, whole = plots.class_accuracy_figure(table, most=4).data
    assert list(bars.x) == sorted(100 * table["accuracy"])[:4]
    assert whole.x[0] == pytest.approx(100 * (~TABLE["wrong"]).mean())
    lowest = table.loc[table["accuracy"].idxmin()]
    assert bars.error_x.array[0] == pytest.approx(100 * (lowest["high"] - lowest["accuracy"]))


def test_pairs_stand_in_the_order_of_the_table():
    table = confused_pairs(TABLE, t.class_names())
    figure = plots.confused_pairs_figure(table, most=3)
    assert list(figure.data[0].x) == table["count"].head(3).tolist()
    first = table.iloc[0]
    assert figure.layout.yaxis.ticktext[0] == f"{first['label_name']} → {first['predicted_name']}"


@pytest.mark.parametrize("draw", [plots.class_accuracy_figure, plots.confused_pairs_figure])
def test_empty_tables_are_refused(draw):
    with pytest.raises(ValueError, match="has no rows"):
        draw(MATRIX.iloc[:0])
