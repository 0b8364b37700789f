"""Numbers, given parameters and rows; arrays only."""
