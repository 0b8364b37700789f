"""Models of what goes with latent classes, fitted after the mixture without touching it."""
