"""The keyed steps: stitch by click_id, attribute and commission by buyer_id.

A step takes one record at a time, reads and changes state through the protocols in ``ports``, and emits
records. ``attribution.processor`` binds the protocols to tables; no step knows which. The rollup step does
not exist yet. May import every other package of the domain.
"""
