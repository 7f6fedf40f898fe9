from __future__ import annotations

import numpy as np
import pytest

from market.datasets.catalogue import NAMES, load
from market.errors import InputError


@pytest.mark.parametrize(
    ("name", "rows", "features", "classes"),
    [("digits", 1797, 64, 10), ("breast-cancer", 569, 30, 2)],
)
def test_real_data_has_its_known_shape(name: str, rows: int, features: int, classes: int) -> None:
    dataset = load(name)
    assert dataset.table.X.shape == (rows, features)
    assert (dataset.features, dataset.classes) == (features, classes)
    assert sorted(set(dataset.table.y.tolist())) == list(range(classes))
    design = dataset.scaling(dataset.table).design(dataset.table.X)
    assert np.abs(design[:, :-1].mean(axis=0)).max() < 1e-9


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        load("mnist")
    assert all(name in caught.value.hint for name in NAMES)
