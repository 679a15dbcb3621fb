"""The root of the API: its addresses, and the doors that belong to no single floor."""
