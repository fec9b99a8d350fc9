"""How often a process looks for garbage that counting references does not find."""

import gc


def tune_collector() -> None:
    """For a process that makes much and keeps little, once its code is loaded. Messages make no
    cycles, so a collection finds nothing and costs a quarter of the time when it looks as often
    as by default.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
