"""How one linear model is made of another: a forgotten scaler, columns that moved, rounding."""
