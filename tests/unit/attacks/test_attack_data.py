"""Poisoned rows and labels."""

from __future__ import annotations

import numpy as np
import pytest

from market.attacks import attack, backdoor, backdoor_rows, corner_patch, label_flip
from market.attacks.data import Trigger
from market.errors import InputError


def test_labels_flip_and_flip_back() -> None:
    y = np.array([0, 3, 9])
    assert label_flip(y, 10).tolist() == [9, 6, 0]
    assert label_flip(label_flip(y, 10), 10).tolist() == y.tolist()


def test_a_backdoor_stamps_and_relabels_its_share_and_nothing_else() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(20, 1, 6, 6)), generator.integers(1, 5, 20)
    before = X.copy()
    trigger = corner_patch((1, 6, 6), size=2, value=7.0)
    stamped, labels = backdoor(X, y, trigger, target=0, fraction=0.25, seed=1)
    touched = np.flatnonzero(labels == 0)
    assert len(touched) == 5
    assert (stamped[touched][:, 0, 4:, 4:] == 7.0).all()
    assert (stamped[touched][:, 0, :4, :] == X[touched][:, 0, :4, :]).all()
    rest = np.setdiff1d(np.arange(20), touched)
    assert (stamped[rest] == X[rest]).all()
    assert (labels[rest] == y[rest]).all()
    assert (before == X).all()


def test_a_backdoor_is_measured_on_other_classes_only() -> None:
    X, y = np.zeros((4, 5)), np.array([0, 1, 2, 0])
    mask = np.array([False, False, False, True, True])
    rows, labels = backdoor_rows(X, y, Trigger(mask, 2.0), target=0)
    assert rows.shape == (2, 5)
    assert labels.tolist() == [0, 0]
    assert rows[0].tolist() == [0, 0, 0, 2, 2]


@pytest.mark.parametrize("shape", [(30, 8), (30, 2), (30, 1, 8, 8), (30, 2, 2)])
def test_the_backdoor_by_name_fits_tables_and_images(shape: tuple[int, ...]) -> None:
    X = np.random.default_rng(0).uniform(size=shape)
    y = np.ones(30, dtype=np.int64)
    rows, labels = attack("backdoor").rows(X, y, 3, 0)
    assert np.count_nonzero(labels == 0) == 15
    assert rows.max() == X.max()
    assert (rows[labels == 1] == X[labels == 1]).all()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="no 4 x 4 patch"):
        corner_patch((3, 3), size=4)
    with pytest.raises(InputError, match="trigger of shape"):
        corner_patch((3, 3)).stamp(np.zeros((2, 4, 4)))
    trigger = Trigger(np.ones(2, dtype=bool))
    with pytest.raises(InputError, match="fraction"):
        backdoor(np.zeros((3, 2)), np.zeros(3, dtype=np.int64), trigger, 0, 0.0, 0)
    with pytest.raises(InputError, match="labels of shape"):
        backdoor(np.zeros((3, 2)), np.zeros(2, dtype=np.int64), trigger, 0, 0.5, 0)
