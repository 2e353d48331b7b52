"""From rounds to a Markdown page and to a verdict on the floors."""

import statistics

import machine
from systems import SPREAD_SKUS

OURS = "doorbuster"
CLIENT_BUSY_MAX = 0.95  # above it the throughput is the client's, not the server's
OTHER_BUSY_MAX = 0.05   # of one core, by processes that are no part of the measurement

NOT_INCLUDED = f"""\
- A network: client and server talk over loopback, each pinned to one core of the same machine. The kernel's
  part of loopback TCP is in the server's CPU time, alike for all.
- Refusals, reads, holds, restarts. Every request is a sale of one unit that succeeds, with a buyer and an
  idempotency key never used before; "spread" is {SPREAD_SKUS} SKUs in turn, "hot" is one.
- TLS and authentication, for nobody.
- nginx does no work at all: a constant reply of the same size, without parsing, stock or disk. It is the
  floor of what a reply over HTTP costs, not a competitor.
- redis-everysec may lose a second of acknowledged orders. redis-always, postgresql and doorbuster answer when
  the order is on stable storage.
- Redis is driven over RESP and PostgreSQL over its own protocol, without the HTTP service that a shop has in
  front of them. PostgreSQL is driven by pgbench, one statement in flight for each connection, so it has no
  pipelined row; its CPU time includes starting one process for each connection of a round.
- Cluster modes, replication and tuning beyond the files in bench/compare."""
HOW = """\
Rounds are interleaved (every system, then again), and all but the measured system are stopped meanwhile.
Ratios are medians of the ratios within a round. Server CPU is user and system time of all processes and
threads of a server over the round. After the last round each system's own count of orders was equal to the
client's."""
HEADINGS = ["system", "orders/s, median (min to max)", "server CPU us/order", "server busy", "client busy",
            "p50 us", "p99 us", "reply bytes", "orders/s vs ours", "CPU vs ours"]


def median(rounds, value):
    return statistics.median(value(r) for r in rounds)


def paired_ratio(rounds, others, value):
    """Median over rounds of value(system) / value(other): both were measured seconds apart."""
    return statistics.median(value(a) / value(b) for a, b in zip(rounds, others))


def workload_table(workload, results):
    """results: {system name: [Round]}"""
    ours = results.get(OURS)
    lines = ["| " + " | ".join(HEADINGS) + " |", "| --- |" + " ---: |" * (len(HEADINGS) - 1)]
    for name, rounds in results.items():
        rates = [r.per_second for r in rounds]
        versus = ["", ""]
        if ours:
            versus = [f"{paired_ratio(rounds, ours, lambda r: r.per_second):.2f}",
                      f"{paired_ratio(rounds, ours, lambda r: r.cpu_us):.2f}"]
        size = f"{median(rounds, lambda r: r.reply_bytes):.0f}" if rounds[0].reply_bytes else ""
        lines.append(
            f"| {name} | {statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f}) "
            f"| {median(rounds, lambda r: r.cpu_us):.2f} "
            f"| {median(rounds, lambda r: r.server_cpu_seconds / r.seconds):.0%} "
            f"| {median(rounds, lambda r: r.client_cpu_seconds / r.seconds):.0%} "
            f"| {median(rounds, lambda r: r.p50_us):,.0f} | {median(rounds, lambda r: r.p99_us):,.0f} "
            f"| {size} | {versus[0]} | {versus[1]} |")
    title = (f"## {workload.mode}, {workload.skus}: {workload.connections} connections, "
             f"{workload.pipeline} in flight each")
    return "\n".join([title, "", *lines])


def warnings(measured, load_at_start, stolen):
    """What makes these figures worth less than they look. `stolen`: by the host, in processors."""
    found = []
    if stolen > OTHER_BUSY_MAX:
        found.append(f"the host gave {stolen:.0%} of a core to others: rates and times are of what was left, "
                     "and ratios are unsure")
    if load_at_start > 0.3:
        found.append(f"the load average was {load_at_start:.2f} before the start: the machine was not idle")
    for workload, results in measured.items():
        where = f"{workload.mode}, {workload.skus}"
        for name, rounds in results.items():
            other = max(r.other_cpu_seconds / r.seconds for r in rounds)
            if other > OTHER_BUSY_MAX:
                found.append(f"{where}, {name}: other processes used {other:.0%} of a core in a round")
            client = median(rounds, lambda r: r.client_cpu_seconds / r.seconds)
            if client > CLIENT_BUSY_MAX:
                found.append(f"{where}, {name}: the client was {client:.0%} busy: at least this throughput")
    return found


def page(measured, facts, load_at_start, stolen=0.0):
    rows = [f"| {what} | {value} |" for what, value in facts]
    parts = ["# The same sale on other systems", "\n".join(["| | |", "| --- | --- |", *rows]), HOW]
    parts += [workload_table(workload, results) for workload, results in measured.items()]
    problems = warnings(measured, load_at_start, stolen)
    if problems:
        parts.append("## Warnings\n\n" + "\n".join(f"- {problem}" for problem in problems))
    parts.append("## Not included\n\n" + NOT_INCLUDED)
    return "\n\n".join(parts) + "\n"


def floors(measured):
    """[(what, measured ratio or None, bound, is it at most?)]"""
    by_name = {(w.mode, w.skus): results for w, results in measured.items()}

    def ratio(key_a, name_a, key_b, name_b, value):
        a, b = by_name.get(key_a, {}).get(name_a), by_name.get(key_b, {}).get(name_b)
        return paired_ratio(a, b, value) if a and b else None

    rate, cpu = (lambda r: r.per_second), (lambda r: r.cpu_us)
    rows = []
    for skus in ("hot", "spread"):
        key = ("keep-alive", skus)
        rows.append((f"server CPU of a durable keep-alive order over nginx's constant reply, {skus}",
                     ratio(key, OURS, key, "nginx", cpu), 1.4, True))
    for skus in ("hot", "spread"):
        key = ("pipelined", skus)
        rows.append((f"pipelined durable orders over Redis with Lua and AOF always, {skus}",
                     ratio(key, OURS, key, "redis-always", rate), 2.5, False))
    for mode in ("keep-alive", "pipelined"):
        rows.append((f"orders of one hot SKU over {SPREAD_SKUS} spread ones, {mode}",
                     ratio((mode, "hot"), OURS, (mode, "spread"), OURS, rate), 0.9, False))
    return rows


def check_floors(measured):
    """Lines to print, and whether every floor was measured and holds."""
    lines, good = [], True
    for what, value, bound, at_most in floors(measured):
        passes = value is not None and (value <= bound if at_most else value >= bound)
        good = good and passes
        shown = "not measured" if value is None else f"{value:.2f}"
        floor = f"{'at most' if at_most else 'at least'} {bound}"
        lines.append(f"{'PASS' if passes else 'FAIL'}  {what}: {shown}, {floor}")
    return lines, good


def facts(root, folder, systems, command):
    """[(what, value)]: everything needed to doubt the figures."""
    commit = machine.output("git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12")
    found = machine.describe(folder)
    found.append(("versions", ", ".join(dict.fromkeys(system.version() for system in systems))))
    found.append(("commit", commit or "unknown"))
    found.append(("command", f"`{command}`"))
    return found
