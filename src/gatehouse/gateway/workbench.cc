// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/workbench.h"

#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <utility>

namespace gatehouse::gateway {
namespace {

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

base::Coroutine<void> do_and_stop(Workbench& bench, const Job& job, int& exit_code) {
  const int outcome = co_await job(bench);
  exit_code = outcome;
  bench.loop.stop();
}

}  // namespace

int run_on_workbench(const Config& config, const Job& job) {
  Workbench bench(config);
  auto backends = Backends::open(bench.loop, config, bench.clock, bench.random, bench.log);
  if (!backends) {
    std::fprintf(stderr, "gatehouse: %s\n", backends.error().detail.c_str());
    return 1;
  }
  bench.backends = std::move(*backends);
  int exit_code = 1;
  boost::asio::co_spawn(bench.loop.get_executor(), do_and_stop(bench, job, exit_code), rethrow);
  bench.loop.run();
  std::fputs(bench.log.text().c_str(), stderr);
  return exit_code;
}

}  // namespace gatehouse::gateway
