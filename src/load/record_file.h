#pragma once
// The record on disk: what the server acknowledged, one JSON object a line, so that another process can audit
// the server after this one, or the server, has died.
//
//   {"load_record":1,"run":"...","campaign":"...","baseline":[{"sku":"...","allocated":...}]}
//   {"order":"...","sku":"...","buyer":"...","quantity":1,"key":"...","durable":true,"status":"held",
//    "expires_at":"..."}                                    one for each acknowledgement of a buy;
//                                    a basket has "lines":[{"sku":"...","quantity":1}] for "sku" and
//                                    "quantity"
//   {"order":"...","verb":"confirm","done":true,"status":"confirmed"}      one for each answer about it since
//   {"order":"...","verb":"cancel"}                           at the end: what was asked and never answered
//   {"end":true,"requests":812,"unknown":[{"sku":"...","units":3}]}         missing when the load died

#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "load/judge.h"
#include "load/judge_limit.h"
#include "load/server_view.h"

namespace doorbuster::load {

struct RecordHeader {
  std::string run, campaign;
  Limits limits;
  std::vector<StockView> baseline;  // empty: stock was not read
};

class RecordWriter {
 public:
  static Result<RecordWriter> create(const std::string& file, const RecordHeader& header);
  // A buy's order as it was told. Its steps come after it.
  void append(const Promise& promise);
  void append(std::string_view order, const Step& step);
  // Hands what was appended to the operating system.
  Status flush();
  // `orders` as they ended, for what is open of them.
  Status finish(std::uint64_t requests, const std::map<std::string, std::int64_t>& unknown_units,
                const std::vector<Promise>& orders);

 private:
  RecordWriter(std::string file, std::ofstream stream) : file_(std::move(file)), stream_(std::move(stream)) {}
  std::string file_;
  std::ofstream stream_;
};

struct RecordFile {
  RecordHeader header;
  // With their last acknowledged state. An order that a key was told more than once is here once.
  std::vector<Promise> promises;
  bool ended = false;
  std::map<std::string, std::int64_t> unknown_units;
};
// A last line that is cut off is left out. Error kind: runtime.
Result<RecordFile> read_record_file(const std::string& file);

}  // namespace doorbuster::load
