"""Flower as this market uses it: configurations go to trainers, receipts come back.

`coordinator.Coordinator` is the aggregator's end, `node.Node` the trainer's, `records` says what
passes between them. Model updates do not go through Flower, and nothing that it carries decides a
payout: the chain is the authority. Nothing is imported here, because the gate, a process that
faces the network, should load no more than it needs.
"""
