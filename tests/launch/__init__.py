"""Tests of the room `creditops/launch`: everything on one machine."""
