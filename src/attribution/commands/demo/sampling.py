"""Picks orders that show as many different results as possible."""

from collections.abc import Iterable, Iterator

from attribution.commands.demo.order_stories import Story


def varied(stories: Iterable[Story], count: int) -> list[Story]:
    """Return up to ``count`` stories, by time.

    Each pick is the story with the most traits not shown yet.
    """
    left = [(story, frozenset(_traits(story))) for story in stories]
    chosen: list[Story] = []
    seen: set[str] = set()
    while left and len(chosen) < count:
        best = max(left, key=lambda pair: len(pair[1] - seen))
        left.remove(best)
        chosen.append(best[0])
        seen |= best[1]
    return sorted(chosen, key=lambda story: story.paid.placed_at)


def _traits(story: Story) -> Iterator[str]:
    decision = story.decision
    yield from (f"credits {credit.promoter_id}" for credit in decision.credits)
    yield from (f"{decision.status} {verdict}" for verdict in story.losers)
    yield from (f"posting {posting.kind} {posting.note}" for posting in story.postings)
    if not decision.candidates:
        yield "without a touch"
    if decision.revision > 1:
        yield "decided again"
