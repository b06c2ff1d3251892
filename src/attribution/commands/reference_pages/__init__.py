"""The reference pages in ``docs/reference``, generated from the code: settings, metrics, codes.

``python -m attribution.commands.reference_pages docs/reference/`` writes them.
"""
