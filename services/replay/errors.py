"""Why a replay ends before its file does.

MizanError
├── Transient
│   ├── Unreachable   one call got no answer; made again
│   └── GaveUp        nothing moved for as long as the caller is patient
└── Permanent
    └── WrongUse      the file, its column, the platform or the key is not what it should be
"""

from shared.errors import Permanent, Transient


class Unreachable(Transient):
    """No answer, or one that cannot be read. What was sent may have been taken."""


class GaveUp(Transient):
    """Nothing moved for too long. Running the same again is safe: ids are the same."""


class WrongUse(Permanent):
    """Another command line, file or key is needed."""
