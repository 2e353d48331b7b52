#include "sinks/postgres_server.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace doorbuster {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUser = "doorbuster";
constexpr const char* kSystemUser =
    "postgres";  // the server refuses to run as root; its package has this one
constexpr int kLookMs = 10;

// The folder of the newest version's programs.
std::string find_programs() {
  std::string newest;
  int version = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int other = std::atoi(entry.path().filename().c_str());
    if (other > version && fs::exists(entry.path() / "bin/initdb")) {
      version = other;
      newest = (entry.path() / "bin").string();
    }
  }
  if (newest.empty()) {
    throw std::runtime_error("there is no PostgreSQL server here: install the package postgresql");
  }
  return newest;
}

template <typename Condition>
void wait_until(Condition condition, const std::string& what) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("not in time: " + what);
    ::poll(nullptr, 0, kLookMs);
  }
}

struct ProcessState {
  pid_t parent = 0;
  char state = 'Z';  // gone, or as good as that
};

ProcessState state_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  // The name before the state is in parentheses, and may have some itself.
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 > text.size()) return {};
  return {static_cast<pid_t>(std::atoi(text.c_str() + name_end + 4)), text[name_end + 2]};
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0 && state_of(name).parent == parent) {
      children.push_back(std::atoi(name.c_str()));
    }
  }
  return children;
}

using Session = std::shared_ptr<PGconn>;
using Answer = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Session connect(const std::string& connection) {
  Session session(PQconnectdb(connection.c_str()), PQfinish);
  PQsetNoticeProcessor(
      session.get(), [](void*, const char*) {}, nullptr);
  return session;
}

Answer execute(PGconn* session, const std::string& sql) {
  Answer answer(PQexec(session, sql.c_str()), PQclear);
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error(sql + ": " + PQerrorMessage(session));
  }
  return answer;
}

}  // namespace

PostgresServer::PostgresServer(const std::vector<std::string>& settings)
    : programs_(find_programs()), port_(free_port()) {
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam(kSystemUser);
    if (user == nullptr || ::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("the user postgres, who runs the server, cannot be given a folder");
    }
  }
  const std::string data = folder_.file("data");
  const ProgramResult made =
      run_program(as_its_user({programs_ + "/initdb", "-D", data, "-A", "trust", "-U", kUser, "-E", "UTF8",
                               "--locale", "C", "--no-sync", "--no-instructions"}));
  if (made.exit_code != 0) throw std::runtime_error("initdb: " + made.out + made.err);
  std::string lines = "listen_addresses = '127.0.0.1'\nport = " + std::to_string(port_) +
                      "\nunix_socket_directories = ''\nmax_connections = 30\n";
  // Tests end processes; none of them ends the machine. What a killed server has written is still there.
  lines += "fsync = off\nlogging_collector = off\n";
  for (const std::string& setting : settings) lines += setting + '\n';
  const std::string file = data + "/postgresql.conf";
  write_file(file, read_file(file) + lines);
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ == nullptr) return;
  try {
    stop();
  } catch (const std::exception&) {
    kill();
  }
}

std::vector<std::string> PostgresServer::as_its_user(std::vector<std::string> command) const {
  if (::geteuid() != 0) return command;
  // A change of the user takes back what ChildProcess has asked for: that it dies with us.
  std::vector<std::string> all = {"setpriv",   "--reuid",        kSystemUser,   "--regid",
                                  kSystemUser, "--clear-groups", "--pdeathsig", "KILL"};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

std::string PostgresServer::log() const {
  const std::string file = folder_.file("log");
  return fs::exists(file) ? read_file(file) : std::string();
}

void PostgresServer::start() {
  ChildProcess::Options options;
  options.arguments = as_its_user({programs_ + "/postgres", "-D", folder_.file("data")});
  options.stdout_file = options.stderr_file = folder_.file("log");
  process_ = std::make_unique<ChildProcess>(options);
  wait_until(
      [this] {
        if (process_->ends_within(std::chrono::milliseconds(0))) {
          process_->wait();
          process_.reset();
          throw std::runtime_error("the PostgreSQL server has ended:\n" + log());
        }
        return PQping(connection().c_str()) == PQPING_OK;
      },
      "the PostgreSQL server takes questions");
}

void PostgresServer::stop() {
  process_->signal(SIGINT);
  process_->wait();
  process_.reset();
}

void PostgresServer::kill() {
  // Stopped first, so that it makes no more processes while they are counted.
  process_->signal(SIGSTOP);
  const std::vector<pid_t> children = children_of(process_->pid());
  for (const pid_t child : children) ::kill(child, SIGKILL);
  process_->signal(SIGKILL);
  process_->wait();
  process_.reset();
  for (const pid_t child : children) {
    wait_until([child] { return state_of(std::to_string(child)).state == 'Z'; }, "the end of a process");
  }
}

std::string PostgresServer::connection(std::string_view database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + kUser +
         " dbname=" + std::string(database);
}

std::string PostgresServer::uri(std::string_view database) const {
  return std::string("postgresql://") + kUser + "@127.0.0.1:" + std::to_string(port_) + '/' +
         std::string(database);
}

PostgresServer::Rows PostgresServer::ask(const std::string& sql, std::string_view database) const {
  const Session session = connect(connection(database));
  const Answer result = execute(session.get(), sql);
  Rows rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool is_null = PQgetisnull(result.get(), row, column) != 0;
      values.emplace_back(is_null ? "NULL" : PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

std::string PostgresServer::ask_one(const std::string& sql, std::string_view database) const {
  const Rows rows = ask(sql, database);
  if (rows.size() != 1 || rows[0].size() != 1) throw std::runtime_error(sql + ": not one value");
  return rows[0][0];
}

std::shared_ptr<void> PostgresServer::hold(const std::string& sql, std::string_view database) const {
  const Session session = connect(connection(database));
  execute(session.get(), sql);
  return session;
}

}  // namespace doorbuster
