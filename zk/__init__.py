"""Proofs with EZKL: structured reference string, keys, commitments, proving, verifying."""
