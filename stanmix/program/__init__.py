"""From a specification to Stan: programs, their data and priors."""
