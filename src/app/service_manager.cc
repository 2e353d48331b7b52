#include "app/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace doorbuster {

void tell_ready(const std::string& listening_on) {
  sd_notify(0, ("READY=1\nSTATUS=" + listening_on).c_str());
}

void tell_stopping() {
  sd_notify(0, "STOPPING=1\nSTATUS=draining");
}

void tell_alive() {
  sd_notify(0, "WATCHDOG=1");
}

std::chrono::microseconds alive_interval() {
  std::uint64_t waits_us = 0;
  if (sd_watchdog_enabled(0, &waits_us) <= 0) return {};
  return std::chrono::microseconds(waits_us / 2);
}

}  // namespace doorbuster
