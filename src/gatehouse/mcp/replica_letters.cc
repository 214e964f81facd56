// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/replica_letters.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <string_view>
#include <utility>

namespace gatehouse::mcp {
namespace {

base::Coroutine<void> deliver(StreamRelay& relay, telemetry::Log& log, StreamName to,
                              StreamLetter letter) {
  auto told = co_await relay.deliver(to, letter);
  if (told) co_return;
  log.info("word to another replica was lost",
           {{telemetry::Field::upstream, std::string_view(to.address)},
            {telemetry::Field::detail, std::string_view(told.error().detail)}});
}

}  // namespace

void tell_replica(Engine& engine, const base::Executor& executor, StreamName to,
                  StreamLetter letter) {
  telemetry::Log& log = engine.log;
  boost::asio::co_spawn(executor, deliver(engine.relay, log, std::move(to), std::move(letter)),
                        [&log](std::exception_ptr failure) {
                          if (failure) log.error("telling another replica failed", {});
                        });
}

}  // namespace gatehouse::mcp
