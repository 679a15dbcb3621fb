"""How the program reaches PostgreSQL: two connections to one database, embedded or by URL."""
