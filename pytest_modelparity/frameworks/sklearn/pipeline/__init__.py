"""Pipelines: the steps before an estimator, and which of them are one affine map."""
