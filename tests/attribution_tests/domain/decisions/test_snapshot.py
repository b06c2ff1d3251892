"""What is derived from a link's versions is cached by link and policy version."""

from attribution.domain.decisions.snapshot import LinkSnapshot, SnapshotCache
from attribution.domain.records.reference import Policy
from attribution.domain.references.catalogue import Catalogue
from attribution_tests.domain.little_world import DAY, LOCK, PLACED, TOUCH, campaign, link, policy, promoter


def catalogue() -> Catalogue:
    found = Catalogue(policy())
    for topic, record in (
        ("promoters", promoter()),
        ("campaigns", campaign(window_ms=9 * DAY)),
        ("links", link()),
    ):
        found.add(topic, record, 0, 0)
    return found


def under(rules: Policy, cache: SnapshotCache, offset: int) -> LinkSnapshot:
    version = next(
        version for topic, version in cache.catalogue if topic == "policies" and version.record == rules
    )
    assert version.offset == offset
    return cache.of(version).at("L", TOUCH, PLACED, LOCK)


def test_a_second_policy_does_not_empty_the_cache_of_the_first() -> None:
    cache = SnapshotCache(catalogue())
    shadow = policy(policy_id="shadow", max_window_ms=DAY)
    cache.catalogue.add("policies", shadow, 0, 7)
    live_first, shadow_first = under(policy(), cache, -1), under(shadow, cache, 7)
    assert (live_first.window_ms, shadow_first.window_ms) == (9 * DAY, DAY)
    for _ in range(3):
        assert under(policy(), cache, -1) is live_first
        assert under(shadow, cache, 7) is shadow_first


def test_a_new_version_of_the_link_is_seen_under_each_policy() -> None:
    cache = SnapshotCache(catalogue())
    before = under(policy(), cache, -1)
    cache.catalogue.add("links", link(product_id="X", target="product"), 1, 1)
    assert (before.product_id, under(policy(), cache, -1).product_id) == (None, "X")
