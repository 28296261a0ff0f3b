"""How the child process says that a file cannot be taken. Imports nothing: the child has no Django."""


class Unreadable(Exception):
    """Not a file that can be taken; the argument is the machine word for why."""
