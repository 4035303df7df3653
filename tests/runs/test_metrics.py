import math
from pathlib import Path

import pandas as pd
import pytest

from core.errors import ExplorerError
from core.runs.metrics import append_row, cut_rows, read_metrics


def test_floats_come_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    values = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, math.inf, math.pi]
    for epoch, value in enumerate(values, start=1):
        append_row(path, {"epoch": epoch, "train_loss": value})
    assert read_metrics(path)["train_loss"].tolist() == values


def test_the_table_is_plain_csv_with_whole_numbers_first(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    append_row(path, {"train_loss": 0.5, "epoch": 1, "step": 79})
    assert path.read_text() == "epoch,step,train_loss\n1,79,0.5\n"
    assert pd.read_csv(path).to_dict("list") == {"epoch": [1], "step": [79], "train_loss": [0.5]}


@pytest.mark.parametrize("kept", range(len("2,0.25\n")))
def test_a_last_line_torn_anywhere_is_left_out_and_counted(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,train_loss\n1,0.5\n" + "2,0.25\n"[:kept])
    table = read_metrics(path)
    assert table.to_dict("list") == {"epoch": [1], "train_loss": [0.5]}
    assert table.attrs["dropped"] == int(kept > 0)


def test_a_new_column_grows_the_table_and_leaves_earlier_cells_empty(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    append_row(path, {"epoch": 1, "train_loss": 0.5})
    append_row(path, {"epoch": 2, "train_loss": 0.25, "val_loss": 0.75})
    append_row(path, {"epoch": 3, "val_loss": 1.0})
    assert path.read_text() == "epoch,train_loss,val_loss\n1,0.5,\n2,0.25,0.75\n3,,1.0\n"


def test_damaged_lines_are_dropped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"epoch,val_loss,note\n1,0.5,a\n\xff\x00,0.1,b\n2,0.4\n3,what,c\n3,0.2,d\n")
    table = read_metrics(path)
    assert table.to_dict("list") == {"epoch": [1, 3], "val_loss": [0.5, 0.2], "note": ["a", "d"]}
    assert table.attrs["dropped"] == 3


def test_a_file_that_is_no_table_of_epochs_gives_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text('"' + "x" * 200_000 + "\nsecond\n")
    table = read_metrics(path)
    assert (len(table), table.attrs["dropped"]) == (0, 1)
    assert len(read_metrics(tmp_path / "missing.csv")) == 0


def test_numbers_of_numpy_and_torch_are_stored_as_numbers(tmp_path: Path) -> None:
    import numpy as np
    import torch

    path = tmp_path / "metrics.csv"
    append_row(path, {"epoch": np.int64(1), "a": torch.tensor(0.5), "b": np.float64(0.25), "c": True, "d": None})
    assert path.read_text() == "epoch,a,b,c,d\n1,0.5,0.25,1,\n"


@pytest.mark.parametrize("value", [[1, 2], "two\nlines", object])
def test_a_cell_that_is_neither_number_nor_line_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(ExplorerError, match=r"^Column 'x' received .*; a cell holds one number or one line of text\.$"):
        append_row(tmp_path / "metrics.csv", {"epoch": 1, "x": value})


def test_rows_cut_off_are_kept_aside_from_every_cut(tmp_path: Path) -> None:
    path, aside = tmp_path / "metrics.csv", tmp_path / "metrics.cut.csv"
    for epoch in (1, 2, 3):
        append_row(path, {"epoch": epoch, "train_loss": epoch / 2})
    assert cut_rows(path, 1, aside) == 2
    append_row(path, {"epoch": 2, "train_loss": 7.0, "val_loss": 8.0})
    assert cut_rows(path, 1, aside) == 1
    assert path.read_text() == "epoch,train_loss,val_loss\n1,0.5,\n"
    assert aside.read_text() == "epoch,train_loss,val_loss\n2,1.0,\n3,1.5,\n2,7.0,8.0\n"
