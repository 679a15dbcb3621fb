"""Floor 0: what every floor stands on. An installed app that knows no other.

| room | what stands there |
|---|---|
| `money`, `calendar`, `clock` | amounts and the one rounding; months and local midnights; what time it is |
| `locks` | names that are held until a transaction ends |
| `refusals` | the one exception a rule raises, with a code and a sentence for people |
| `policies` | versioned settings by scope: books, customer, contract; the nearest wins |
| `due` | work that is due at an instant, done once, in order |
| `outbox`, `idempotency` | effects that leave the house; answers that are given once |
| `approvals` | four eyes, bound to the exact content |
| `tables`, `table_rights`, `audit` | the four kinds of tables; what the database enforces; who changed what |
| `seals`, `chain` | digests over the books, off the hot path; whether the books still are what was sealed |
| `mail`, `pdf`, `files` | letters, documents, and where their bytes lie |
| `printed`, `languages` | how figures, dates and addresses look on documents; our own words by language |
| `sql` | one set-based statement per file |
| `admin` | bases of the admin pages |
"""
