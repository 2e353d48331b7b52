// A fuzz target without libFuzzer, so that every build has it: each file of the folders that are named, as it
// is and then damaged in some thousand ways from a fixed seed. A check that fails ends the program.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count);

namespace {

constexpr int kDamagesPerSeed = 2'000;
constexpr int kBytesDamagedMax = 4;

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string damaged(std::string bytes, std::mt19937& random) {
  for (std::uint32_t left = 1 + random() % kBytesDamagedMax; left > 0 && !bytes.empty(); --left) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.erase(at, 1 + random() % 8);
        break;
      case 2:
        bytes.insert(at, 1, bytes[random() % bytes.size()]);
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int count, char** folders) try {
  std::mt19937 random(1);
  int seeds = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      const std::string seed = contents(entry.path());
      run(seed);
      for (int damage = 0; damage < kDamagesPerSeed; ++damage) run(damaged(seed, random));
      ++seeds;
    }
  }
  std::printf("%d seeds, each damaged in %d ways\n", seeds, kDamagesPerSeed);
  return seeds > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\nusage: <fuzz target> FOLDER_OF_SEEDS...\n", error.what());
  return 1;
}
