"""Answers which acts the desk knows; each has its address and its verb."""

from __future__ import annotations

from creditops.desk.deeds import contracts, credits, customers, house, keys, money, pricing, usage
from creditops.desk.deeds.deed import Deed

DEEDS: tuple[type[Deed], ...] = (
    customers.NewCustomer,
    customers.LetIn,
    contracts.SignContract,
    contracts.CancelContract,
    contracts.SignRenewal,
    contracts.ProposeRenewal,
    contracts.LiftCap,
    credits.FreeCredits,
    credits.SellCredits,
    money.Bill,
    money.RecordPayment,
    money.AddTaxRate,
    usage.CorrectUsage,
    usage.VoidUsage,
    usage.LetIn,
    usage.WriteOff,
    pricing.PublishPrice,
    pricing.PublishRates,
    pricing.NewRateCard,
    house.DecideApproval,
    house.CloseMonth,
    house.PostUsage,
    house.ChangeSetting,
    keys.MakeKey,
    keys.RevokeKey,
)
