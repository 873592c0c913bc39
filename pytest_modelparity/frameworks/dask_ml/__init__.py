"""Generalized linear models of dask-ml, which fits them where rows lie."""
