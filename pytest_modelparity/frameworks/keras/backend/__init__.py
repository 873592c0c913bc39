"""What only one backend of Keras can do."""
