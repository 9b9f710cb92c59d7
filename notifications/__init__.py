"""How messages leave: recorded once with the step that caused them, and sent until they are taken."""
