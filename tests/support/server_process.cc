#include "support/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/temp_folder.h"

namespace doorbuster {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what);
}

// True: readable (or ended) in time.
bool wait_readable(int descriptor, Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) give_up("poll: " + std::string(std::strerror(errno)));
  }
}

int open_for_output(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (descriptor < 0) give_up("cannot write " + file);
  return descriptor;
}

}  // namespace

std::string doorbuster_binary() {
  const char* other = std::getenv("DOORBUSTER_BINARY");
  return other != nullptr && *other != '\0' ? other : DOORBUSTER_BUILT_BINARY;
}

// --- one child
// ----------------------------------------------------------------------------------------------------

ChildProcess::ChildProcess(const Options& options) {
  std::vector<char*> arguments;
  for (const std::string& argument : options.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  int out[2] = {-1, -1};
  if (!options.stdout_file.empty()) {
    out[1] = open_for_output(options.stdout_file);
  } else if (::pipe2(out, O_CLOEXEC) != 0) {
    give_up("pipe2");
  }
  const int err = options.stderr_file.empty() ? -1 : open_for_output(options.stderr_file);
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ == 0) {  // only async-signal-safe calls from here to exec
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(out[1], STDOUT_FILENO);
    if (err >= 0) ::dup2(err, STDERR_FILENO);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
    if (nothing > STDERR_FILENO) ::close(nothing);
    if (options.descriptors_max != 0) {
      const rlimit limit{options.descriptors_max, options.descriptors_max};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out[1]);
  if (err >= 0) ::close(err);
  if (pid_ < 0) give_up("fork");
  stdout_ = out[0];
  // Not pidfd_open(): its header in glibc 2.36 forgets extern "C".
  pid_descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (pid_descriptor_ < 0) give_up("pidfd_open");
}

ChildProcess::~ChildProcess() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
  }
  if (pid_descriptor_ >= 0) ::close(pid_descriptor_);
  if (stdout_ >= 0) ::close(stdout_);
}

void ChildProcess::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

bool ChildProcess::read_line(std::string& line) {
  const auto until = Clock::now() + kPatience;
  for (;;) {
    if (const auto end = read_ahead_.find('\n'); end != std::string::npos) {
      line = read_ahead_.substr(0, end);
      read_ahead_.erase(0, end + 1);
      return true;
    }
    if (!wait_readable(stdout_, until)) give_up("the program said nothing in time");
    char bytes[4096];
    const ssize_t n = ::read(stdout_, bytes, sizeof bytes);
    if (n == 0) return false;
    if (n < 0 && errno != EINTR) give_up("cannot read the program's output");
    if (n > 0) read_ahead_.append(bytes, static_cast<std::size_t>(n));
  }
}

bool ChildProcess::ends_within(std::chrono::milliseconds time) const {
  return ended_ || wait_readable(pid_descriptor_, Clock::now() + time);
}

ProcessEnd ChildProcess::wait() {
  if (ended_) return end_;
  if (!ends_within(kPatience)) give_up("the program did not end in time");
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) give_up("waitpid");
  ended_ = true;
  if (WIFEXITED(status)) {
    end_.exit_code = WEXITSTATUS(status);
  } else {
    end_.signal = WTERMSIG(status);
  }
  return end_;
}

ProgramResult run_program(const std::vector<std::string>& arguments) {
  const TempFolder folder;
  ChildProcess child({.arguments = arguments,
                      .stdout_file = folder.file("out"),
                      .stderr_file = folder.file("err"),
                      .descriptors_max = 0});
  ProgramResult result;
  result.end = child.wait();
  result.exit_code = result.end.exit_code;
  result.out = read_file(folder.file("out"));
  result.err = read_file(folder.file("err"));
  return result;
}

ProgramResult run_doorbuster(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), doorbuster_binary());
  return run_program(arguments);
}

// --- the server
// ---------------------------------------------------------------------------------------------------

ServerProcess::ServerProcess(const ServeOptions& options, std::string log_file) {
  if (launch(options, std::move(log_file))) return;
  const ProcessEnd end = child_->wait();
  give_up("the server ended before it was ready, exit code " + std::to_string(end.exit_code) + ", signal " +
          std::to_string(end.signal) + "\n" + log());
}

bool ServerProcess::start(std::unique_ptr<ServerProcess>& server, const ServeOptions& options,
                          const std::string& log_file, ProcessEnd& end) {
  server.reset(new ServerProcess);
  if (server->launch(options, log_file)) return true;
  end = server->child_->wait();
  server.reset();
  return false;
}

bool ServerProcess::launch(const ServeOptions& options, std::string log_file) {
  log_file_ = std::move(log_file);
  std::vector<std::string> arguments = options.tracer;
  for (const std::string& argument :
       {doorbuster_binary(), std::string("serve"), std::string("--config"), options.config,
        std::string("--data"), options.data, std::string("--listen"), std::string("127.0.0.1:0"),
        std::string("--admin"), std::string("127.0.0.1:0")}) {
    arguments.push_back(argument);
  }
  if (options.cores >= 0) {
    arguments.emplace_back("--cores");
    arguments.push_back(std::to_string(options.cores));
  }
  child_ = std::make_unique<ChildProcess>(ChildProcess::Options{.arguments = std::move(arguments),
                                                                .stdout_file = {},
                                                                .stderr_file = log_file_,
                                                                .descriptors_max = options.descriptors_max});
  std::string line;
  if (!child_->read_line(line)) return false;
  unsigned port = 0, admin_port = 0;
  int used = 0;
  const int found =
      std::sscanf(line.c_str(), "listening on http://127.0.0.1:%5u, admin on http://127.0.0.1:%5u%n", &port,
                  &admin_port, &used);
  if (found != 2 || static_cast<std::size_t>(used) != line.size()) give_up("the server said: " + line);
  port_ = static_cast<std::uint16_t>(port);
  admin_port_ = static_cast<std::uint16_t>(admin_port);
  return true;
}

std::string ServerProcess::log() const {
  return read_file(log_file_);
}

ProcessEnd ServerProcess::stop() {
  signal(SIGTERM);
  return wait();
}

void ServerProcess::kill() {
  signal(SIGKILL);
  wait();
}

pid_t find_thread(pid_t process, const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream in(task.path() / "comm");
    std::string comm;
    if (std::getline(in, comm) && comm == name) return std::stoi(task.path().filename().string());
  }
  return 0;
}

}  // namespace doorbuster
