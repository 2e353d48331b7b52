#pragma once
// Two ways to read a buy's body, for BuyDecoder and for the tests that compare them. The quick one knows flat
// objects of plain values; the strict one is the judge of everything, and the only one that says why not.

#include <span>
#include <string_view>

#include "doorbuster/http/buy_decoder.h"

namespace doorbuster {

// True: `body` is what decode_strictly() makes of these bytes, in every member, but its texts are views into
// `json`. False says nothing about them, and what stands in `body` then has no meaning.
// REQUIRES: kBodyPaddingBytes may be read behind `json`.
bool decode_quickly(std::string_view json, BuyBody& body);

// By the library's parser. `lines_room` is where a basket's lines go. False: the reader says why.
// REQUIRES: the same.
bool decode_strictly(BodyReader& reader, std::span<BuyLine> lines_room, std::string_view json, BuyBody& body);

}  // namespace doorbuster
