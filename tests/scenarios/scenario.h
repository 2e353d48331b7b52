#pragma once
// Conversations with the engine in words that a merchandiser can read. README.md beside this file has the
// words.

#include <string>

namespace doorbuster {

// The same text with what really happened under each `----`. What it cannot read is answered with "cannot
// read: ...".
std::string play_scenario(const std::string& text);

}  // namespace doorbuster
