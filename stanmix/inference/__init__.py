"""From a statement, data and starts to draws, through Stan."""
