"""A fit as a folder: recorded, written, read back, repeated, reported."""
