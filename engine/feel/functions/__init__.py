"""The built-in functions of FEEL; importing this package fills the table in `registry`."""
