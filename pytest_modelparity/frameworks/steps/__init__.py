"""Training a linear model step by step, whichever framework makes the steps."""
