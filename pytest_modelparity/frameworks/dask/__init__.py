"""Rows in dask arrays and DataFrames, passed over by whatever scheduler is active."""
