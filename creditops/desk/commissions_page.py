"""Answers with commission: all reps of a year, one rep's statement, a frozen one; as pages and as CSV.

Who sees all commission sees every statement, a rep their own: another's does not exist for them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html

from contracts import commission_payouts, commission_statements
from contracts.commission_statements import Statement
from contracts.models import CommissionDispute, CommissionStatement
from creditops.desk import addresses
from creditops.desk.deeds import commission_pay
from creditops.lib import clock, money, verbs
from creditops.lib.admin_columns import NOTHING, amount, instant, tag
from creditops.lib.admin_tables import Listing
from creditops.lib.refusals import NotFound
from ledger import books

_ALL = "see_commissions"
_OF_A_YEAR = (
    "price", "consumed", "paid_at_close", "earned", "at_risk", "to_come", "held_back", "final",
)  # fmt: skip
_KINDS = {"close": "at close", "true_up": "year's end", "restatement": "restated"}
# Spreadsheets run a cell that begins with one of these as a formula.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_TONES = {"open": "warn", "accepted": "good", "declined": ""}


def page(request: HttpRequest, site: Any) -> HttpResponse:
    """All reps of the year `?year=`; who may not see all is led to their own statement."""
    now = clock.now()
    year = _year(request, now)
    if not verbs.may(request.user, _ALL):
        own = commission_pay.key_of(request.user.email, year)  # type: ignore[union-attr]
        return HttpResponseRedirect(addresses.of("commission", own))
    found = commission_statements.of_year(year, at=now)
    open_ones = CommissionDispute.objects.filter(state=CommissionDispute.State.OPEN)
    context = {
        **site.each_context(request),
        "title": f"Commission, {year}",
        "year": year,
        "reps": _reps(found, year),
        "disputes": _disputes(open_ones.select_related("contract"), may=_may_answer(request)),
        "plans": addresses.of("new-commission-plan") if _may_answer(request) else "",
    }
    return TemplateResponse(request, "desk/commissions.html", context)


def statement(request: HttpRequest, key: str, site: Any) -> HttpResponse:
    """A rep's statement of a year, as it stands now."""
    rep, year = _asked(request, key)
    now = clock.now()
    told = commission_statements.as_told(commission_statements.of_rep(rep, year, at=now))
    disputes = commission_statements.disputes(rep, year)
    own = rep == request.user.email  # type: ignore[union-attr]
    context = {
        **_shown(site.each_context(request), told),
        "title": f"Commission of {rep}, {year}",
        "key": commission_pay.key_of(rep, year),
        "previous": commission_pay.key_of(rep, year - 1),
        "following": commission_pay.key_of(rep, year + 1),
        "versions": _versions(commission_statements.versions(rep, year), request),
        "disputes": _disputes(disputes, may=_may_answer(request)),
        "may_freeze": verbs.may(request.user, "pay_commission"),
        "may_object": own and verbs.may(request.user, "dispute_commission"),
        "sees_all": verbs.may(request.user, _ALL),
        "year": year,
    }
    return TemplateResponse(request, "desk/commission.html", context)


def frozen(request: HttpRequest, key: int, site: Any) -> HttpResponse:
    """A frozen version, as it was told."""
    try:
        found = commission_payouts.find_statement(key)
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal
    if not commission_pay.may_see(request.user, found.rep):
        raise Http404
    context = {
        **_shown(site.each_context(request), found.body),
        "title": f"Commission of {found.rep}, {found.year}, version {found.version}",
        "key": commission_pay.key_of(found.rep, found.year),
        "frozen": f"frozen {found.frozen_at:%Y-%m-%d %H:%M} UTC by {found.frozen_by}",
    }
    return TemplateResponse(request, "desk/commission.html", context)


def as_csv(request: HttpRequest, key: str) -> HttpResponse:
    """A rep's statement as a file: contract years, then events, then how the account stands."""
    rep, year = _asked(request, key)
    told = commission_statements.as_told(commission_statements.of_rep(rep, year, at=clock.now()))
    answer = HttpResponse(_written(told), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="commission-{year}.csv"'
    return answer


def _asked(request: HttpRequest, key: str) -> tuple[str, int]:
    try:
        rep, year = commission_pay.read_key(key)
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal
    if not commission_pay.may_see(request.user, rep):
        raise Http404
    return rep, year


def _year(request: HttpRequest, now: datetime) -> int:
    """The year asked for, by default the running one of the books. Raises Http404, PermissionDenied."""
    if not verbs.may(request.user, ""):
        raise PermissionDenied
    asked = request.GET.get("year", "")
    if not asked:
        return books.date_of(now, books.current(now)).year
    try:
        _, year = commission_pay.read_key(f"{asked}/-")
    except NotFound as refusal:
        raise Http404(refusal.detail) from refusal
    return year


def _may_answer(request: HttpRequest) -> bool:
    return verbs.may(request.user, "plan_commission")


def _reps(found: Iterable[Statement], year: int) -> Listing:
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>',
                addresses.of("commission", commission_pay.key_of(each.rep, year)),
                each.rep,
            ),
            account.currency,
            *(
                amount(minor, account.currency)
                for minor in (
                    account.earned_minor, account.at_risk_minor, account.to_come_minor,
                    account.held_back_minor, account.granted_minor, account.taken_back_minor,
                    account.paid_out_minor, account.payable_minor, account.owed_minor,
                )
            ),
        )
        for each in found
        for account in each.accounts
    ]  # fmt: skip
    heads = ("Rep", "Currency", "#Earned", "#At risk", "#To come", "#Held back", "#Granted",
             "#Taken back", "#Paid out", "#Not paid out", "#Owes")  # fmt: skip
    return Listing("Reps", heads, rows, empty="No commission in this year.")


def _shown(context: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """The tables of a statement, live or frozen."""
    return {
        **context,
        "rep": told["rep"],
        "told_year": told["year"],
        "as_of": datetime.fromisoformat(told["as_of"]),
        "accounts": [part for account in told["accounts"] for part in _account(account)],
        "contracts": _contracts(told["contracts"]),
        "events": _events(told["events"]),
    }


def _account(account: dict[str, str]) -> list[dict[str, Any]]:
    """What customers' use has brought, and what is the rep's to be paid; older versions tell less."""

    def said(name: str) -> str:
        return _money(account.get(name), account["currency"])

    currency = account["currency"]
    used = [
        ("Earned", said("earned"), "by what customers used so far"),
        ("At risk", said("at_risk"), "granted at close, not earned yet"),
        ("To come", said("to_come"), "earned beyond that grant, due when its contract year ends"),
        ("Held back", said("held_back"), "more to earn if all that was sold is used"),
    ]
    owed = [
        ("Not paid out", said("payable"), "granted, waits for a payout"),
        ("To be taken back", said("owed"), "comes off the next payout"),
        ("Next payout", said("next_payout"), f"paid out this year: {said('paid_out')}"),
    ]
    return [
        {"title": f"Commission in {currency}", "figures": used},
        {"title": f"Payouts in {currency}", "figures": owed},
    ]


def _contracts(lines: list[dict[str, Any]]) -> Listing:
    rows = [
        (
            _contract(line["contract"]), line["customer"], f"{line['contract_year']}",
            _days(line),
            *(
                _money(line.get(name), line["currency"])
                for name in _OF_A_YEAR
            ),
        )
        for line in lines
    ]  # fmt: skip
    heads = ("Contract", "Customer", "#Year", "From, to", "#Sold", "#Used", "#At close",
             "#Earned", "#At risk", "#To come", "#Held back", "#Final")  # fmt: skip
    return Listing("Contracts", heads, rows, empty="No contracts in this year.")


def _events(entries: list[dict[str, Any]]) -> Listing:
    rows = [
        (e["on"], _contract(e["contract"]), f"{e['contract_year']}", _KINDS.get(e["kind"], e["kind"]),
         *(_money(e.get(name), e["currency"]) for name in ("due", "before", "amount")))
        for e in entries
    ]  # fmt: skip
    heads = ("Date", "Contract", "#Year", "What", "#Due for the year", "#Came before", "#Amount")
    return Listing("Events", heads, rows, empty="None in this year.")


def _days(line: dict[str, Any]) -> str:
    """The contract year's days; versions frozen before they were told have instants alone."""
    if "first_day" not in line:
        return f"{line['starts_at'][:10]} – {line['ends_at'][:10]}"
    return f"{line['first_day']} – {line['last_day']}"


def _contract(code: str) -> str:
    return format_html('<a href="{}">{}</a>', addresses.of("contract", code), code)


def _versions(found: Iterable[CommissionStatement], request: HttpRequest) -> Listing:
    pays = verbs.may(request.user, "pay_commission")
    rows = [
        (
            format_html(
                '<a href="{}">Version {}</a>', addresses.of("frozen_statement", v.pk), v.version
            ),
            instant(v.frozen_at),
            v.frozen_by,
            ", ".join(amount(p.cash_minor, p.currency) for p in v.payouts.all()) or NOTHING,
            format_html('<a href="{}">Pay</a>', addresses.of("pay-commission", v.pk))
            if pays
            else "",
        )
        for v in found
    ]
    heads = ("Version", "Frozen", "By", "#Paid out", "")
    return Listing("Frozen versions", heads, rows, empty="None yet.")


def _disputes(found: Iterable[CommissionDispute], *, may: bool) -> Listing:
    rows = [
        (
            f"{d.raised_at:%Y-%m-%d}",
            d.rep,
            d.contract.code if d.contract else NOTHING,
            d.text,
            tag(d.get_state_display(), _TONES[d.state]),
            d.answer
            or (
                format_html('<a href="{}">Answer</a>', addresses.of("answer-dispute", d.pk))
                if may
                else NOTHING
            ),
        )
        for d in found
    ]
    heads = ("Raised", "Rep", "Contract", "~Objection", "State", "~Answer")
    return Listing("Objections", heads, rows, empty="None.")


def _money(text: str | None, currency: str) -> str:
    return NOTHING if text is None else amount(money.minor_units(text, currency), currency)


def _written(told: dict[str, Any]) -> str:
    made = io.StringIO()
    rows = csv.writer(made)
    for table in ("contracts", "events", "accounts"):
        lines = told[table]
        rows.writerow((table.capitalize(),))
        if lines:
            rows.writerow(lines[0].keys())
        for line in lines:
            rows.writerow(_harmless(name, value) for name, value in line.items())
    return made.getvalue()


def _harmless(name: str, value: Any) -> Any:
    """Amounts may begin with a minus; other text that a spreadsheet would run may not."""
    text = "" if value is None else str(value)
    risky = name in ("contract", "customer", "kind") and text.startswith(_FORMULA_SIGNS)
    return f"'{text}" if risky else text
