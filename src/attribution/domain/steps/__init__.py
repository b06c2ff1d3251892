"""The keyed steps: stitch by click_id; attribute and commission by buyer_id (rollup comes with the programmes).

Each takes one record at a time, reads and changes state through a small protocol, and emits records. Hosts bind the
protocol to tables; nothing here knows which.
"""
