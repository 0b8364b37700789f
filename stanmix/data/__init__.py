"""From a frame and formulas to arrays."""
