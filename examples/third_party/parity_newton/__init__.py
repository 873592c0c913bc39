"""Logistic regression by Newton's method, and its plugin of pytest-modelparity."""

from parity_newton.estimator import NewtonLogistic

__all__ = ["NewtonLogistic"]
