"""Steps that no manager can take out or weaken: what, at which elements, why, and by which source (domain.md 8).

A draft is held to the rows of `steps` like to any other rule; what breaks one is a problem at its element. A row says what must
never be possible, in worlds where somebody does not do their part (`ways`); who does it at least, and who alone may say that it
was done (`hands`); what its page must ask (`pages`); how long it may take at most (`times`); how high is left (`grades`).
Shortening a time, giving a step to a higher rank and adding steps stay free.
"""

from workflows.protected.steps import STEPS, check

__all__ = ["STEPS", "check"]
