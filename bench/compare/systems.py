"""The systems that are compared: how each is started, driven, asked how much it sold, and stopped.

All are given the same job, one sale for each request, and the same terms: server on one core, client on
another, loopback TCP, data on the same disk.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import string
import subprocess
import time
import urllib.request

import machine

HERE = pathlib.Path(__file__).resolve().parent
SERVER_CORE, CLIENT_CORE = "0", "1"
SPREAD_SKUS = 1000
LIMIT_PER_BUYER = 2
START_SECONDS_MAX = 60

HTTP_BODY = '{"campaign":"bench","sku":"sku-~~~~","quantity":1,"buyer":"b-############"}'
HTTP_REQUEST = ("POST /v1/buy HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                "Content-Type: application/json\r\nIdempotency-Key: 8e03978e-40d5-43e8-bc93-############\r\n"
                "Content-Length: {length}\r\n\r\n{body}")


class BenchmarkError(Exception):
    """The measurement cannot go on, or would not mean what it says."""


@dataclasses.dataclass(frozen=True)
class Workload:
    mode: str  # "keep-alive" or "pipelined"
    skus: str  # "hot" or "spread"
    connections: int
    pipeline: int

    @property
    def sku_count(self):
        return SPREAD_SKUS if self.skus == "spread" else 0


@dataclasses.dataclass
class Round:
    """What one system did in one round."""

    requests: int
    seconds: float
    p50_us: float
    p99_us: float
    reply_bytes: float = 0
    client_cpu_seconds: float = 0
    server_cpu_seconds: float = 0
    other_cpu_seconds: float = 0

    @property
    def per_second(self):
        return self.requests / self.seconds

    @property
    def cpu_us(self):
        return self.server_cpu_seconds / self.requests * 1e6


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http_request(port, serial=None):
    request = HTTP_REQUEST.format(port=port, length=len(HTTP_BODY), body=HTTP_BODY)
    if serial is None:
        return request
    return request.replace("#" * 12, f"{serial:012d}").replace("~" * 4, "0000")


def http_exchange(port, request):
    """One request, the reply's bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        reply = b""
        while True:
            head, end, body = reply.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if end and length and len(body) >= int(length.group(1)):
                return reply
            more = connection.recv(65536)
            if not more:
                raise BenchmarkError(f"port {port} closed the connection after {reply!r}")
            reply += more


def read_metrics(host_port):
    """{series: value} of a doorbuster's admin listener."""
    with urllib.request.urlopen(f"http://{host_port}/metrics") as reply:
        lines = reply.read().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


class System:
    """One server. start() and stop() frame its life; folder is its own and empty."""

    name = ""
    pipelines = True
    process = None
    processors = SERVER_CORE
    serial = 1  # of the next request: buyers and keys are never used twice

    def __init__(self, settings):
        self.settings = settings  # paths of the programs

    def launch(self, folder, command, user=None, **popen):
        """Starts the server on its core; it ends with us whatever happens to us."""
        prefix = ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", self.processors]
        self.folder = folder
        self.log = open(folder / "output.log", "wb")
        if user:
            popen.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        popen.setdefault("stdout", self.log)
        self.process = subprocess.Popen(prefix + [str(word) for word in command], stdin=subprocess.DEVNULL,
                                        stderr=self.log, **popen)

    def wait_for_port(self, port):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise BenchmarkError(f"{self.name} does not listen on port {port}:\n{self.log_tail()}")

    def log_tail(self):
        return (self.folder / "output.log").read_text(errors="replace")[-2000:]

    def stop(self):
        if self.process is None:
            return
        machine.resume(self.process.pid)
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal())
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                machine.signal_tree(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.process = None
        self.log.close()

    def stop_signal(self):
        return signal.SIGTERM

    def drive(self, workload, seconds, status=201):
        """Runs the client for a round; every reply has to have this status."""
        command = ["taskset", "-c", CLIENT_CORE, self.settings.driver, "--protocol", self.protocol,
                   "--port", self.port, "--template", self.folder / "request",
                   "--connections", workload.connections, "--pipeline", workload.pipeline,
                   "--seconds", seconds, "--skus", workload.sku_count, "--first-serial", self.serial,
                   "--status", status]
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise BenchmarkError(f"{self.name}: {run.stdout}{run.stderr}\n{self.log_tail()}")
        result = json.loads(run.stdout)
        self.serial += result["requests"]
        return Round(requests=result["requests"], seconds=result["seconds"], p50_us=result["p50_us"],
                     p99_us=result["p99_us"], reply_bytes=result["reply_bytes"],
                     client_cpu_seconds=result["driver_cpu_seconds"])

    def fill_in(self, template, **words):
        text = string.Template((HERE / template).read_text()).substitute(words)
        path = self.folder / template
        path.write_text(text)
        return path


class Doorbuster(System):
    name = "doorbuster"
    protocol = "http"

    def start(self, folder, orders):
        self.folder = folder
        (folder / "bench.json").write_text(json.dumps(self.configuration(folder, orders), indent=1))
        self.launch(folder, [self.settings.doorbuster, "serve", "--config", folder / "bench.json"],
                    stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        ports = re.findall(r"http://[^ ,]+:(\d+)", line)
        if len(ports) != 2:
            raise BenchmarkError(f"doorbuster serve did not start: {line!r}\n{self.log_tail()}")
        self.port, self.admin_port = map(int, ports)
        (folder / "request").write_bytes(http_request(self.port).encode())

    @staticmethod
    def configuration(folder, orders):
        """Durable replies on one core; `orders` units of the hot SKU and of all spread ones together."""
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
        yesterday, tomorrow = (now + datetime.timedelta(days=days) for days in (-1, 1))
        each = orders // SPREAD_SKUS + 1
        offers = [{"sku": f"sku-{n:04d}", "stock": each if n else orders, "list_price": 99900, "price": 49900}
                  for n in range(SPREAD_SKUS + 1)]
        return {"server": {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "data_dir": str(folder / "data"),
                           "cores": 1, "acknowledge": "durable", "max_orders": orders + SPREAD_SKUS * each},
                "campaigns": [{"id": "bench", "name": "Benchmark", "currency": "EUR",
                               "starts_at": f"{yesterday.isoformat()}Z",
                               "ends_at": f"{tomorrow.isoformat()}Z",
                               "hold_seconds": 0, "limit_per_buyer": LIMIT_PER_BUYER, "offers": offers}]}

    def sample_reply(self):
        """The bytes of one 201, for nginx to repeat."""
        reply = http_exchange(self.port, http_request(self.port, self.serial))
        self.serial += 1
        if not reply.startswith(b"HTTP/1.1 201 "):
            raise BenchmarkError(f"doorbuster refused a sale: {reply.decode(errors='replace')}")
        return reply

    def sold(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/v1/admin/campaigns/bench") as reply:
            return sum(offer["sold"] for offer in json.load(reply)["offers"])

    def version(self):
        return machine.output(self.settings.doorbuster, "version").splitlines()[0]


class DoorbusterWithSink(Doorbuster):
    """The same, and every order is delivered to a file as well. Only where it is asked for."""

    name = "doorbuster-sink"

    @staticmethod
    def configuration(folder, orders):
        sink = {"id": "events", "file": {"folder": str(folder / "events")}}
        return {**Doorbuster.configuration(folder, orders), "sinks": [sink]}


class Nginx(System):
    name = "nginx"
    protocol = "http"
    # What our 201 looks like, for runs without doorbuster.
    reply = (b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
             b"Location: /v1/orders/0123456789abcdef0123\r\nContent-Length: 192\r\n\r\n" + b"x" * 192)

    def start(self, folder, orders):
        """Twice: the first time to see how long nginx's own header is, to reply with exactly our size."""
        head, _, body = self.reply.decode().partition("\r\n\r\n")
        self.location = re.search(r"(?im)^location: *(\S+)", head).group(1)
        self.run_with(folder, body)
        excess = len(http_exchange(self.port, http_request(self.port, 1))) - len(self.reply)
        self.stop()
        self.run_with(folder, body[:len(body) - excess] if excess > 0 else body + " " * -excess)
        size = len(http_exchange(self.port, http_request(self.port, 1)))
        if size != len(self.reply):
            raise BenchmarkError(f"nginx replies with {size} bytes, not with {len(self.reply)}")

    def run_with(self, folder, body):
        self.folder, self.port = folder, free_port()
        conf = self.fill_in("nginx.conf", FOLDER=folder, PORT=self.port, LOCATION=self.location, BODY=body)
        if os.geteuid() == 0:
            conf.write_text("user root;\n" + conf.read_text())
        self.launch(folder, ["nginx", "-p", folder, "-e", folder / "error.log", "-c", conf])
        self.wait_for_port(self.port)
        (folder / "request").write_bytes(http_request(self.port).encode())

    def sold(self):
        return None  # it keeps nothing

    def version(self):
        return machine.output("nginx", "-v").removeprefix("nginx version: ")


class Redis(System):
    protocol = "resp"

    def __init__(self, settings, fsync):
        super().__init__(settings)
        self.fsync = fsync
        self.name = f"redis-{fsync}"

    def start(self, folder, orders):
        self.folder, self.port = folder, free_port()
        conf = self.fill_in("redis.conf", FOLDER=folder, PORT=self.port, FSYNC=self.fsync)
        self.launch(folder, ["redis-server", conf])
        self.wait_for_port(self.port)
        script = self.ask("-x", "SCRIPT", "LOAD", text=(HERE / "buy.lua").read_text())
        if not re.fullmatch(r"[0-9a-f]{40}", script):
            raise BenchmarkError(f"{self.name}: SCRIPT LOAD: {script}")
        self.ask(text="".join(f"SET stock:sku-{n:04d} {orders}\n" for n in range(SPREAD_SKUS + 1)))
        keys = ["order:bench:sku-~~~~:8e03978e-40d5-43e8-bc93-############", "stock:sku-~~~~",
                "bought:bench:sku-~~~~:b-############", "orders"]
        words = ["EVALSHA", script, str(len(keys)), *keys, "sku-~~~~", "b-############", "1",
                 str(LIMIT_PER_BUYER), "49900"]
        request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        (folder / "request").write_bytes(request.encode())

    def ask(self, *words, text=None):
        run = subprocess.run(["redis-cli", "-p", str(self.port), *words], input=text, capture_output=True,
                             text=True, check=True)
        return run.stdout.strip()

    def sold(self):
        return int(self.ask("XLEN", "orders"))

    def version(self):
        return "Redis " + re.search(r"v=(\S+)", machine.output("redis-server", "--version")).group(1)


class PostgreSql(System):
    name = "postgresql"
    pipelines = False  # one statement at a time for each connection, as its clients do

    def start(self, folder, orders):
        self.folder, self.port = folder, free_port()
        self.programs = self.newest_programs()
        # The server refuses to run as root; its package brings a user for it.
        user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = dict(user=user.pw_uid, group=user.pw_gid, extra_groups=[]) if user else {}
        data = folder / "data"
        command = [self.programs / "initdb", "-D", data, "-A", "trust", "-U", "bench", "--no-locale"]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, **as_user)
        except (PermissionError, subprocess.CalledProcessError) as error:
            raise BenchmarkError(f"initdb: {getattr(error, 'stderr', error)}\n"
                                 f"The user postgres must be able to reach {folder}; see --data.") from error
        conf = self.fill_in("postgresql.conf", PORT=self.port)
        self.launch(folder, [self.programs / "postgres", "-D", data, "-c", f"config_file={conf}"], user=user,
                    cwd=folder)
        self.wait_for_port(self.port)
        self.ask("-f", HERE / "schema.sql")

    def client(self, program, *words):
        where = ["-h", "127.0.0.1", "-p", self.port, "-U", "bench"]
        return [str(word) for word in (self.programs / program, *where, *words, "postgres")]

    def ask(self, *words):
        for _ in range(100):  # the port opens before the server takes questions
            command = self.client("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", *words)
            run = subprocess.run(command, capture_output=True, text=True, check=False)
            if "starting up" not in run.stderr:
                break
            time.sleep(0.1)
        if run.returncode != 0:
            raise BenchmarkError(f"psql: {run.stderr}")
        return run.stdout.strip()

    def drive(self, workload, seconds):
        for old in self.folder.glob("latency.*"):
            old.unlink()
        command = self.client("pgbench", "-n", "-M", "prepared", "-c", workload.connections, "-j", 1,
                              "-T", max(1, round(seconds)), "-l", f"--log-prefix={self.folder / 'latency'}",
                              "-D", "n=0", "-D", f"first={self.serial * 1_000_000_000}",
                              "-D", f"skus={workload.sku_count}", "-f", HERE / "buy.sql")
        self.serial += 1
        before = os.times()
        run = subprocess.run(["taskset", "-c", CLIENT_CORE, *command], capture_output=True, text=True,
                             check=False)
        after = os.times()
        done = re.search(r"actually processed: (\d+)", run.stdout)
        if run.returncode != 0 or not done or "number of failed transactions: 0 " not in run.stdout:
            raise BenchmarkError(f"pgbench: {run.stdout}{run.stderr}\n{self.log_tail()}")
        rate = float(re.search(r"tps = ([\d.]+) \(without", run.stdout).group(1))
        times = sorted(int(line.split()[2]) for log in self.folder.glob("latency.*") for line in log.open())
        requests = int(done.group(1))
        return Round(requests=requests, seconds=requests / rate, p50_us=times[len(times) // 2],
                     p99_us=times[len(times) * 99 // 100],
                     client_cpu_seconds=sum(after[2:4]) - sum(before[2:4]))

    def stop_signal(self):
        return signal.SIGINT  # ends the sessions and stops

    def sold(self):
        return int(self.ask("-c", "SELECT count(*) FROM orders"))

    def version(self):
        return machine.output(self.newest_programs() / "postgres", "--version")

    @staticmethod
    def newest_programs():
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not found:
            raise BenchmarkError("PostgreSQL is not installed: scripts/setup --bench")
        return found[-1]


def all_systems(settings):
    """In the order in which a round measures them."""
    return [Doorbuster(settings), Nginx(settings), Redis(settings, "everysec"), Redis(settings, "always"),
            PostgreSql(settings), DoorbusterWithSink(settings)]
