#define CATCH_CONFIG_RUNNER
#include <cstdio>
#include <cstdlib>

#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

bool something_skipped = false;

}  // namespace

void skip(const std::string& why) {
  something_skipped = true;
  std::printf("SKIP: %s\n", why.c_str());
}

int soaked(int usual, int soak) {
  return std::getenv("DOORBUSTER_SOAK") != nullptr ? soak : usual;
}

}  // namespace doorbuster

int main(int argc, char* argv[]) {
  const int failed = Catch::Session().run(argc, argv);
  return failed == 0 && doorbuster::something_skipped ? doorbuster::kSkipped : failed;
}
