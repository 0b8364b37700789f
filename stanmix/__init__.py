"""Bayesian mixture models in Stan."""
