"""Port suites: settings of a reference times data sets, as cases with stable ids."""
