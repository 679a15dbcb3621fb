"""API doors of floor 1, and what every API door needs to know of the caller."""
