"""The shortlist: the touches of an order that its decision lists or credits."""

from typing import Final

from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.evaluation import evaluate
from attribution.domain.decisions.models import SINGLE_TOUCH
from attribution.domain.touches.interaction import Interaction

MAX_LISTED: Final = 200
"""The number of candidates that are listed beside the credited ones."""


def shortlist(context: OrderContext, interactions: list[Interaction]) -> list[Candidate]:
    """Return the evaluated touches that the decision lists or credits, in order.

    These are all touches, unless the model credits a single one. Such a model needs only the latest touches,
    which are listed, and the touches up to the credited one.
    """
    tail = max(0, len(interactions) - MAX_LISTED - 1) if context.policy.model in SINGLE_TOUCH else 0
    candidates = [evaluate(context, interaction) for interaction in interactions[tail:]]
    if context.policy.model == "first_touch":
        return [*_until_eligible(context, interactions[:tail]), *candidates]
    if all(touch.rejection is not None for touch in candidates):
        return [*reversed(_until_eligible(context, interactions[:tail][::-1])), *candidates]
    return candidates


def _until_eligible(context: OrderContext, interactions: list[Interaction]) -> list[Candidate]:
    candidates = []
    for interaction in interactions:
        candidates.append(evaluate(context, interaction))
        if candidates[-1].rejection is None:
            break
    return candidates


def longest_window_ms(
    context: OrderContext, candidates: list[Candidate], interactions: list[Interaction]
) -> int:
    """Return the greatest window (ms) of all touches; look up only links that may have a greater one."""
    longest = max(
        [touch.snapshot.window_ms for touch in candidates], default=context.snapshots.window_ms(None)
    )
    if len(candidates) == len(interactions) or longest >= context.snapshots.greatest_window_ms():
        return longest
    for link_id in {interaction.link_id for interaction in interactions}:
        if context.snapshots.window_bound_ms(link_id, context.placed_at, context.lock) > longest:
            of_link = (interaction for interaction in interactions if interaction.link_id == link_id)
            longest = max(longest, *(context.snapshot(interaction).window_ms for interaction in of_link))
    return longest
