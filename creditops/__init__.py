"""CreditOps: prepaid credits from quote to close. This package is the roof of the house, and `lib`
its cellar; docs/architecture.md shows the floors.

| room | what stands there |
|---|---|
| `lib` | floor 0: money, calendar, clock, outbox, due rows, approvals, policies, audit |
| `database` | the two connections, the embedded server, the roles |
| `desk`, `portal`, `api` | doors that need several floors: staff, customers, programs |
| `login`, `security` | one login for everyone; what a browser may load |
| `pictures` | SVG drawn on the server, for desk and portal |
| `scenarios` | what-ifs on a scratch book |
| `demo` | a believable vendor, made through the work modules |
| `schedule` | which work function does which kind of due work |
"""
