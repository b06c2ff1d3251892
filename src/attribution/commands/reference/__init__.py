"""``attribution reference``: writes versions of reference records and shows which version is in force.

In the order of an ``apply``:

- ``input_files``, ``yaml_input``, ``csv_input``: read YAML and CSV files; ``draft``: drafts and faults;
- ``validation``: turns drafts into entries or faults; ``field_types``: what each field may hold;
- ``file_log``, ``kafka_log``: read and append stored records; ``versions``: stored records by version;
- ``changes``: compares entries with stored versions; ``render``: shows changes and versions;
- ``default_policy``: the packaged policy as YAML; ``command``: the command line.

In the program, only ``cli`` imports this package.
"""
