"""Everything that says whether the house stands: tests mirror the floors, one folder each."""
