"""What was promised to a missing child (domain.md 8), and whether the log shows that it was kept.

>>> from workflows.promises import PROMISES, check
>>> next(row for row in PROMISES if row.id == "G-02").words
'The return interview is held within 72 hours of the return'
"""

from workflows.promises.checking import check, check_period
from workflows.promises.model import Promise, State, Verdict
from workflows.promises.own import clocks_of
from workflows.promises.rows import PROMISES

__all__ = ["PROMISES", "Promise", "State", "Verdict", "check", "check_period", "clocks_of"]
