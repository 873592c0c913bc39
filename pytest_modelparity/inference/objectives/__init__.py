"""The objective whose optimum a linear model is."""
