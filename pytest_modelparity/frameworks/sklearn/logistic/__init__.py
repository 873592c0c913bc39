"""LogisticRegression."""
