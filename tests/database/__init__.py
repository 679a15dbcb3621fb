"""Tests of the room `creditops/database`: the embedded server, the roles, scratch databases."""
