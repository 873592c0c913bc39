"""How a linear model is trained step by step, in plain arrays and without a framework."""
