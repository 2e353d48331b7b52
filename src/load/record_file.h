#pragma once
// The record on disk: what the server acknowledged, one JSON object a line, so that another process can audit
// the server after this one, or the server, has died.
//
//   {"load_record":1,"run":"...","campaign":"...","baseline":[{"sku":"...","allocated":...}]}
//   {"order":"...","sku":"...","buyer":"...","quantity":1,"key":"...","durable":true}     one for each
//   acknowledgement
//   {"end":true,"requests":812,"unknown":[{"sku":"...","units":3}]}                        missing when the
//   load died

#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/base/result.h"
#include "load/judge.h"
#include "load/server_view.h"

namespace doorbuster::load {

struct RecordHeader {
  std::string run, campaign;
  std::optional<std::uint32_t> limit_per_buyer;
  std::vector<StockView> baseline;  // empty: stock was not read
};

class RecordWriter {
 public:
  static Result<RecordWriter> create(const std::string& file, const RecordHeader& header);
  void append(const Promise& promise);
  // Hands what was appended to the operating system.
  Status flush();
  Status finish(std::uint64_t requests, const std::map<std::string, std::int64_t>& unknown_units);

 private:
  RecordWriter(std::string file, std::ofstream stream) : file_(std::move(file)), stream_(std::move(stream)) {}
  std::string file_;
  std::ofstream stream_;
};

struct RecordFile {
  RecordHeader header;
  std::vector<Promise> promises;  // an order that a key was told more than once is here once
  bool ended = false;
  std::map<std::string, std::int64_t> unknown_units;
};
// A last line that is cut off is left out. Error kind: runtime.
Result<RecordFile> read_record_file(const std::string& file);

}  // namespace doorbuster::load
