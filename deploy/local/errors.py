"""What stops the local stack, in the words that its user reads."""

from pathlib import Path


class StackError(Exception):
    """One clear line, and the log file to read where there is one."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log

    def line(self) -> str:
        return f"{self} (see {self.log})" if self.log else str(self)


class PortInUse(StackError):
    """Somebody else listens on a port that the stack needs."""


class NotEnoughDisk(StackError):
    """The state folder has too little room to begin with."""


class DownloadFailed(StackError):
    """Something could not be fetched, or is not what its committed sum says."""
