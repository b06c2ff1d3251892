"""Applies the rules to a touch, in the order of their verdicts."""

from typing import Final

from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.inlined import inlined
from attribution.domain.decisions.verdicts import VERDICTS
from attribution.domain.touches.interaction import Interaction

first_rejection: Final = inlined(VERDICTS)
"""Returns the first verdict that rejects a touch, or None if it is eligible."""


def evaluate(context: OrderContext, interaction: Interaction) -> Candidate:
    """Look up the link snapshot of a touch and apply the rules to the touch."""
    snapshot = context.snapshots.at(
        interaction.link_id, interaction.occurred_at, context.placed_at, context.lock
    )
    return Candidate(interaction, snapshot, first_rejection(context, snapshot, interaction))
