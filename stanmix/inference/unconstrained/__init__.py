"""Stan's unconstrained scale: its transforms, and the space of a program's parameters."""
