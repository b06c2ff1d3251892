"""Applies the rules to a touch, in the order of their verdicts."""

from typing import Final

from attribution.domain.decisions.context import Candidate, OrderContext
from attribution.domain.decisions.snapshot import LinkSnapshot
from attribution.domain.decisions.verdicts import VERDICTS
from attribution.domain.records.outputs import VerdictCode
from attribution.domain.touches.interaction import Interaction

_RULES: Final = tuple((verdict.rejects, verdict.code) for verdict in VERDICTS if verdict.rejects is not None)


def evaluate(context: OrderContext, interaction: Interaction) -> Candidate:
    """Look up the link snapshot of a touch and apply the rules to the touch."""
    snapshot = context.snapshots.at(
        interaction.link_id, interaction.occurred_at, context.placed_at, context.lock
    )
    return Candidate(interaction, snapshot, first_rejection(context, snapshot, interaction))


def first_rejection(
    context: OrderContext, snapshot: LinkSnapshot, interaction: Interaction
) -> VerdictCode | None:
    """Return the first verdict that rejects a touch, or None if it is eligible."""
    for rejects, code in _RULES:
        if rejects(context, snapshot, interaction):
            return code
    return None
