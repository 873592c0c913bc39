"""scikit-learn: the estimators that can be references."""
