"""The reference tool: puts links, promoters, rooms, campaigns and policies in force from a date, and shows them.

A YAML or CSV file becomes drafts (``yaml_input``, ``csv_input``), drafts become entries or faults (``checking``),
entries are compared with what is there (``log``, ``changes``) and the difference is shown (``showing``) and appended.
May import the record types and the intake rules; only the command line imports this package.
"""
