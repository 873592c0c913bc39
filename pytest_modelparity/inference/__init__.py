"""What can be told of a model from its predictions alone."""
