"""Answers what is, for each kind of expectation, by the reads that screens and API use too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from accounts.models import Customer
from contracts import maturity as maturities
from contracts import rate_cards, renewals, standing
from contracts.models import Contract, RateCard
from creditops.lib import calendar, money
from creditops.lib.models import Approval
from creditops.lib.refusals import Refusal
from creditops.scenarios import calculations, values
from creditops.scenarios.world import World
from invoicing import documents
from invoicing.models import Invoice, NumberSeries
from ledger import (
    balances,
    books,
    explain,
    holders,
    intake_counts,
    limits,
    messages,
    movements,
    posting,
    statements,
    tariffs,
    units,
)
from ledger import forecast as forecasting
from ledger.balances import Balance, BlockBalance
from ledger.models import Holder, Pool, Term, ThresholdCrossing

Expectation = dict[str, Any]
Check = Callable[[World, Expectation, datetime], dict[str, Any]]


def balance(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Credits of an account, now or as of an instant, as known at another."""
    as_of = values.instant(wanted["as_of"]) if "as_of" in wanted else at
    known_at = values.instant(wanted["known_at"]) if "known_at" in wanted else at
    holder = world.holder(wanted["account"], at)
    pool = _pool(holder, wanted, at)
    now = balances.of_pool(pool, as_of=as_of, known_at=known_at)
    ever = now if as_of == known_at == at else balances.of_pool(pool, as_of=at, known_at=at)
    consumed, left = _alert_base(holder, pool, now, as_of)
    return {
        "credits": now.left,
        "overage": now.overage,
        "consumed": consumed,
        "pct": _percent(consumed, consumed + left),
        "observed": balances.observed(holder),
        "drawn": ever.used,
        "expired": ever.expired,
    }


def block(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """A block now or as of an instant."""
    as_of = values.instant(wanted["as_of"]) if "as_of" in wanted else at
    row = world.block(wanted["block"])
    pool = Pool.objects.select_related("holder", "unit").get(
        customer_id=row.customer_id, id=row.pool_id
    )
    found = next(
        b for b in balances.of_pool(pool, as_of=as_of, known_at=at).blocks if b.id == row.id
    )
    currency = found.currency
    released = found.released_minor
    return {
        "granted": found.granted,
        "used": found.used,
        "expired": found.expired,
        "refunded": found.voided,
        "left": found.left,
        "effective_at": values.written(found.effective_at),
        "expires_at": values.written(found.expires_at),
        "last_day": (
            calendar.last_day(found.expires_at, pool.holder.time_zone).isoformat()
            if found.expires_at
            else None
        ),
        "cost": money.text(found.cost_minor, currency),
        "released": money.text(released, currency),
        "value_left": money.text(found.cost_minor - released, currency),
        "unit_cost": money.decimal_text(found.unit_cost / 10 ** money.exponent(currency)),
    }


def event(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """What became of a usage message."""
    sent = world.sent[wanted["key"]][wanted.get("message", 1) - 1]
    outcome = sent.outcome
    zone = world.holder(sent.account, at).time_zone
    local = calendar.local_date(sent.time, zone)
    actual: dict[str, Any] = {
        "status": values.status(outcome.status),
        "code": values.code(outcome.code) if outcome.code else None,
        "credits": outcome.credits,
        "local_date": local.isoformat(),
        "days_late": (calendar.local_date(sent.at, zone) - local).days,
        "draws": [],
        "overage": 0,
    }
    if not outcome.uid:
        return actual
    stored = explain.find(outcome.uid)
    draws = explain.draws(stored)
    posted = explain.posted_as(stored)
    actual["credits"] = explain.credits(stored)
    actual["overage"] = sum(draw.credits for draw in draws if draw.block_id is None)
    actual["draws"] = [
        {
            "block": world.block_name(draw.block_source),
            "credits": draw.credits,
            "value": money.text(draw.value, draw.currency),
        }
        for draw in draws
        if draw.block_id is not None
    ]
    actual["posting_date"] = posted[0].isoformat() if posted else None
    running = explain.running_sum(stored)
    if running is not None:
        actual["exact_cumulative"] = money.decimal_text(running.credits)
        actual["carried"] = money.decimal_text(running.carried)
        actual["cumulative_cost"] = money.decimal_text(running.provider_cost)
    if stored.tariff is not None:
        rates = explain.rates(stored)
        actual["card_version"] = stored.tariff.version
        actual["rate"] = rates[0].credits if rates else None
    return actual


def overage(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Overage of a contract term."""
    contract = world.contract(wanted["contract"])
    found = standing.overage(contract, _term(contract, wanted.get("term"), at), at)
    if found is None:
        raise Refusal("no_commitment", "The term has no commitment yet.")
    return {
        "credits": found.credits,
        "cap": found.cap,
        "cap_left": found.cap_left,
        "amount": money.text(found.amount_minor, found.currency),
        "unit_price": money.decimal_text(found.unit_price),
        "pct_of_commitment": money.fixed_text(found.pct_of_commitment, 2),
    }


def term(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """A contract term."""
    contract = world.contract(wanted["contract"])
    found = _term(contract, wanted["n"], at)
    start = calendar.local_date(found.starts_at, contract.time_zone)
    end = calendar.local_date(found.ends_at, contract.time_zone)
    actual: dict[str, Any] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "days": (end - start).days,
    }
    committed = standing.commitment(contract, found, at)
    if committed is not None:
        actual["commitment"] = committed.commitment
        actual["price"] = money.text(committed.price_minor, committed.currency)
        actual["baseline"] = renewals.proposal(contract, found, at).baseline
    return actual


def document(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """An invoice."""
    found = world.document(wanted["document"])
    currency = found.currency
    still_open = documents.open_minor(found)
    today = books.date_of(at, books.current(at))
    return {
        "type": "INVOICE",
        "number": found.number,
        "date": found.issue_date.isoformat(),
        "due": found.due_date.isoformat(),
        "status": documents.status_of(found, still_open, today),
        "lines": [
            {
                "kind": line.kind,
                "credits": line.credits,
                "amount": money.text(line.amount_minor, currency),
                "tax_rate": found.tax_rate,
            }
            for line in found.lines.all()
        ],
        "net": money.text(found.net_minor, currency),
        "tax": money.text(found.tax_minor, currency),
        "total": money.text(found.total_minor, currency),
        "open": money.text(still_open, currency),
        "tax_category": found.tax_category,
        "vat_by_rate": {found.tax_rate: money.text(found.tax_minor, currency)},
        "text": " ".join(
            [found.tax_note, *found.notes, *(line.text for line in found.lines.all())]
        ),
    }


def journal(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The whole journal, or the part that the filters name, net per date and account."""
    rows = _lines(world, wanted, at)
    if "on" in wanted:
        rows = rows.filter(entry__posting_date__in=[date.fromisoformat(d) for d in wanted["on"]])
    if "codes" in wanted:
        rows = rows.filter(account__code__in=wanted["codes"])
    net = {(on.isoformat(), code): amount for (on, code), amount in statements.net(rows).items()}
    return {"entries": _as_entries(net, books.current(at).currency)}


def account_balance(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """A book-keeping account at the end of a day."""
    rows = _lines(world, {**wanted, "to": wanted["as_of"]}, at)
    net = statements.balance(rows, [wanted["code"]])
    currency = books.current(at).currency
    return {"debit": money.text(net, currency), "credit": money.text(-net, currency)}


def revenue(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Revenue of a period by posting date."""
    first, last = _bounds(wanted.get("period"))
    found = statements.revenue(_lines(world, {**wanted, "from": first, "to": last}, at))
    currency = books.current(at).currency
    return {
        name: money.text(getattr(found, name), currency)
        for name in ("usage", "breakage", "overage", "contra", "total")
    }


def alerts(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Every alert of an account so far, those of one instant together."""
    holder = world.holder(wanted["account"], at)
    crossings = ThresholdCrossing.objects.filter(
        customer_id=holder.customer_id,
        pool__in=[pool.id for pool in balances.pools_of(holder)],
    ).order_by("id")
    fired: dict[str, list[Any]] = {}
    for crossing in crossings:
        if wanted.get("ignore_overage") and crossing.threshold.startswith("OVERAGE_"):
            continue
        kind = int(crossing.threshold) if crossing.threshold.isdecimal() else crossing.threshold
        fired.setdefault(values.written(crossing.crossed_at) or "", []).append(kind)
    return {"fired": [{"at": when, "kinds": kinds} for when, kinds in fired.items()]}


def renewal_quote(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The renewal as it would be proposed now."""
    contract = world.contract(wanted["contract"])
    found = renewals.proposal(contract, _term(contract, None, at), at)
    return {
        "baseline": found.baseline,
        "credits": found.credits,
        "price": money.text(found.price_minor, found.currency),
        "overage_credits": found.overage_credits,
        "overage": money.text(found.overage_minor, found.currency),
        "total": money.text(found.total_minor, found.currency),
    }


def forecast(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The forecast of a contract made now."""
    holder = world.contract(wanted["contract"]).holder
    found = forecasting.of_pool(_pool(holder, wanted, at), at=at)
    minor, currency = found.shortfall_minor, found.currency
    return {
        "burn_per_day": money.decimal_text(found.burn_per_day),
        "days": found.days,
        "projected": found.projected,
        "shortfall_credits": found.shortfall_credits,
        "shortfall": money.text(minor, currency) if currency and minor is not None else None,
        "run_out": found.run_out.isoformat() if found.run_out else None,
        "sentence": found.sentence,
    }


def rate(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The rate that an event of an item would get."""
    holder = world.holder(wanted["account"], at)
    time = values.instant(wanted["time"]) if "time" in wanted else at
    book = tariffs.PriceBook([holder.id], [holder.customer_id])
    tariff = book.tariff(holder.id, time)
    if tariff is None:
        raise Refusal("no_rate", f"Nothing prices {wanted['item']!r} then.")
    item = book.chosen(holder.id, wanted["item"], time)
    found = next(r for r in tariff.all_rates() if r.item == item)
    actual: dict[str, Any] = {
        "credits": found.credits,
        "card_version": tariff.version,
        "rated_item": item,
    }
    thing = world.thing(wanted["account"])
    if isinstance(thing, Contract):
        committed = standing.commitment(thing, _term(thing, None, at), at)
        if committed is not None:
            scale = 10 ** money.exponent(committed.currency)
            price = standing.unit_price(committed) * found.credits * scale
            actual["price"] = money.text(money.round_half_up(price), committed.currency)
    return actual


def count(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """How many there are of something."""
    account = world.account_of(wanted["account"]) if "account" in wanted else {}
    what = wanted["what"]
    if what in _MESSAGES:
        return {"is": intake_counts.of(**account)[_MESSAGES[what]]}
    if what == "invoices":
        return {"is": Invoice.objects.filter(**account).count()}
    if what == "credit_notes":
        return {"is": 0}
    if what == "approval_requests":
        return {"is": Approval.objects.count()}
    if what == "alerts":
        return {"is": ThresholdCrossing.objects.count()}
    if what == "journal_lines":
        posting.run(at)
        return {"is": statements.lines(**account).count()}
    raise Refusal("unsupported", f"This version does not count {what!r} yet.")


def numbers(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The numbers used in a series of a year."""
    used = Invoice.objects.filter(series=wanted["series"], year=wanted["year"]).order_by("sequence")
    counter = NumberSeries.objects.filter(series=wanted["series"], year=wanted["year"]).first()
    sequences = list(used.values_list("sequence", flat=True))
    gapless = sequences == list(range(1, (counter.last if counter else 0) + 1))
    first, last = used.first(), used.last()
    return {
        "first": first.number if first and gapless else None,
        "last": last.number if last and gapless else None,
        "count": len(sequences),
    }


def status(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The state of a customer or contract."""
    thing = world.thing(wanted["of"])
    holder = world.holder(wanted["of"], at)
    found = limits.of([limits.key_of(holder, holder.customer.code)], at)[holder.id].rules
    actual: dict[str, Any] = {
        "enforcement": found.enforcement,
        "enforce_from": values.written(found.changes_at),
    }
    if isinstance(thing, Contract):
        actual["status"] = world.contract(wanted["of"]).status.upper()
    return actual


def contract_terms(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Commercial facts of a contract."""
    contract = world.contract(wanted["contract"])
    committed = standing.commitment(contract, _term(contract, None, at), at)
    currency = contract.currency
    list_minor = contract.list_price_minor
    price = standing.signed_price(contract) if committed is None else standing.unit_price(committed)
    actual: dict[str, Any] = {"unit_price": money.decimal_text(price)}
    if list_minor is not None:
        actual["list_value"] = money.text(list_minor, currency)
        actual["discount"] = money.text(list_minor - contract.price_minor, currency)
    return actual


def ledger(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Ledger entries of the given types, of an account or a block, in order of recording."""
    thing = world.names.get(wanted["of"])
    if isinstance(thing, Customer | Contract):
        pools, only = balances.pools_of(world.holder(wanted["of"], at)), None
    else:
        row = world.block(wanted["of"])
        pools, only = [Pool.objects.get(customer_id=row.customer_id, id=row.pool_id)], row.id
    currency = books.current(at).currency
    return {
        "entries": [
            {
                "type": entry.type,
                "credits": entry.credits,
                "block": world.block_name(entry.block_source),
                "at": values.written(entry.at),
                "recorded_on": entry.recorded_at.date().isoformat(),
                "value": None if entry.value is None else money.text(entry.value, currency),
            }
            for entry in movements.of_pools(pools)
            if entry.type in wanted["types"] and only in (None, entry.block_id)
        ]
    }


def warnings(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """Warnings shown for a contract or rate card."""
    thing = world.thing(wanted["of"])
    found = (
        rate_cards.warnings(thing)
        if isinstance(thing, RateCard)
        else standing.warnings(world.contract(wanted["of"]), at)
    )
    return {
        "codes": [code for code, _ in found],
        "text": " ".join(sentence for _, sentence in found),
    }


def calc(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """A pure function, or the code that it refuses with."""
    try:
        return {"equals": calculations.calculate(wanted["calc"], wanted["args"])}
    except Refusal as refusal:
        return {"error": values.code(refusal.code)}


def roll_forward(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The roll-forward of deferred credits over a period."""
    first, last = _bounds(wanted["period"])
    posting.run(at)
    found = statements.roll_forward(date.fromisoformat(first or ""), date.fromisoformat(last or ""))
    return _texts(vars(found), at)


def maturity(world: World, wanted: Expectation, at: datetime) -> dict[str, Any]:
    """The split of deferred credits into current and not."""
    return _texts(vars(maturities.of_all(date.fromisoformat(wanted["as_of"]), at=at)), at)


def _texts(amounts: dict[str, int], at: datetime) -> dict[str, Any]:
    currency = books.current(at).currency
    return {name: money.text(minor, currency) for name, minor in amounts.items()}


CHECKS: dict[str, Check] = {
    "balance": balance,
    "block": block,
    "event": event,
    "overage": overage,
    "term": term,
    "document": document,
    "journal": journal,
    "account_balance": account_balance,
    "revenue": revenue,
    "alerts": alerts,
    "renewal_quote": renewal_quote,
    "forecast": forecast,
    "rate": rate,
    "count": count,
    "numbers": numbers,
    "status": status,
    "contract_terms": contract_terms,
    "ledger": ledger,
    "warnings": warnings,
    "calc": calc,
    "roll_forward": roll_forward,
    "maturity": maturity,
}

_MESSAGES = {
    "received": "received",
    "applied": messages.APPLIED,
    "duplicates": messages.DUPLICATE,
    "conflicts": messages.CONFLICT,
    "refused": messages.REFUSED,
    "exceptions": messages.EXCEPTION,
    "held": messages.HELD,
    "recorded": messages.RECORDED,
}


def _pool(holder: Holder, wanted: Expectation, at: datetime) -> Pool:
    return holders.pool(holder, units.ensure(wanted.get("unit", units.CREDITS)), at)


def _alert_base(holder: Holder, pool: Pool, now: Balance, as_of: datetime) -> tuple[int, int]:
    """What alerts measure: consumed in the term, and the balance, without daily credits (A1)."""
    left = sum(b.left for b in now.blocks if b.kind != "daily")
    running = balances.running_terms(holder.customer_id, [holder.id], as_of).get(holder.id)
    if running is not None:
        found = Term.objects.get(customer_id=holder.customer_id, id=running)
        used = balances.consumption(pool, found)
        return sum(n for kind, n in used.items() if kind != "daily"), left
    return sum(b.used for b in now.blocks if b.kind != "daily" and _alive(b)), left


def _alive(found: BlockBalance) -> bool:
    return found.expires_at is None or found.as_of < found.expires_at


def _percent(part: int, whole: int) -> str:
    return money.fixed_text(Fraction(part * 100, whole), 2) if whole else "0.00"


def _term(contract: Contract, number: int | None, at: datetime) -> Term:
    found = (
        renewals.running_term(contract, at) if number is None else standing.term(contract, number)
    )
    if found is None:
        raise Refusal("no_term", f"{contract} has no term {number or 'running'}.")
    return found


def _lines(world: World, wanted: Expectation, at: datetime) -> Any:
    """Journal lines by the filters of a check; what waits is posted first."""
    posting.run(at)
    account = world.account_of(wanted["account"]) if wanted.get("account") else {}
    first, last = wanted.get("from"), wanted.get("to")
    return statements.lines(
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
        **account,
    )


def _bounds(period: str | None) -> tuple[str | None, str | None]:
    """First and last day of a year or a month."""
    if period is None:
        return None, None
    if "-" not in period:
        return f"{period}-01-01", f"{period}-12-31"
    first = date.fromisoformat(f"{period}-01")
    return first.isoformat(), (calendar.add_months(first, 1) - calendar.TICK).isoformat()


def _as_entries(net: dict[tuple[str, str], int], currency: str) -> list[dict[str, Any]]:
    """Net amounts as journal entries of a scenario, one per date, in order."""
    by_date: dict[str, dict[str, Any]] = {}
    for (on, code), amount in sorted(net.items()):
        entry = by_date.setdefault(on, {"date": on, "debit": {}, "credit": {}})
        side = "debit" if amount > 0 else "credit"
        entry[side][code] = money.text(abs(amount), currency)
    return list(by_date.values())
