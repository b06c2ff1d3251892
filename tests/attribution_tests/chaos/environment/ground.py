"""The ground of a trial: brokers, and optionally a proxy for each worker."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from attribution_tests.chaos.environment.proxy import Proxy
from attribution_tests.kafka_broker import Broker
from attribution_tests.kafka_broker.ports import LOOPBACK, free_ports
from attribution_tests.kafka_broker.settings import listeners_on, settings_of

_NODES = 3


@dataclass
class Ground:
    """Running brokers. ``bootstrap`` leads to all of them; ``proxies``, by worker, lead to the first."""

    brokers: list[Broker]
    replicas: int = 1
    proxies: Mapping[str, Proxy] = field(default_factory=dict)

    @property
    def broker(self) -> Broker:
        """The first broker."""
        return self.brokers[0]

    @property
    def bootstrap(self) -> str:
        """The addresses of all brokers."""
        return ",".join(broker.bootstrap for broker in self.brokers)


@contextmanager
def one_broker(folder: Path, _: Sequence[str]) -> Iterator[Ground]:
    """Start one broker without proxies."""
    with Broker.start(_made(folder / "broker")) as broker:
        yield Ground([broker])


@contextmanager
def behind_proxies(folder: Path, workers: Sequence[str]) -> Iterator[Ground]:
    """Start one broker. Each worker has a listener, which advertises the address of the worker's proxy."""
    plaintext, controller, *ports = free_ports(2 + 2 * len(workers))
    doors = list(zip(workers, ports[::2], ports[1::2], strict=True))
    kinds = ["CONTROLLER:PLAINTEXT", "PLAINTEXT:PLAINTEXT", *(f"{_door(name)}:PLAINTEXT" for name in workers)]
    listeners = [
        listeners_on(plaintext, controller),
        *(f"{_door(name)}://{LOOPBACK}:{p}" for name, p, _ in doors),
    ]
    advertised = [
        f"PLAINTEXT://{LOOPBACK}:{plaintext}",
        *(f"{_door(name)}://{LOOPBACK}:{p}" for name, _, p in doors),
    ]
    overrides = {
        "listeners": ",".join(listeners),
        "advertised.listeners": ",".join(advertised),
        "listener.security.protocol.map": ",".join(kinds),
    }
    with ExitStack() as stack:
        broker = stack.enter_context(Broker.start(_made(folder / "broker"), overrides))
        proxies = {name: stack.enter_context(Proxy(outside, inside)) for name, inside, outside in doors}
        yield Ground([broker], proxies=proxies)


@contextmanager
def three_brokers(folder: Path, _: Sequence[str]) -> Iterator[Ground]:
    """Start three brokers: the first is the controller, all hold every replica, min.insync.replicas is 2."""
    ports = free_ports(2 * _NODES)
    replicated = {
        "controller.quorum.voters": f"1@{LOOPBACK}:{ports[1]}",
        "default.replication.factor": "3",
        "offsets.topic.replication.factor": "3",
        "transaction.state.log.replication.factor": "3",
        "transaction.state.log.min.isr": "2",
        "min.insync.replicas": "2",
        "replica.lag.time.max.ms": "3000",
        "replica.fetch.wait.max.ms": "100",
    }
    with ExitStack() as stack:
        brokers = []
        for node in range(1, _NODES + 1):
            plaintext, controller = ports[2 * node - 2 : 2 * node]
            own = {"node.id": str(node), "listeners": listeners_on(plaintext, controller)}
            settings = settings_of(_made(folder / f"broker-{node}") / "data", {**replicated, **own})
            if node > 1:
                settings |= {"process.roles": "broker", "listeners": f"PLAINTEXT://{LOOPBACK}:{plaintext}"}
            broker = Broker(folder / f"broker-{node}", settings)
            stack.callback(broker.kill)
            broker._format({})  # noqa: SLF001 - Broker.start cannot start a node without a controller
            broker.start_again()
            brokers.append(broker)
        yield Ground(brokers, replicas=_NODES)


def _door(worker: str) -> str:
    return f"WORKER_{worker.upper()}"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
