"""A corpus of forgeries: settlements that lie, each in one way, for verifiers to refuse.

A statement of the corpus is what a settlement says to the contract: which deltas are outliers
(`outliers`), what they contribute (`contribution`), which vectors that is about and what their mean
is (`vectors`), that their entries are small (`entries`), and that a proof backs it (`proofs`).
`trial` shows every forgery to the contract and to the off-chain check, and counts.
"""
