"""The tree of errors. Whoever catches one needs to know a single thing: can a retry help?

MizanError
├── Transient   a dependency is away or busy: try again
└── Permanent   the input or the state itself is wrong: trying again gives the same
"""


class MizanError(Exception):
    """Every error that the project raises on purpose."""


class Transient(MizanError):
    """A dependency is away or busy. The work is kept and tried again."""


class Permanent(MizanError):
    """Trying again gives the same result. The work is refused or set aside with its cause."""
