"""Everything that runs, runs from here: pages, worker and command line on top of the engine."""
