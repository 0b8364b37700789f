"""The modes of a posterior: found, weighed, and drawn from."""
