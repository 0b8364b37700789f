"""Processes of CmdStan: what they are told, what they leave, how they end."""
