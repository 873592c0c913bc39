"""The mathematics: objective, exact optimum and certificates, in float64 without a framework."""
