"""The commands of the command line, one folder each.

In each folder ``command`` has the options, and the other files do the work. ``schemas`` and
``reference_pages`` have no options: they are run as modules. Inside the program, only ``cli`` imports this
package. Commands share only code from the layers below. ``simulate`` and ``reference`` are also libraries for
tests and benches.
"""
