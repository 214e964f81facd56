// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/store_command.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>

#include "gatehouse/gateway/backends.h"
#include "gatehouse/store/dynamodb_table.h"

namespace gatehouse::gateway {
namespace {

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

int print_report(const Config& config, const store::TableReport& report) {
  const char* const name = config.dynamodb_table.c_str();
  std::printf(report.created ? "Created the table %s (%s).\n" : "The table %s is there (%s).\n",
              name, report.arn.c_str());
  for (const store::TableDifference& difference : report.differences) {
    std::printf("%s: is %s, should be %s. %s\n", difference.what.c_str(), difference.found.c_str(),
                difference.wanted.c_str(), difference.remedy.c_str());
  }
  if (!report.differences.empty()) return 1;
  std::puts("It is as it should be.");
  return 0;
}

base::Coroutine<void> init_table(const Config& config, aws::JsonClient& client, int& exit_code) {
  store::DynamodbTable table(client, config.dynamodb_table);
  auto report = co_await table.init();
  if (!report) {
    std::fprintf(stderr, "gatehouse: %s\n", report.error().detail.c_str());
    co_return;
  }
  exit_code = print_report(config, *report);
}

int print_files(const Config& config, bool created) {
  if (config.store == StoreKind::memory) {
    std::puts("memory: needs nothing made.");
    return 0;
  }
  const std::string key = config.key == KeyKind::file ? " and " + config.key_path : std::string();
  std::printf("%s %s%s.\n", created ? "Created" : "In place:", config.store_path.c_str(),
              key.c_str());
  return 0;
}

}  // namespace

int init_store(const Config& config) {
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  boost::asio::io_context loop(1);
  auto backends = Backends::open(loop, config, clock, random, log);
  if (!backends) {
    std::fprintf(stderr, "gatehouse: %s\n", backends.error().detail.c_str());
    return 1;
  }
  if ((*backends)->dynamodb() == nullptr) return print_files(config, (*backends)->created());
  int exit_code = 1;
  boost::asio::co_spawn(loop.get_executor(),
                        init_table(config, *(*backends)->dynamodb(), exit_code), rethrow);
  loop.run();
  return exit_code;
}

}  // namespace gatehouse::gateway
