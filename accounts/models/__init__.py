"""Customers, people and keys, one file per aggregate."""

from accounts.models.api_key import ApiKey
from accounts.models.customer import Customer
from accounts.models.person import Membership, Person

__all__ = ["ApiKey", "Customer", "Membership", "Person"]
