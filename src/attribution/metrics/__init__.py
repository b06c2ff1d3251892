"""What is measured, and where it is served.

``definitions`` declares each metric once, ``measuring`` keeps them up to date from what each step did, ``http``
serves them with the health of the process. A label never holds the id of a buyer, an order or a link.
"""
