"""What doorbuster wants to be, as figures: one row for each goal, and where the time of an order goes.

Each measurement has a server and a data folder of its own, the server on one core, the client on the other,
unless it says otherwise.
"""

import csv
import dataclasses
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import time

import machine
import report
from systems import CLIENT_CORE, SERVER_CORE, BenchmarkError, Doorbuster, Workload, read_metrics

ALL_CORES = f"{SERVER_CORE},{CLIENT_CORE}"
PIPELINED = Workload("pipelined", "hot", 32, 16)
RECOVERED_ORDERS = 10_000_000
LOAD_VISITORS_MAX = 7_900_000  # of one run of `doorbuster load`
BODY = '{"campaign":"bench","sku":"sku-0000","buyer":"b-00############"}'  # names of 16 bytes, as the key
REQUEST = ("POST /v1/buy HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
           "Idempotency-Key: k-00############\r\nContent-Length: {length}\r\n\r\n{body}")


@dataclasses.dataclass(frozen=True)
class Goal:
    name: str
    what: str
    bound: float
    at_most: bool = False

    def is_met(self, value):
        return value is not None and (value <= self.bound if self.at_most else value >= self.bound)


GOALS = [
    Goal("P1", "server CPU of a durable keep-alive order over nginx's constant reply", 1.0, True),
    Goal("P2", "durable orders/s, gateway connections pipelined, `doorbuster load` on the same two cores",
         1_000_000),
    Goal("P3", "durable orders over Redis with Lua and AOF always, keep-alive", 2.2),
    Goal("P3 pipelined", "the same, pipelined", 5),
    Goal("P4", "orders of one hot SKU over spread ones, pipelined", 0.95),
    Goal("P5", "decisions/s, engine alone, 10 million buyers, keys and limits on", 10_000_000),
    Goal("P5 allocations", "allocations for each of them", 0, True),
    Goal("P6", "refusals over sales, pipelined", 1.2),
    Goal("P7 p50", "ms from the planned time, open loop at half of capacity, durable", 1, True),
    Goal("P7 p99.9", "the same", 10, True),
    Goal("P8 replay", "orders/s replayed from the journal", 3_000_000),
    Goal("P8 start", f"seconds to be ready with {RECOVERED_ORDERS:,} orders, from a checkpoint", 5, True),
    Goal("P9", "bytes of resident memory for each live order with key and buyer", 160, True),
    Goal("P10 CPU", "percent of a core, idle", 1, True),
    Goal("P10 wake-ups", "wake-ups a second, idle", 50, True),
]


class Shop(Doorbuster):
    """One hot SKU, and one that is sold out after its first order."""

    def __init__(self, settings, orders, **server):
        super().__init__(settings)
        self.orders_max, self.server = orders, server

    def configuration(self, folder, orders):
        made = Doorbuster.configuration(folder, orders)
        made["server"].update(max_orders=orders, **self.server)
        made["campaigns"][0]["offers"] = [
            {"sku": "sku-0000", "stock": orders - 1, "list_price": 99900, "price": 49900},
            {"sku": "sku-0001", "stock": 1, "list_price": 99900, "price": 49900}]
        return made

    def __enter__(self):
        folder = self.settings.data / "goals"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.open(folder)
        return self

    def open(self, folder):
        self.start(folder, self.orders_max)
        request = REQUEST.format(port=self.port, length=len(BODY), body=BODY)
        (folder / "request").write_bytes(request.encode())

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def metrics(self):
        return read_metrics(f"127.0.0.1:{self.admin_port}")

    def status(self, member):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{member}:\s+(\d+)", text, re.M).group(1))

    def threads(self):
        """{thread's name: (user seconds, system seconds, wake-ups)}"""
        found = {}
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            stat = (task / "stat").read_text()
            fields = stat[stat.rindex(")") + 2:].split()
            switches = sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", (task / "status").read_text())))
            found[f"{(task / 'comm').read_text().strip()} {task.name}"] = (
                int(fields[11]) / machine.TICKS, int(fields[12]) / machine.TICKS, switches)
        return found

    def load(self, rate, seconds, connections, pipeline):
        """An open loop by `doorbuster load`: its JSON."""
        scenario, result = self.folder / "scenario.json", self.folder / "result.json"
        scenario.write_text(json.dumps({
            "name": "goals", "stages": [{"shape": "hold", "seconds": seconds, "rate": rate}], "retries": 0,
            "connections": connections, "pipeline": pipeline, "buyers": LOAD_VISITORS_MAX,
            "skus": {"only": ["sku-0000"]}}))
        run = subprocess.run(["taskset", "-c", CLIENT_CORE, str(self.settings.doorbuster), "load", "--target",
                              f"http://127.0.0.1:{self.port}", "--scenario", str(scenario), "--json",
                              str(result), "--no-audit", "--progress", "off"], capture_output=True, text=True,
                             check=False)
        if not result.exists():
            raise BenchmarkError(f"doorbuster load: {run.stdout}{run.stderr}")
        return json.loads(result.read_text())


def from_comparison(measured):
    """P1, P3 and P4: of the rounds beside the other systems; the worse of hot and spread."""
    by_name = {(w.mode, w.skus): results for w, results in measured.items()}

    def ratio(mode, other, value, worst):
        found = []
        for skus in ("hot", "spread"):
            results = by_name.get((mode, skus), {})
            if results.get(report.OURS) and results.get(other):
                found.append(report.paired_ratio(results[report.OURS], results[other], value))
        return worst(found) if found else None

    rate, cpu = (lambda r: r.per_second), (lambda r: r.cpu_us)
    hot, spread = (by_name.get(("pipelined", skus), {}).get(report.OURS) for skus in ("hot", "spread"))
    return {"P1": ratio("keep-alive", "nginx", cpu, max),
            "P3": ratio("keep-alive", "redis-always", rate, min),
            "P3 pipelined": ratio("pipelined", "redis-always", rate, min),
            "P4": report.paired_ratio(hot, spread, rate) if hot and spread else None}


def throughput(settings, rounds):
    """P2 and P7; what half of P2 is, is asked for in P7."""
    capacities = []
    for _ in range(rounds):
        with Shop(settings, 6_000_000, checkpoint_segments=0) as shop:
            run = shop.load(rate=1_200_000, seconds=4, connections=64, pipeline=64)
            capacities.append(run["outcomes"].get("accepted", 0) / run["achieved"]["seconds"])
    capacity = statistics.median(capacities)
    rate = capacity / 2
    seconds = min(60, LOAD_VISITORS_MAX / rate)
    with Shop(settings, LOAD_VISITORS_MAX + 100_000) as shop:
        run = shop.load(rate=rate, seconds=seconds, connections=1000, pipeline=16)
    response = run["response_time"]  # in ns, from the planned moment
    return {"P2": capacity, "P7 p50": response["p50"] / 1e6, "P7 p99.9": response["p99_9"] / 1e6}


def engine_alone(settings):
    """P5, by the micro-benchmark of a shard's batches."""
    program = settings.driver.parents[1] / "micro" / "micro_bench"
    run = subprocess.run(["taskset", "-c", SERVER_CORE, str(program), "--benchmark_format=json",
                          "--benchmark_filter=^decision/batched_sale_ahead/10000000$"], capture_output=True,
                         text=True, check=True)
    found = json.loads(run.stdout)["benchmarks"][0]
    return {"P5": 1e9 / found["cpu_time"], "P5 allocations": found["allocations"]}


def refusals(settings, rounds, seconds):
    """P6: sales and refusals by turns; a refusal's buyer and key are new, as a sale's."""
    ratios = []
    with Shop(settings, int((rounds + 1) * seconds * 700_000), checkpoint_segments=0) as shop:
        sale = (shop.folder / "request").read_bytes()
        refusal = sale.replace(b"sku-0000", b"sku-0001")
        (shop.folder / "request").write_bytes(refusal)
        shop.drive(Workload("keep-alive", "hot", 1, 1), 0.001)  # its only unit
        for number in range(rounds + 1):
            rates = []
            for text, status in ((sale, 201), (refusal, 409)):
                (shop.folder / "request").write_bytes(text)
                rates.append(shop.drive(PIPELINED, seconds, status).per_second)
            if number != 0:  # the first is for warming up
                ratios.append(rates[1] / rates[0])
    return {"P6": statistics.median(ratios)}


def recovery(settings):
    """P8 and P9: ten million orders, and a start from the journal and from a checkpoint, on all cores."""
    orders = RECOVERED_ORDERS
    with Shop(settings, orders + 100_000, checkpoint_segments=0) as shop:
        while shop.serial < orders:
            shop.drive(PIPELINED, min(10, (orders - shop.serial) / 700_000 + 0.01))
        live = shop.serial - 1
        bytes_each = shop.status("VmRSS") * 1024 / live
        times = []
        shop.processors = ALL_CORES
        for has_checkpoint in (False, True):
            shop.stop()
            if has_checkpoint:
                command = [str(settings.doorbuster), "checkpoint", str(shop.folder / "data")]
                subprocess.run(command, check=True, capture_output=True)
            began = time.monotonic()
            shop.open(shop.folder)
            times.append(time.monotonic() - began)
    return {"P8 replay": live / times[0], "P8 start": times[1], "P9": bytes_each}


def idle(settings):
    """P10: a server with a campaign that is open, and nobody who asks."""
    with Shop(settings, 100_000) as shop:
        time.sleep(3)  # what a start leaves to do
        before, began = shop.threads(), time.monotonic()
        time.sleep(10)
        took, after = time.monotonic() - began, shop.threads()
    used = sum(after[name][0] + after[name][1] - before[name][0] - before[name][1] for name in after)
    woken = sum(after[name][2] - before[name][2] for name in after)
    return {"P10 CPU": 100 * used / took, "P10 wake-ups": woken / took}


def profile(settings, seconds):
    """Where the time of an order goes: [(stage, figure)] of one pipelined run."""
    with Shop(settings, int((seconds + 2) * 700_000), checkpoint_segments=0) as shop:
        shop.drive(PIPELINED, 1)
        metrics, threads = shop.metrics(), shop.threads()
        run = shop.drive(PIPELINED, seconds)
        more, later = shop.metrics(), shop.threads()
    orders = run.requests

    def grown(name):
        return more.get(name, 0) - metrics.get(name, 0)

    def mean_us(family):
        return 1e6 * grown(f"{family}_sum") / max(grown(f"{family}_count"), 1)

    batches = max(grown("doorbuster_journal_batches_total"), 1)
    rows = [("orders/s", f"{run.per_second:,.0f}")]
    for name in later:
        user, system, _ = (b - a for a, b in zip(threads.get(name, (0, 0, 0)), later[name]))
        if user + system >= 0.01 * seconds:
            rows.append((f"thread {name.rsplit(' ', 1)[0]}: user, system",
                         f"{user / orders * 1e6:.2f}, {system / orders * 1e6:.2f} us of processor an order"))
    rows += [
        ("read to decided", f"{mean_us('doorbuster_decision_latency_seconds'):,.0f} us, mean"),
        ("read to written", f"{mean_us('doorbuster_reply_latency_seconds'):,.0f} us, mean"),
        ("one sync", f"{mean_us('doorbuster_journal_sync_latency_seconds'):,.0f} us, mean"),
        ("records of a batch", f"{grown('doorbuster_journal_batch_records_sum') / batches:,.0f}"),
        ("journal", f"{grown('doorbuster_journal_bytes_total') / orders:,.0f} bytes an order"),
        ("requests of a read, of a write",
         f"{orders / max(grown('doorbuster_socket_reads_total'), 1):.1f}, "
         f"{orders / max(grown('doorbuster_socket_writes_total'), 1):.1f}")]
    return rows


def measure_all(settings, measured):
    """{goal's name: value}; None: not measured."""
    return {**from_comparison(measured),
            **idle(settings),
            **refusals(settings, settings.rounds, settings.seconds),
            **engine_alone(settings),
            **throughput(settings, settings.rounds),
            **recovery(settings)}


def shown(value):
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def table(values):
    lines = ["| goal | | bound | measured | |", "| --- | --- | ---: | ---: | --- |"]
    for goal in GOALS:
        value = values.get(goal.name)
        sign = "at most" if goal.at_most else "at least"
        lines.append(f"| {goal.name} | {goal.what} | {sign} {goal.bound:,} | {shown(value)} "
                     f"| {'met' if goal.is_met(value) else 'not met'} |")
    return "\n".join(lines)


def profile_table(rows):
    return "\n".join(["| stage | |", "| --- | --- |", *(f"| {stage} | {figure} |" for stage, figure in rows)])


def record(path, commit, values):
    """Appends a line for each goal: day, commit, goal, figure."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        out = csv.writer(file)
        if is_new:
            out.writerow(("date", "commit", "goal", "figure"))
        for goal in GOALS:
            if values.get(goal.name) is not None:
                out.writerow((time.strftime("%Y-%m-%d %H:%M", time.gmtime()), commit, goal.name,
                              f"{values[goal.name]:.6g}"))
