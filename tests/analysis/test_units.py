"""Alive, dead, newly dead, revived: by value, on one site whose channels are pushed below zero and back."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from core.analysis.units import channel_death_table, life_finding, unit_life_table, units_recorded
from core.errors import UnknownNameError
from core.runs import RunWriter

from .networks import ramp


class Shifted(nn.Module):
    """ReLU of the images plus one number per channel."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(4, 1, 1))
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(x + self.shift)


#: Shift of each of four channels after epochs 0, 1, 2: the second dies, the third is dead and revives, the fourth stays dead.
SHIFTS = ([0, 0, -9, -9], [0, -9, -9, -9], [0, -9, 0, -9])


@pytest.fixture(scope="module", params=[False, True], ids=["counts", "bits"])
def run(request, tmp_path_factory):
    model = Shifted()
    images = ramp(-1, 1, channels=4, side=2)
    config = {"model": "shifted", "activation": "relu", "snapshot_units": request.param}
    with RunWriter(tmp_path_factory.mktemp("runs"), config, model, images) as writer:
        for epoch, shift in enumerate(SHIFTS):
            with torch.no_grad():
                model.shift.copy_(torch.tensor(shift, dtype=torch.float)[:, None, None])
            writer.snapshot(epoch=epoch, step=10 * epoch)
            if epoch == 0:
                writer.snapshot(epoch=0, step=1)  # within the first epoch: no whole epoch
        return writer.run


def rows(table):
    return table[["epoch", "total", "alive", "dead", "newly_dead", "revived"]].to_numpy().tolist()


def test_channels_die_and_revive(run):
    table = unit_life_table(run, "act")
    assert rows(table) == [[0, 4, 2, 2, -1, -1], [1, 4, 1, 3, 1, 0], [2, 4, 2, 2, 0, 1]]
    assert table[["site", "stage", "position", "what", "images"]].drop_duplicates().to_numpy().tolist() == [
        ["act", "stem", 0, "channel", 40]
    ]
    assert unit_life_table(run).equals(table)


def test_units_are_followed_where_each_was_recorded(run):
    table = unit_life_table(run, what="unit")
    assert table[["total", "dead"]].to_numpy().tolist() == [[16, 8], [16, 12], [16, 8]]
    changes = table[["newly_dead", "revived"]].to_numpy().tolist()
    assert changes == ([[-1, -1], [4, 0], [0, 4]] if units_recorded(run) else [[-1, -1]] * 3)


def test_every_channel_has_its_share_of_dead_units(run):
    table = channel_death_table(run, "act")
    assert table[table["epoch"] == 1][["channel", "dead_units", "units", "share"]].to_numpy().tolist() == [
        [0, 0, 4, 0],
        [1, 4, 4, 1],
        [2, 4, 4, 1],
        [3, 4, 4, 1],
    ]


def test_the_sentence_counts_and_names_what_it_counts(run):
    found = life_finding(unit_life_table(run))
    assert (found.kind, found.site, found.epoch, found.value) == ("found", "act", 2, 0.5)
    assert found.sentence == (
        "act, 40 probe images: 2 of 4 channels dead after epoch 2, 2 before training; from epoch to epoch 1 died and 1 revived."
    )
    units = life_finding(unit_life_table(run, what="unit")).sentence
    ends = ("4 died and 4 revived.", "which of them died and revived was not recorded.")
    assert units.endswith(ends[not units_recorded(run)])


def test_one_epoch_no_epoch_and_no_death_have_their_own_sentences(run):
    table = unit_life_table(run)
    assert life_finding(table.iloc[:1]).kind == life_finding(table.iloc[:0]).kind == "cannot tell"
    alive = table.assign(dead=0, alive=4)
    assert life_finding(alive).sentence == "act, 40 probe images: none of 4 channels is dead at any of 3 epochs."


def test_an_unknown_site_is_named(run):
    with pytest.raises(UnknownNameError, match="Unknown site 'art'"):
        unit_life_table(run, "art")


def test_reading_needs_no_torch():
    code = "import sys, core.analysis.units; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
