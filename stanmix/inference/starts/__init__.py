"""Where runs begin: EM on the data, or points that the user gives."""
