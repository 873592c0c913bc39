"""Searches over parameters, by cross-validation, of an estimator that a mapping knows."""
