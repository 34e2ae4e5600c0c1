"""A small fake of where consent links and sign-ins are kept."""

from dataclasses import replace
from datetime import datetime

from lib.domain.consent import MOST_OFFERS, MOST_OPENINGS, Link, SignIn, customer_mark
from tests.usecases.fakes import Steps


class FakeConsents:
    def __init__(self, steps: Steps | None = None) -> None:
        self.links: dict[str, Link] = {}
        self.sign_ins: dict[str, SignIn] = {}
        self.offers: dict[str, int] = {}
        self.steps = steps or Steps()

    async def add_link(self, link: Link) -> None:
        self.steps.enter("add link")
        self.links[link.digest] = link
        self.steps.leave()

    async def link(self, mark: str, digest: str) -> Link | None:
        found = self.links.get(digest)
        return found if found and customer_mark(found.customer) == mark else None

    async def count_opening(self, link: Link) -> bool:
        found = self.links.get(link.digest)
        if found is None or found.openings >= MOST_OPENINGS:
            return False
        self.links[link.digest] = replace(found, openings=found.openings + 1)
        return True

    async def count_offer(self, sign_in: SignIn) -> bool:
        root = sign_in.root or ""
        if root not in self.links or self.offers.get(root, 0) >= MOST_OFFERS:
            return False
        self.offers[root] = self.offers.get(root, 0) + 1
        return True

    async def add_sign_in(self, sign_in: SignIn) -> None:
        self.steps.enter("add sign-in")
        self.sign_ins[sign_in.digest] = sign_in
        self.steps.leave()

    async def claim(self, mark: str, digest: str, binder_digests: frozenset[str], now: datetime) -> SignIn | None:
        found = self.sign_ins.get(digest)
        if found is None or found.used or found.expires_at <= now or found.binder_digest not in binder_digests:
            return None
        self.sign_ins[digest] = replace(found, used=True)
        return found

    async def forget(self, customer: str, *, generation: str | None = None, expired_by: datetime | None = None) -> None:
        self.steps.enter("forget links")

        def stays(entry: Link | SignIn) -> bool:
            fits = entry.customer == customer and generation in (None, entry.generation)
            return not fits or (expired_by is not None and entry.expires_at > expired_by)

        self.links = {key: link for key, link in self.links.items() if stays(link)}
        self.sign_ins = {key: sign_in for key, sign_in in self.sign_ins.items() if stays(sign_in)}
        self.steps.leave()

    async def remove_expired(self, moment: datetime) -> None:
        self.links = {key: link for key, link in self.links.items() if link.expires_at >= moment}
        self.sign_ins = {key: sign_in for key, sign_in in self.sign_ins.items() if sign_in.expires_at >= moment}
