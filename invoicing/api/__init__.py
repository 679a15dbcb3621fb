"""API doors of what is billed and paid."""
