"""What runs a program: CmdStan, which compiles it, or stanli, which interprets it."""
