#pragma once
// A PostgreSQL server of a test's own, on a free port of loopback and a folder that goes with it. Whatever
// fails throws std::runtime_error with what the server had to say. Made and started by the thread that the
// test runs on: the server dies with it.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/free_port.h"
#include "support/server_process.h"
#include "support/temp_folder.h"

namespace doorbuster {

class PostgresServer {
 public:
  // Makes a database cluster and starts it. `settings`: lines of postgresql.conf.
  explicit PostgresServer(const std::vector<std::string>& settings = {});
  ~PostgresServer();

  // On the same port and folder; returns when it takes questions.
  void start();
  // In good order; open connections are ended.
  void stop();
  // SIGKILL to the server and each of its processes; returns when all of them are gone.
  void kill();

  std::uint16_t port() const { return port_; }
  // For libpq: the user may do everything, and has no password.
  std::string connection(std::string_view database = "postgres") const;
  std::string uri(std::string_view database = "postgres") const;

  using Rows = std::vector<std::vector<std::string>>;
  // NULL is "NULL". Several statements: the answer of the last one.
  Rows ask(const std::string& sql, std::string_view database = "postgres") const;
  // The only value of the answer.
  std::string ask_one(const std::string& sql, std::string_view database = "postgres") const;
  // A session that has been told `sql`, and stays as it is until it is let go.
  std::shared_ptr<void> hold(const std::string& sql, std::string_view database = "postgres") const;

 private:
  std::vector<std::string> as_its_user(std::vector<std::string> command) const;
  std::string log() const;

  TempFolder folder_;
  std::string programs_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> process_;  // nothing: it does not run
};

}  // namespace doorbuster
