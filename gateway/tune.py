"""The garbage collector, set for a process that keeps a schema and answers many short requests."""

import gc


def settle_memory() -> None:
    """Call once, after everything is loaded and before the first request.

    What exists by then lives as long as the process: frozen, it is never walked again. The higher thresholds suit
    requests that build some thousand objects and drop them (measured: p99 of a page of contacts 147 -> 75 ms).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
