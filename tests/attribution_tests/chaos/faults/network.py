"""Faults of the network: connections hang, are cut, or are cut at certain requests."""

from typing import Final

from attribution_tests.chaos.environment.ground import behind_proxies
from attribution_tests.chaos.environment.proxy import Proxy, Request
from attribution_tests.chaos.trial import Fault, Trial

_OF_TRANSACTIONS: Final = (
    Request.PRODUCE,
    Request.ADD_PARTITIONS_TO_TXN,
    Request.ADD_OFFSETS_TO_TXN,
    Request.TXN_OFFSET_COMMIT,
    Request.END_TXN,
)
_OTHERS_SECONDS: Final = 20.0


def cut_all(trial: Trial) -> None:
    """Cut all connections of a random worker, repeatedly."""
    for _ in range(trial.rounds):
        trial.last(0.2, 2.0)
        _any_proxy(trial).cut()
    trial.recover()


def shut_out(trial: Trial) -> None:
    """Keep a worker from connecting for longer than the session timeout. The others must continue."""
    for _ in range(trial.rounds):
        trial.last(1.0, 2.0)
        proxy = _any_proxy(trial)
        proxy.close()
        trial.last(4.0, 8.0)
        trial.demand_progress("a worker is shut out", _OTHERS_SECONDS)
        proxy.mend()
        trial.recover()


def hold_up(trial: Trial) -> None:
    """Relay nothing of a worker for a while. Its connections stay open."""
    for seconds in (2.0, 6.0, 14.0):
        trial.last(1.0, 2.0)
        proxy = _any_proxy(trial)
        proxy.hold()
        trial.last(seconds)
        trial.demand_progress("a worker's connections hang", _OTHERS_SECONDS)
        proxy.mend()
        trial.recover()


def refuse_requests(trial: Trial) -> None:
    """Cut the connection at each kind of transaction request, before the broker receives the request."""
    for kind in (*_OF_TRANSACTIONS, Request.INIT_PRODUCER_ID, Request.FIND_COORDINATOR):
        trial.last(0.5, 1.5)
        proxy = _any_proxy(trial)
        proxy.refuse({kind})
        trial.last(1.0, 3.0)
        proxy.mend()
        trial.recover()


def lose_answers(trial: Trial) -> None:
    """Cut the connection at each kind of transaction request, after the broker has executed it."""
    for kind in _OF_TRANSACTIONS:
        for _ in range(2):
            trial.last(0.5, 1.5)
            proxy = _any_proxy(trial)
            proxy.lose_answers({kind})
            trial.last(0.2, 2.0)
            proxy.mend()
            trial.recover()


def _any_proxy(trial: Trial) -> Proxy:
    return trial.ground.proxies[trial.any_worker()]


FAULTS: Final = (
    Fault(
        "connections-cut",
        "all connections of a worker are cut, 20 times",
        cut_all,
        ground=behind_proxies,
        rounds=20,
    ),
    Fault("worker-shut-out", "a worker cannot open connections for a while", shut_out, ground=behind_proxies),
    Fault("connections-held", "the connections of a worker hang for a while", hold_up, ground=behind_proxies),
    Fault(
        "requests-cut",
        "connections are cut before the broker receives a request",
        refuse_requests,
        ground=behind_proxies,
    ),
    Fault(
        "answers-lost",
        "connections are cut after the broker has executed a request",
        lose_answers,
        ground=behind_proxies,
    ),
)
