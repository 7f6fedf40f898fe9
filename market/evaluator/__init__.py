"""Evaluators, and arbiters where they measure: what a measured project's models are worth."""
