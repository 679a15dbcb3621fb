"""Tests of the wake-ups: a real worker, a real broker."""
