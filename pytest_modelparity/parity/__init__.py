"""The use case: two trained sides are compared, their divergence split and explained."""
