"""Stan's methods, a module each."""
