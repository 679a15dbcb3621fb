"""API doors of the ledger: usage in, balances and explanations out."""
