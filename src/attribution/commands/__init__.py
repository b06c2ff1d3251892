"""The commands of the command line, one folder each.

In each folder ``command`` has the options, and the other files do the work. ``schemas`` has no options:
it and its ``reference_pages`` are run as modules. Inside the program, only ``cli`` imports this
package. Commands share only code from the layers below. ``simulate`` and ``reference`` are also libraries for
tests and benches.
"""
