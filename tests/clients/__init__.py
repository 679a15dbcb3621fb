"""Clients that others wrote, driven against our doors over HTTP: `bin/clients` installs them."""
