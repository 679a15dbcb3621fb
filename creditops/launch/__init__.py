"""Everything for one machine: database, worker, web server, started and stopped together."""
