"""What differs between two versions of a procedure, in words, for people who do not know BPMN.

Every file is taken apart into parts (steps, arrows, rows, questions) and every part into its settings, each setting with its
path in the file. Most paths have words (`words.py`); one that has none is told by its path. So an edit cannot be missed
because nobody thought of words for it. What only lies elsewhere in the drawing is no change, and named by file; how a file is indented is nothing.
"""

from engine.comparison.differ import compare, redrawn
from engine.comparison.parts import Change
from engine.comparison.words import of_value

__all__ = ["Change", "compare", "of_value", "redrawn"]
