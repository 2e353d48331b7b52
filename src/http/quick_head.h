#pragma once
// Two ways to frame a request, for frame_request() and for the tests that compare them. The quick one knows
// the heads that clients send and nothing else; the strict one is the judge of everything.

#include <cstddef>
#include <optional>
#include <string_view>

#include "doorbuster/http/http_request.h"

namespace doorbuster {

// What frame_strictly() makes of these bytes, in every member; or nothing, which says nothing about them. It
// never refuses, and never waits for the rest of a head: those are left to frame_strictly() as well.
// REQUIRES: `request` is as it was made. Where nothing is returned, what stands in it then has no meaning.
std::optional<Framing> frame_quickly(std::string_view bytes, std::size_t body_bytes_max,
                                     HttpRequest& request);

// By the library's parser, and by what frame_request() demands beyond it.
Framing frame_strictly(std::string_view bytes, std::size_t body_bytes_max, HttpRequest& request);

}  // namespace doorbuster
