"""Everything that runs, runs from here: pages, worker and command line on top of the engine."""

import gc

gc.set_threshold(20_000, 20, 20)
"""What a program loads stays: to look for garbage among it again and again took a tenth of the start of a web worker."""
