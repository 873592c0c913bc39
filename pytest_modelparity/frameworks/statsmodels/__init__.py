"""Results of statsmodels."""
