#!/usr/bin/env python3
"""Measure the engines at a live rate: latency, then recovery after a kill.

    live.py --kafka-classpath '/path/to/kafka/libs/*' --engines kafka-streams-memory/eo

Each engine is started on empty topics.  Once it answers warm-up orders, one log is published at a rate:
a lead that is not counted (the JIT), the seconds of which latency is taken, then the recovery phase, in
which its process group is killed and the same command started again at once.  Latency is from produce()
here until a read_committed reader has the output.  All outputs of the run are verified at the end.
"""
import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

import workload
from run import (HERE, INPUTS, Broker, cpu_seconds, create_topics, delete_topics, group_of,
                 machine_busy, pinned, say, stop, verdict)

WITHIN_S = (0.1, 0.2, 0.3, 0.5, 1, 2)
WARM_TS = workload.BASE_TS - 3600 * 1000
WARM_ROUNDS = 200         # one every half second at most
SETTLE_S = 3.0            # for late duplicates
WARM = ((workload.ROOM_ENTRIES, {"room_id": "r", "link_id": None, "promoter_id": None}),
        (workload.CLICKS, {"room_id": None, "link_id": "l", "promoter_id": "p"}),
        (workload.ORDERS, {"merchant_id": "m", "amount": 100}))
KILL_AFTER_S = 10         # into the recovery phase
COLUMNS = {"p50 ms": ("p50_ms", ",.0f"), "p99 ms": ("p99_ms", ",.0f"), "within 0.3 s": ("within_0.3_s", ".1%"),
           "of a core": ("of_a_core", ".0%"), "first output after kill s": ("first_output_s", ".1f"),
           "caught up s": ("caught_up_s", ".1f")}
OPTIONS = {
    "engines": ("kafka-streams-memory/eo", "comma-separated names, or name/guarantee"),
    "rate": (5000, "events per second"), "commit-interval-ms": (100, "of every engine"),
    "lead": (10, "seconds at the rate before latency is taken"),
    "seconds": (30, "seconds of which latency is taken"),
    "recovery": (70, f"seconds published after that; the kill is {KILL_AFTER_S} s into them"),
    "give-up": (120, "seconds after the kill to wait for outputs"),
    "hours": (6.0, "event-time span of the log"), "partitions": (4, "of every topic"),
    "bootstrap": ("", "use this broker"), "kafka-classpath": ("", "start a broker with this class path"),
    "port": (29192, "of that broker; its controller takes the next"),
    "engine-core": (0, "of the engine"), "broker-core": (1, "of the broker and this process"),
    "keep": ("", "an empty folder for logs and state (default: a temporary one)"),
    "json": ("build/bench-peers-live.json", "file for everything measured")}


class Feed:
    """Publishes records and remembers when it produced each order."""

    def __init__(self, bootstrap: str, topics: list[str]) -> None:
        self.produced: dict[bytes, float] = {}
        self.behind = 0.0         # the furthest this process fell behind its rate, seconds
        self._topics = topics
        self.producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "linger.ms": 2,
                                  "enable.idempotence": True, "queue.buffering.max.messages": 500000})

    def emit(self, topic: int, ts: int, key: bytes, value: bytes) -> None:
        if topic == workload.ORDERS:
            self.produced[orjson.loads(value)["order_id"].encode()] = time.monotonic()
        self.producer.produce(self._topics[topic], value, key, timestamp=ts)

    def paced(self, rate: int, marks: dict[int, Callable[[], None]]) -> Callable[..., None]:
        """`emit` at a rate, in batches of 10 ms; `marks` are called before the record of that number."""
        batch, start, count = max(1, rate // 100), time.monotonic(), 0

        def emit(topic: int, ts: int, key: bytes, value: bytes) -> None:
            nonlocal count
            if count % batch == 0:
                self.producer.poll(0)
                ahead = start + count / rate - time.monotonic()
                self.behind = max(self.behind, -ahead)
                time.sleep(max(0.0, ahead))
            if count in marks:
                marks[count]()
            count += 1
            self.emit(topic, ts, key, value)

        return emit


class Reader(threading.Thread):
    """Reads the output topic and notes when each key was first visible."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        super().__init__(daemon=True)
        self.outputs: list[tuple[bytes, bytes]] = []
        self.visible: dict[bytes, float] = {}
        self._closing = threading.Event()
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": f"{topic}-verify", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20})
        self._consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
        self.start()

    def run(self) -> None:
        while not self._closing.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.visible.setdefault(message.key(), time.monotonic())
                self.outputs.append((message.key(), message.value()))
        self._consumer.close()

    def close(self) -> None:
        self._closing.set()
        self.join()


class Engine:
    """A process group started by the command of engines.toml, and what was noted of it."""

    def __init__(self, spec: dict, env: dict, state: Path, core: int) -> None:
        cmd = pinned([part.format(here=HERE, python=sys.executable) for part in spec["command"]], core)
        env = os.environ | {name: str(value) for name, value in (spec.get("env", {}) | env).items()}
        self.log = state.with_suffix(".log")
        log = self.log.open("ab")
        self._start = partial(subprocess.Popen, cmd, env=env, cwd=state, stdout=log, stderr=log, process_group=0)
        self.proc = self._start()
        self.killed, self.died = math.inf, None             # when; how, if it was dead by then
        self.noted: list[tuple[float, float, float]] = []   # (time, its CPU seconds, the machine's)

    def note(self) -> None:
        self.noted.append((time.monotonic(), cpu_seconds(group_of(self.proc.pid)), machine_busy()))

    def kill(self) -> None:
        self.killed, self.died = time.monotonic(), self.failure()
        if not self.died:
            os.killpg(self.proc.pid, signal.SIGKILL)
            self.proc.wait()
        self.proc = self._start()
        say("  killed and started again")

    def failure(self) -> str | None:
        code = self.proc.poll()
        return None if code is None else f"exited with {code}"

    def wait_until(self, done: Callable[[], bool], until: float) -> bool:
        while not done() and time.monotonic() < until and not self.failure():
            time.sleep(0.02)
        return done()


def warm_up(feed: Feed, reader: Reader, engine: Engine, partitions: int, expected: dict) -> None:
    """Publish orders until there is output for every partition; note what outputs are to be expected."""
    names = {*{workload.partition_of(b"warm-%d" % i, partitions): f"warm-{i}" for i in range(1000)}.values()}
    for ts in range(WARM_TS, WARM_TS + 1000 * WARM_ROUNDS, 1000):
        for name in names:
            order, key = f"{name}-{ts}", name.encode()
            expected[order.encode()] = (name, "l", "p", 100, 10)
            for topic, more in WARM:
                event = {"event_id": f"{order}-{topic}", "ts": ts, "buyer_id": name, **more}
                event |= {"order_id": order} if topic == workload.ORDERS else {}
                feed.emit(topic, ts, key, orjson.dumps(event))
        feed.producer.flush()
        if engine.wait_until(lambda: {expected[o][0] for o in list(reader.visible)} == names, time.monotonic() + 0.5):
            return
    raise TimeoutError(engine.failure() or f"no output for {WARM_ROUNDS} rounds of warm-up orders")


def publish(feed: Feed, engine: Engine, args: argparse.Namespace) -> workload.Log:
    """Publish the log at the rate; take the engine's CPU time and kill it on the way."""
    end = args.lead + args.seconds
    marks = {args.lead: engine.note, end: engine.note, end + KILL_AFTER_S: engine.kill}
    emit = feed.paced(args.rate, {second * args.rate: mark for second, mark in marks.items()})
    log = workload.generate(emit, events=(end + args.recovery) * args.rate, hours=args.hours,
                            partitions=args.partitions)
    feed.producer.flush()
    return log


def run_engine(name: str, spec: dict, guarantee: str, broker: Broker, work: Path, args) -> dict:
    """Warm up, publish, kill, wait for the outputs, verify: the measures of one engine."""
    tag = f"live-{name}-{guarantee}-{uuid.uuid4().hex[:6]}"
    clicks, entries, orders, out = topics = [f"{tag}-{n}" for n in (*INPUTS, "out")]
    create_topics(broker.bootstrap, topics, args.partitions)
    (state := work / tag).mkdir()
    env = {"BOOTSTRAP": broker.bootstrap, "IN_CLICKS": clicks, "IN_ROOM_ENTRIES": entries, "IN_ORDERS": orders,
           "OUT": out, "GROUP": tag, "GUARANTEE": guarantee, "PARTITIONS": args.partitions,
           "COMMIT_INTERVAL_MS": args.commit_interval_ms, "STATE_DIR": state}
    feed, reader = Feed(broker.bootstrap, topics[:3]), Reader(broker.bootstrap, out, args.partitions)
    engine = Engine(spec, env, state, args.engine_core)
    began, failure, expected, log = time.monotonic(), None, {}, workload.Log()
    try:
        warm_up(feed, reader, engine, args.partitions, expected)
        say(f"  up after {time.monotonic() - began:.1f} s; {args.rate:,} events/s")
        log = publish(feed, engine, args)
        expected |= log.expected
        if not engine.wait_until(lambda: reader.visible.keys() >= expected.keys(), engine.killed + args.give_up):
            failure = engine.failure() or f"not all outputs {args.give_up} s after the kill"
        time.sleep(SETTLE_S)
    except TimeoutError as error:
        failure = str(error)
    finally:
        stop(engine.proc)
        time.sleep(1.0)
        reader.close()
    res = {"engine": name, "guarantee": guarantee, "events": log.events, "failure": failure,
           "died_before_kill": engine.died, "verify": workload.verify(reader.outputs, expected)}
    if log.events:
        res |= measures(log.expected, feed, reader, engine)
    if failure or not res["verify"]["ok"]:
        say(f"  {failure or 'mismatches'}; end of its log:\n{engine.log.read_text(errors='replace')[-1500:]}")
    delete_topics(broker.bootstrap, tag)
    return res


def measures(expected: dict[bytes, tuple], feed: Feed, reader: Reader, engine: Engine) -> dict:
    """Latency and recovery, from when each order was produced and when its output was visible."""
    orders = sorted((feed.produced[order], reader.visible.get(order, math.inf)) for order in expected)
    (start, cpu, busy), (end, cpu_after, busy_after) = engine.noted
    late = sorted(seen - made for made, seen in orders if start <= made < end)
    p50, p99 = (late[int(len(late) * share)] for share in (0.5, 0.99))
    first = min(seen for made, seen in orders if made > engine.killed)
    worst = {math.floor(made - start): seen - made for made, seen in sorted(orders, key=lambda o: o[1] - o[0])}
    wrong = Counter(math.floor(feed.produced[order] - start) for order, value in reader.outputs if order in expected
                    and workload.verify([(order, value)], {order: expected[order]})["wrong"])
    finite = lambda x, digits: round(x, digits) if math.isfinite(x) else None
    return {"orders": len(late), "p50_ms": finite(1000 * p50, 0), "p99_ms": finite(1000 * p99, 0),
            **{f"within_{s}_s": round(sum(x <= s for x in late) / len(late), 4) for s in WITHIN_S},
            "of_a_core": round((cpu_after - cpu) / (end - start), 3),
            "machine_busy_cores": round((busy_after - busy) / (end - start), 3),
            "killed_s": round(engine.killed - start, 2), "first_output_s": finite(first - engine.killed, 2),
            "caught_up_s": finite(caught_up(orders, first, 2 * p99) - engine.killed, 2),
            "worst_ms_by_second": {second: finite(1000 * x, 0) for second, x in sorted(worst.items())},
            "wrong_by_second": dict(sorted(wrong.items())), "behind_s": round(feed.behind, 3)}


def caught_up(orders: list[tuple[float, float]], first: float, limit: float) -> float:
    """When, from the first new output on, no order older than `limit` waits; some may never be answered."""
    moment = first if math.isfinite(limit + orders[-1][1]) else math.inf
    for made, seen in orders:
        if made + limit <= moment < seen < math.inf:
            moment = seen
    return moment


def table(results: list[dict]) -> str:
    rows = [("engine", *COLUMNS, "outputs")]
    for res in results:
        cells = ("-" if res.get(key) is None else format(res[key], form) for key, form in COLUMNS.values())
        rows.append((f"{res['engine']} {res['guarantee']}", *cells, verdict(res)))
    width = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, tuple("-" * w for w in width))
    return "\n".join(" | ".join(c.ljust(w) if i in (0, len(width) - 1) else c.rjust(w)
                                for i, (c, w) in enumerate(zip(line, width))).rstrip() for line in rows)


def parsed() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, (default, told) in OPTIONS.items():
        p.add_argument(f"--{name}", type=type(default), default=default, help=told)
    p.add_argument("--config", type=Path, action="append", default=[], help="further engines file(s)")
    return p.parse_args()


def jobs_of(args: argparse.Namespace) -> list[tuple[str, dict, str]]:
    """(name, specification, guarantee) of each run wanted; what they need is built."""
    engines: dict[str, dict] = {}
    for path in (HERE / "engines.toml", *args.config):
        engines |= tomllib.loads(path.read_text())["engine"]
    wanted = [item.partition("/") for item in args.engines.split(",")]
    jobs = [(name, engines[name], guarantee) for name, _, only in wanted
            for guarantee in engines[name]["guarantees"] if only in ("", guarantee)]
    for command in dict.fromkeys(tuple(spec["build"]) for _, spec, _ in jobs if "build" in spec):
        subprocess.run([x.format(here=HERE, python=sys.executable) for x in command], check=True, cwd=HERE)
    return jobs


def main() -> None:
    args = parsed()
    jobs, results, target = jobs_of(args), [], Path(args.json)
    os.sched_setaffinity(0, {args.broker_core})
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = nullcontext(args.keep) if args.keep else tempfile.TemporaryDirectory(prefix="peers-live-")
    with folder as work, closing(Broker(args, Path(work))) as broker:
        for name, spec, guarantee in jobs:
            say(f"{name} {guarantee}")
            results.append(run_engine(name, spec, guarantee, broker, Path(work), args))
            say("  " + verdict(results[-1]))
            target.write_text(json.dumps({"args": vars(args), "results": results}, default=str, indent=1))
    print(table(results))


if __name__ == "__main__":
    main()
