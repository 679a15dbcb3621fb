"""What-ifs on a scratch book: a scenario is played through the product's own work functions, with a
clock that only the file moves. docs/scenarios.md is its manual.

| file | what stands there |
|---|---|
| `reading` | files are read and validated |
| `play` | one scenario is played: steps in order, due work in between |
| `verbs` | what a step does, each a call of a work function that a door calls too |
| `checks` | what is expected, compared field by field |
| `calculations` | the pure functions that a check may ask for |
| `world` | the handles of a scenario and what they stand for |
| `scratch_book` | a database of its own, played in a child process and dropped |
"""
