# Every library comes from Debian 12's packages; scripts/packages.txt names the packages, this file the
# versions that the code was written and tested against.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)          # Asio, Beast, JSON, unordered_flat_map: header-only use
find_package(simdjson 3.0 REQUIRED)
find_package(concurrentqueue QUIET)
find_path(CONCURRENTQUEUE_INCLUDE_DIR concurrentqueue/concurrentqueue.h REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_path(ISAL_INCLUDE_DIR isa-l/crc.h REQUIRED)
find_library(ISAL_LIBRARY isal REQUIRED)
find_path(CCTZ_INCLUDE_DIR cctz/time_zone.h REQUIRED)       # 2.3
find_library(CCTZ_LIBRARY cctz REQUIRED)
find_path(LIBICAL_INCLUDE_DIR libical/ical.h REQUIRED)      # 3.0.16
find_library(LIBICAL_LIBRARY ical REQUIRED)
find_path(SYSTEMD_INCLUDE_DIR systemd/sd-daemon.h REQUIRED)   # 252: readiness and watchdog
find_library(SYSTEMD_LIBRARY systemd REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)                          # HMAC; TLS in tests alone
find_package(CURL 7.88 REQUIRED)                            # webhooks
find_path(LIBPQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)  # 15: the order of record
find_library(LIBPQ_LIBRARY pq REQUIRED)
find_path(NATS_INCLUDE_DIR nats/nats.h REQUIRED)            # 3.4: fan-out
find_library(NATS_LIBRARY nats REQUIRED)
find_package(ZLIB 1.2.13 REQUIRED)                          # live streams: deflate
find_path(EXPECTED_INCLUDE_DIR tl/expected.hpp REQUIRED)
if(DOORBUSTER_MIMALLOC)
  find_package(mimalloc 2.0 REQUIRED)
endif()
