"""API doors of what is sold."""
