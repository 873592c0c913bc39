"""SGDClassifier with the log-loss: read, fitted, and trained again with something changed."""
