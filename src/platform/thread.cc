#include "doorbuster/platform/thread.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace doorbuster {

std::vector<int> available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> processors;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) processors.push_back(static_cast<int>(cpu));
    }
  }
  if (processors.empty()) processors.push_back(0);
  return processors;
}

void name_this_thread(const char* name) {
  const std::string short_name = std::string(name).substr(0, 15);  // the kernel's limit
  pthread_setname_np(pthread_self(), short_name.c_str());
}

bool make_this_thread_idle() {
  const sched_param none{};
  // On Linux the thread and not the process.
  return sched_setscheduler(0, SCHED_IDLE, &none) == 0;
}

bool make_this_thread_patient() {
  const sched_param none{};
  // On Linux the thread and not the process.
  return sched_setscheduler(0, SCHED_BATCH, &none) == 0;
}

void let_others_run() {
  sched_yield();
}

bool pin_this_thread(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(processor), &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

}  // namespace doorbuster
