"""Attacks on federated learning, to test defences with.

`data` changes what an attacker trains on; `update`, `collusion` and `free_rider` what it sends.
They are plain functions whose arguments are what the attacker has to know. `catalogue` has them
all by name in one shape, and `corrupt` plays a round with some clients attacking.
"""

from market.attacks.catalogue import ALONE, ATTACKS, HONEST, Attack, attack, corrupt
from market.attacks.collusion import (
    a_little_is_enough,
    inner_product_manipulation,
    min_max,
    min_sum,
)
from market.attacks.data import (
    Trigger,
    backdoor,
    backdoor_rows,
    corner_patch,
    label_flip,
)
from market.attacks.free_rider import copycat, random_weights, replay, sybils
from market.attacks.update import noise, scaling, sign_flip, zero_update
from market.attacks.view import Knowledge, View

__all__ = [
    "ALONE",
    "ATTACKS",
    "HONEST",
    "Attack",
    "Knowledge",
    "Trigger",
    "View",
    "a_little_is_enough",
    "attack",
    "backdoor",
    "backdoor_rows",
    "copycat",
    "corner_patch",
    "corrupt",
    "inner_product_manipulation",
    "label_flip",
    "min_max",
    "min_sum",
    "noise",
    "random_weights",
    "replay",
    "scaling",
    "sign_flip",
    "sybils",
    "zero_update",
]
