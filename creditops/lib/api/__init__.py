"""What every API door stands on: strict reading, problem+json, keyset pages, answers given once."""
