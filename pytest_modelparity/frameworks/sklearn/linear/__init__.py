"""Linear regression, with or without a penalty."""
