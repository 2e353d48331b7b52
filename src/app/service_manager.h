#pragma once
// What a service manager is told: sd_notify(3). Each does nothing where there is no manager.

#include <chrono>
#include <string>

namespace doorbuster {

void tell_ready(const std::string& listening_on);
void tell_stopping();
void tell_alive();
// How often tell_alive() is due: half of what the manager waits; zero: it does not ask.
std::chrono::microseconds alive_interval();

}  // namespace doorbuster
