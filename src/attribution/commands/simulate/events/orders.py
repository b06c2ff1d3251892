"""Orders: who buys what, and where. Most buyers entered a room or clicked shortly before."""

from dataclasses import dataclass
from itertools import count
from typing import Final

from attribution.commands.simulate.events.clicks import Clicks
from attribution.commands.simulate.events.order_lifecycle import OrderLifecycles
from attribution.commands.simulate.events.order_line import Purchase
from attribution.commands.simulate.market.links import COUPONS
from attribution.commands.simulate.market.products import Product
from attribution.commands.simulate.market.rooms import LiveRoom
from attribution.commands.simulate.schedule.run_state import RunState, Visit
from attribution.domain.records.fields import Carrier

_FROM_ROOM_PPM: Final = 550_000
_FROM_CLICK_PPM: Final = 550_000
_OTHER_ROOM_PPM: Final = 60_000
_CALLED_PPM: Final = 800_000
_CALLING_PPM: Final = 700_000
_TWO_PPM: Final = 150_000
_COUPON_PPM: Final = 30_000
_PID_PPM: Final = 30_000
_BASKET_PPM: Final = 80_000
_RETURNS_PPM: Final = 100_000
_TOO_FAST_MS: Final = 300
_CARRIERS: Final[tuple[Carrier, ...]] = ("showcase", "product_card", "short_video", "other")


@dataclass(frozen=True, slots=True)
class _Choice:
    """The buyer, the product, and the room if there is one."""

    buyer_id: str
    placed_at: int
    product: Product
    room: LiveRoom | None


class Orders:
    """Generator of orders."""

    def __init__(self, run: RunState, clicks: Clicks) -> None:
        self._run = run
        self._clicks = clicks
        self._lifecycles = OrderLifecycles(run)
        self._numbers = count()
        self._room_by_id = {session.room_id: session for session in run.market.sessions}

    def place(self, at: int) -> None:
        """Add an order at ``at`` or soon after. Some buyers order two products in one basket."""
        choice = self._choose(at)
        if not self._run.rng.chance(_BASKET_PPM):
            self._buy(choice, None)
            return
        basket_id = f"bk{next(self._numbers)}"
        other = self._run.rng.pick(choice.room.shelf if choice.room else self._run.market.catalogue)
        self._buy(choice, basket_id)
        self._buy(_Choice(choice.buyer_id, choice.placed_at, other, choice.room), basket_id)

    def place_too_fast(self, at: int) -> None:
        """Add a click and, 300 ms later, an order, as a script makes them."""
        run = self._run
        link = run.rng.pick(run.market.links.open_links)
        product = run.market.product_by_id[link.product_id] if link.product_id else run.market.catalogue[0]
        buyer_id = run.crowd.draw()
        self._clicks.click(at, link, buyer_id)
        self._buy(_Choice(buyer_id, at + _TOO_FAST_MS, product, None), None)

    def _choose(self, at: int) -> _Choice:
        rng = self._run.rng
        visit = self._visit(at)
        placed_at = max(at, visit.at + rng.between(2_000, 60_000))
        if visit.product is not None:
            return _Choice(visit.buyer_id, placed_at, visit.product, None)
        room = self._room_by_id.get(visit.room_id or "")
        if room is None or room.ended_at <= placed_at or rng.chance(_OTHER_ROOM_PPM):
            room = self._run.on_air.room(rng, _CALLING_PPM)
        called = room.called(placed_at)
        product = called if called and rng.chance(_CALLED_PPM) else rng.pick(room.shelf)
        return _Choice(visit.buyer_id, placed_at, product, room)

    def _visit(self, at: int) -> Visit:
        """Return a recent room entry, a recent click, or any buyer."""
        run = self._run
        if run.entered.ring and run.rng.chance(_FROM_ROOM_PPM):
            return run.rng.pick(run.entered.ring)
        if run.clicked.ring and run.rng.chance(_FROM_CLICK_PPM):
            return run.rng.pick(run.clicked.ring)
        return Visit(run.crowd.draw(), at)

    def _buy(self, choice: _Choice, basket_id: str | None) -> None:
        rng = self._run.rng
        quantity = 2 if rng.chance(_TWO_PPM) else 1
        number = next(self._numbers)
        purchase = Purchase(
            order_id=f"o{number}",
            buyer_id=choice.buyer_id,
            placed_at=choice.placed_at,
            product=choice.product,
            quantity=quantity,
            paid_amount=choice.product.price * quantity,
            carrier="live" if choice.room else rng.pick(_CARRIERS),
            room_id=choice.room.room_id if choice.room else None,
            coupon_code=rng.pick(COUPONS) if rng.chance(_COUPON_PPM) else None,
            pid=f"mm_9001_1_{number}" if rng.chance(_PID_PPM) else None,
            basket_id=basket_id,
            tags=("returns",) if rng.chance(_RETURNS_PPM) else (),
        )
        self._lifecycles.play(purchase)
