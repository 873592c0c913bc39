"""Pairs of models with known differences: what `planted_causes.py` runs and the tests sample."""
