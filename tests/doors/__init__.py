"""Tests that every door opens to whom it should and to nobody else."""
