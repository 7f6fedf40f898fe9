"""Training a network of any size by a round's k numbers, on one's own rows.

    recipe = parse_recipe({"loss": "cross-entropy", "learning_rate": 1.0})
    trained = train(network, weights, coordinates, rows, labels, recipe, seed=0, round=0, rounds=20)
    delta = quantise(trained.theta).integers

Beside it, `market.training` is the linear project's.
"""

from market.local_training.evaluation import Evaluation, evaluate, outputs_of
from market.local_training.on_grid import OnGrid, quantise
from market.local_training.recipe import Recipe, parse_recipe, read_recipe
from market.local_training.training import Epoch, Trained, train

__all__ = [
    "Epoch",
    "Evaluation",
    "OnGrid",
    "Recipe",
    "Trained",
    "evaluate",
    "outputs_of",
    "parse_recipe",
    "quantise",
    "read_recipe",
    "train",
]
