"""Claim a sign-in: the one that a browser was sent away with, used up now and never again."""

from dataclasses import dataclass, field

from lib.domain.configuration import ConfigurationType, Customer, Revision
from lib.domain.consent import AnswerNotUsable, SignIn, digest, is_token, mark_of
from lib.ports import ConsentStore, Customers, Now


@dataclass(frozen=True)
class Claimed:
    """A sign-in that was used up by its own browser, and the customer as it is now. `binder` is the cookie's value."""

    sign_in: SignIn
    customer: Customer
    revision: Revision
    binder: str = field(repr=False)


async def claim(state: str, binders: frozenset[str], customers: Customers, consents: ConsentStore, now: Now) -> Claimed:
    """Use the sign-in of this state up, if it is one of this browser. Raises AnswerNotUsable.

    `binders` are the values of the browser's cookies for this state.
    """
    if not is_token(state) or not binders:
        raise AnswerNotUsable
    by_digest = {digest(binder): binder for binder in binders}
    sign_in = await consents.claim(mark_of(state), digest(state), frozenset(by_digest), now())
    if sign_in is None:
        raise AnswerNotUsable
    stored = await customers.read(sign_in.customer)
    customer = stored.customer if stored else None
    if customer is None or customer.newest is None or customer.generation != sign_in.generation:
        raise AnswerNotUsable
    if customer.newest.access.type is ConfigurationType.NONE:
        raise AnswerNotUsable
    return Claimed(sign_in, customer, customer.newest, by_digest[sign_in.binder_digest])
