"""OneVsRestClassifier around a logistic estimator."""
