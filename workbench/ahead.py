"""Work done ahead by several threads, taken up in order: for functions that let go of Python's lock, as NumPy's and Arrow's do."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor


def map_ahead[Item, Made](make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """What `make` makes of each item, in their order, while as many more are being made as there are cores.

    Items are taken as they are needed, so that memory holds a few at a time. An error is raised where its item's turn comes.
    """
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[Made]] = deque()
        for item in items:
            ahead.append(pool.submit(make, item))
            if len(ahead) > workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
