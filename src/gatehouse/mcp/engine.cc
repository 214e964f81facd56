// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/engine.h"

#include <utility>

namespace gatehouse::mcp {
namespace {

Abilities abilities_of(const EngineOptions& options) {
  return {options.announces_changes, options.watches_resources, options.logs};
}

CallRunner::Limits limits_of(const EngineOptions& options) {
  return {options.call_limit, options.input_limit, options.task_lifetime, options.task_patience,
          options.calls_per_caller_max};
}

}  // namespace

Engine::Engine(const Catalog& offers, const ServerInfo& info, EngineOptions settings,
               StateSealer& seal, StreamRelay& replicas, const base::Clock& calendar,
               telemetry::Log& logger)
    : catalog(offers),
      sealer(seal),
      relay(replicas),
      clock(calendar),
      log(logger),
      options(std::move(settings)),
      documents(info, catalog, abilities_of(options), options.page_size),
      cursors(sealer),
      sessions(sealer, clock, random, options.session_lifetime),
      questions(sealer, random, relay),
      tasks({options.task_lifetime, options.calls_per_caller_max}, clock, random),
      resumable(random),
      calls(limits_of(options), {sealer, log, documents, questions, notes, tasks}),
      streams(clock, options.streams_per_caller_max, options.stream_life) {}

void Engine::announce(const Change& change) {
  if (change.kind != Change::Kind::resource) documents.refresh_lists();
  streams.announce(change);
}

http::Response rpc_response(int status, std::string message) {
  http::Response response = http::json_response(status, std::move(message));
  response.with("Cache-Control", "no-store");
  return response;
}

http::Response rpc_refusal(int status, const base::JsonValue& id, const RpcError& error) {
  return rpc_response(status, error_message(id_text(id), error));
}

}  // namespace gatehouse::mcp
